"""What the transactions of the stream cost, and how late what they store comes, for /metrics; db-writer."""

from shared.clock import monotonic_ns
from shared.messages.wire import ParsedEntries
from shared.meter_list import DB_COMMIT
from shared.meters import Meters


class Commits:
    """Measured at each transaction that was committed."""

    def __init__(self, meters: Meters) -> None:
        self._took = meters.histogram(DB_COMMIT)
        self._stored = meters.latency("stored")

    def done(self, batches: list[ParsedEntries], took_s: float) -> None:
        """A transaction of `batches` took so long, and is over now."""
        self._took.observe(took_s)
        arrivals_us = [one.entry.monotonic_us for batch in batches for one in batch.results]
        self._stored.arrived(arrivals_us, monotonic_ns() // 1000)
