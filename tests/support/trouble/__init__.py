"""Faults to order: each made by a context manager that leaves nothing behind, and what the suite made of it."""
