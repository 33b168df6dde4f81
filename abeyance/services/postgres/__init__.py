"""Reading any PostgreSQL database by a data map: no code is needed for an operator's own tables."""
