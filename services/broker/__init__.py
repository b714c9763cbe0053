"""The broker process: the event proxy and the command gateway."""
