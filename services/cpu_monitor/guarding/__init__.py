"""Services that are frozen, end, come back again and again: noticed, mended where it can be, told; cpu-monitor."""
