"""The udp-ingest process: takes every datagram, journals it, then publishes it."""
