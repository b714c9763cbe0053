"""The cpu-monitor process: the machine, the health of everything, the watchdog, alerts, metrics."""
