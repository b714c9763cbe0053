"""A stage for recorders and clips: a small OBS, the matches of a ring and all clocks in one thread, as fast as it goes.

Time passes only when a test lets it. The service can be killed at any step, and begun again with what it kept.
"""
