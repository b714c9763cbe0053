"""Alerts: the values that are watched, the rules on them and on events, and who is told; cpu-monitor."""
