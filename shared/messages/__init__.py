"""The contract: every message that crosses a process border. Imports nothing of ours but itself, does no I/O."""
