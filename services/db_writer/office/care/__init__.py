"""Archives, tidying, checks and repairs, and when they are done; jobs of db-writer."""
