"""The commands of `restrike-licensor`."""
