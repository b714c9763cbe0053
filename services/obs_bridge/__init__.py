"""obs-bridge: keeps the connections to OBS Studio, and makes OBS follow the matches."""
