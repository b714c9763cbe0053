"""The command line `restrike`: one file per command group."""
