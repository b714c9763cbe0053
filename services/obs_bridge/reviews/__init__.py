"""A clip for each video review: the replay buffer that is kept, the saving, and the clips."""
