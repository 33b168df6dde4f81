"""The demonstration: an invented company, invented agencies, and the story of one request and of one pause."""
