"""Backups, their rows and retention, restores and off-site copies; jobs of db-writer."""
