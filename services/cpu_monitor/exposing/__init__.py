"""What cpu-monitor serves to Prometheus."""
