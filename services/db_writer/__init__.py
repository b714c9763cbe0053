"""db-writer: stores what the parser made of every ring's journal, exactly once, in `restrike.db`."""
