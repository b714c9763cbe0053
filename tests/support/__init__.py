"""What several tests use: a suite in a home of its own, waiting with a deadline, captures."""
