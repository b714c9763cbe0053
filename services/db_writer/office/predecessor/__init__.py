"""Import of the databases that the predecessor left: a child reads one into a plan, db-writer carries the plan out."""
