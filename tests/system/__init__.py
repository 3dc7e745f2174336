"""A whole server process, spoken to from outside."""
