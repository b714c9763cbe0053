"""A scoring system to test with: matches from a seed, as a ring's sender would send them. For `restrike simulate`."""
