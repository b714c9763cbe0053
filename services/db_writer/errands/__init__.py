"""The errands of db-writer's children: heavy reading at the lowest priority, one file each."""
