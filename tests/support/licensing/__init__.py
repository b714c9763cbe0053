"""A vendor, machines and a license service, for tests of licences."""
