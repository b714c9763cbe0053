"""The suite's speed beside two floors, in one run on one machine: `make bench`."""
