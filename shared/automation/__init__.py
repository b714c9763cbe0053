"""What obs-bridge and the CLI both know of automation: matches as rules see them, rules, their texts and names."""
