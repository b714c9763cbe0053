"""Files that OBS wrote: where they are on this machine, what is in them, and where in them something is."""
