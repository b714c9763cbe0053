"""The outboxes of other producers, taken into the database: intake, store, and one applier per fact; db-writer."""
