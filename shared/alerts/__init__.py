"""Rules for alerts: what they can watch, those that there are from the start, and what can be wrong with one.

Used by cpu-monitor, which keeps to them, by db-writer, which stores an operator's own, and by `restrike alerts`.
"""
