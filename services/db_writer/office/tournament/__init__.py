"""Tournaments, their days and what belongs to them; operators' acts, db-writer."""
