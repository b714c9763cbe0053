"""What operators ask of the database beside the stream of datagrams; run by db-writer, or by `once` without it."""
