"""On call: whose turn it is, how they are woken, and that somebody has seen it. No word of a case leaves the desk."""
