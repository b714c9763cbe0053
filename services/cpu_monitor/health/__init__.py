"""How everything stands, judged from the picture: a small file for each subject; cpu-monitor."""
