"""Logs set aside, compressed, kept for a while, and forgotten; cpu-monitor."""
