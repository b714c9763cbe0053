"""Flags of countries and teams: which there are, what a code stands for, and which pictures are harmless.

Used by db-writer and by `restrike flags`. The pictures and their table lie in `flags/` (docs/flags.md).
"""
