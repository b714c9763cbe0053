"""The license process: whether this installation has a licence, and what it allows."""
