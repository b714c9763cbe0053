"""`restrike status`: rings, matches, services, OBS and alarms at a glance."""
