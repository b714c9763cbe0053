"""What services write into their logs: how much, where to, without secrets, and about which entry; every process."""
