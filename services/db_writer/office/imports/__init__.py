"""Tables of athletes, draws and days: checked, planned, and written in one transaction; db-writer."""
