"""OBS Studio for tests: a real one without a screen, one made of Python, and independent eyes on both."""
