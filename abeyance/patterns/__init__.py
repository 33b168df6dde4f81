"""What only shows over many requests. `rules/patterns.py` says what makes two of them possibly the same matter."""
