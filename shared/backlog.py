"""What is published but not yet journaled, while the journal cannot be written (disk full, I/O error).

Kept in memory up to a limit; beyond it the oldest batches fall out and are counted, so that the journal can say so as
soon as it can be written again. For udp-ingest, and for every outbox.
"""

from collections import Counter, deque
from collections.abc import Iterable
from itertools import islice

from msgspec import Struct

from shared.journal import StoredBatch


class Lost(Struct, kw_only=True):
    """Consecutive batches of one ring that fell out: the first and the last of them."""

    first: StoredBatch
    last: StoredBatch


class Backlog:
    """Batches in order of arrival. `bytes` counts their encoded size, `lost_entries` what fell out, by ring; `lost` is
    what the journal must still be told of.
    """

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.bytes = 0
        self.entries = 0
        self._batches: deque[StoredBatch] = deque()
        self.lost: dict[str, Lost] = {}
        self.lost_entries: Counter[str] = Counter()

    def __bool__(self) -> bool:
        return bool(self._batches)

    def add(self, batches: Iterable[StoredBatch]) -> None:
        """Keep `batches`; the oldest ones fall out when that is more than the limit."""
        for batch in batches:
            self._batches.append(batch)
            self.bytes += len(batch.body)
            self.entries += batch.last - batch.first + 1
        while self.bytes > self.limit_bytes and len(self._batches) > 1:
            self._drop(self._pop())

    def oldest(self, count: int, *, max_bytes: int) -> list[StoredBatch]:
        """The `count` oldest batches, or as many as `max_bytes` hold, but one at least; they are still kept."""
        taken: list[StoredBatch] = []
        for batch in islice(self._batches, count):
            max_bytes -= len(batch.body)
            if taken and max_bytes < 0:
                break
            taken.append(batch)
        return taken

    def discard(self, count: int) -> None:
        """Forget the `count` oldest batches: they are journaled."""
        for _ in range(count):
            self._pop()

    def clear(self) -> None:
        """Forget everything that waits."""
        self.discard(len(self._batches))
        self.lost.clear()

    def of_ring(self, ring: str, *, after: int) -> list[StoredBatch]:
        """The ring's batches that reach beyond entry `after`."""
        return [batch for batch in self._batches if batch.ring == ring and batch.last > after]

    def _pop(self) -> StoredBatch:
        batch = self._batches.popleft()
        self.bytes -= len(batch.body)
        self.entries -= batch.last - batch.first + 1
        return batch

    def _drop(self, batch: StoredBatch) -> None:
        lost = self.lost.setdefault(batch.ring, Lost(first=batch, last=batch))
        lost.last = batch
        self.lost_entries[batch.ring] += batch.last - batch.first + 1
