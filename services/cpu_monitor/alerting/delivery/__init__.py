"""Telling people of alerts by mail and webhook, never in the loop's thread; cpu-monitor."""
