"""Keeping a desk: backing it up, putting a backup into a new home, and moving to a newer database server."""
