"""How OBS is configured by operators: connections with what they record, and rules; db-writer, or `once` without it."""
