"""What two or more services need; never imports services."""
