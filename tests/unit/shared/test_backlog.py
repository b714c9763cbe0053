"""What waits in memory for the journal: in order, bounded, and nothing falls out uncounted."""

from shared.backlog import Backlog
from shared.journal import StoredBatch


def batch(first: int, last: int, *, ring: str = "ring-1", size: int = 10) -> StoredBatch:
    return StoredBatch(ring, last, first, "s", last, b"." * size)


def test_what_is_kept_comes_out_in_order() -> None:
    """Oldest first, of all rings; counted in entries and bytes until it is discarded."""
    backlog = Backlog(1000)
    assert not backlog
    batches = [batch(1, 3), batch(1, 1, ring="ring-2"), batch(4, 4)]
    backlog.add(batches)
    assert (bool(backlog), backlog.entries, backlog.bytes) == (True, 5, 30)
    assert backlog.oldest(2, max_bytes=1000) == batches[:2]
    backlog.discard(2)
    assert backlog.oldest(9, max_bytes=1000) == batches[2:]
    backlog.discard(1)
    assert (bool(backlog), backlog.entries, backlog.bytes) == (False, 0, 0)


def test_a_portion_is_bounded_by_its_size() -> None:
    """As many of the oldest as fit, one at least."""
    backlog = Backlog(1000)
    backlog.add([batch(n, n, size=100) for n in range(1, 6)])
    assert len(backlog.oldest(9, max_bytes=350)) == 3
    assert len(backlog.oldest(9, max_bytes=1)) == 1


def test_beyond_the_limit_the_oldest_fall_out_and_are_counted() -> None:
    """By ring: how many entries, and from which to which batch."""
    backlog = Backlog(100)
    backlog.add([batch(1, 5, size=60), batch(1, 2, ring="ring-2", size=40)])
    assert not backlog.lost
    backlog.add([batch(6, 7, size=60)])
    backlog.add([batch(8, 9, size=60)])
    assert {ring: (lost.first.first, lost.last.last) for ring, lost in backlog.lost.items()} == {
        "ring-1": (1, 7),
        "ring-2": (1, 2),
    }
    assert backlog.lost_entries == {"ring-1": 7, "ring-2": 2}
    assert (backlog.entries, backlog.bytes) == (2, 60)


def test_the_newest_batch_stays_however_large() -> None:
    """One batch beyond the limit is kept: it was published, and space may be back before the next one."""
    backlog = Backlog(100)
    backlog.add([batch(1, 1), batch(2, 2, size=500)])
    assert [b.first for b in backlog.oldest(9, max_bytes=1000)] == [2]


def test_a_ring_is_served_from_memory() -> None:
    """Its batches that reach beyond an entry, and no other ring's."""
    backlog = Backlog(1000)
    backlog.add([batch(1, 3), batch(1, 9, ring="ring-2"), batch(4, 6), batch(7, 7)])
    assert [b.first for b in backlog.of_ring("ring-1", after=3)] == [4, 7]
    assert [b.first for b in backlog.of_ring("ring-1", after=4)] == [4, 7]
    assert backlog.of_ring("ring-3", after=0) == []
