"""What operators change about flags, and what is answered about them; db-writer."""
