"""Measures the machine and the processes on it, at an interval that operators set; cpu-monitor."""
