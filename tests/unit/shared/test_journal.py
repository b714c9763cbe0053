"""The journal file: pages, sessions, trimming, and numbers that go on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import journal as module
from shared.clock import unix_ns
from shared.db.sqlite import sqlite3
from shared.journal import Journal, StoredBatch

RING = "ring-1"


def batch(first: int, last: int, *, session: str = "s1", ring: str = RING, at_us: int | None = None) -> StoredBatch:
    body = f"{first}-{last}".encode()
    return StoredBatch(ring, last, first, session, last * 1000 if at_us is None else at_us, body)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.db")
    yield opened
    opened.close()


def _pages(journal: Journal, limit: int) -> list[list[bytes]]:
    pages, after = [], 0
    while bodies := journal.page(RING, after=after, limit=limit).bodies:
        pages.append(bodies)
        after = int(bodies[-1].split(b"-")[1])
    return pages


def test_a_new_journal_is_empty(journal: Journal) -> None:
    """No ring, no entries; the first number will be 1."""
    assert journal.rings() == []
    assert (journal.end(RING).last, journal.end(RING).session, journal.end(RING).body) == (0, "", None)
    page = journal.page(RING, after=0, limit=10)
    assert (page.session_at_after, page.first, page.bodies) == (None, 1, [])


def test_pages_hold_what_was_appended(journal: Journal) -> None:
    """Whole batches in order, as many as hold `limit` entries; other rings are not in them."""
    journal.append([batch(1, 3), batch(1, 9, ring="ring-2")])
    journal.append([batch(4, 4), batch(5, 8)])
    assert _pages(journal, 1) == [[b"1-3"], [b"4-4"], [b"5-8"]]
    assert _pages(journal, 4) == [[b"1-3", b"4-4"], [b"5-8"]]
    assert _pages(journal, 100) == [[b"1-3", b"4-4", b"5-8"]]
    assert journal.rings() == [RING, "ring-2"]


def test_a_page_begins_with_the_batch_that_holds_the_next_entry(journal: Journal) -> None:
    """Asked from inside a batch: that batch comes whole, and only its entries beyond count."""
    journal.append([batch(1, 10), batch(11, 11), batch(12, 12)])
    assert journal.page(RING, after=9, limit=2).bodies == [b"1-10", b"11-11"]
    assert journal.page(RING, after=10, limit=1).bodies == [b"11-11"]
    assert journal.page(RING, after=12, limit=1).bodies == []


def test_a_page_is_cut_at_its_size(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many entries are asked for, a page stops at PAGE_BYTES, and holds one batch at least."""
    monkeypatch.setattr(module, "PAGE_BYTES", 5)
    journal.append([batch(1, 1), batch(2, 2), batch(3, 3)])
    assert _pages(journal, 1000) == [[b"1-1", b"2-2"], [b"3-3"]]


def test_whose_session_an_entry_was(journal: Journal) -> None:
    """The session of the entry after which a page begins, None where the journal does not hold it."""
    journal.append([batch(1, 3), batch(4, 6, session="s2")])
    found = {after: journal.page(RING, after=after, limit=1).session_at_after for after in (0, 1, 3, 4, 6, 7)}
    assert found == {0: None, 1: "s1", 3: "s1", 4: "s2", 6: "s2", 7: None}


def test_nothing_of_a_failed_transaction_is_stored(journal: Journal) -> None:
    """One batch of several is refused: none of them is there, and the next append works."""
    journal.append([batch(1, 1)])
    with pytest.raises(sqlite3.Error):
        journal.append([batch(2, 2), batch(1, 1)])
    assert journal.end(RING).last == 1
    journal.append([batch(2, 2)])
    assert journal.end(RING).last == 2


def test_trimming_drops_what_is_old_and_allowed(journal: Journal) -> None:
    """Whole batches that are older than the limit, up to the entry that is allowed; never half a batch."""
    journal.append([batch(1, 3), batch(4, 6), batch(7, 9), batch(10, 12)])
    assert journal.trim(RING, through=5, before_us=1_000_000) == 1
    assert journal.page(RING, after=0, limit=1).bodies == [b"4-6"]
    assert journal.trim(RING, through=100, before_us=6000) == 0
    assert journal.trim(RING, through=100, before_us=6001) == 1
    page = journal.page(RING, after=6, limit=1)
    assert (page.first, page.session_at_after, page.bodies) == (7, "s1", [b"7-9"])


def test_trimming_keeps_the_last_batch(journal: Journal) -> None:
    """However old it is: it says whether the ring's last session was closed."""
    journal.append([batch(1, 3), batch(4, 6)])
    assert journal.trim(RING, through=100, before_us=10**15) == 1
    assert journal.trim(RING, through=100, before_us=10**15) == 0
    assert journal.end(RING).body == b"4-6"


def test_trimming_goes_on_where_it_stopped(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bounded number at a time."""
    monkeypatch.setattr(module, "TRIM_BATCHES", 2)
    journal.append([batch(n, n) for n in range(1, 8)])
    assert [journal.trim(RING, through=100, before_us=10**15) for _ in range(5)] == [2, 2, 2, 0, 0]


def test_trimming_stops_at_a_size(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bounded number of bytes at a time, and one batch at least."""
    monkeypatch.setattr(module, "TRIM_BYTES", 7)
    journal.append([batch(n, n) for n in range(1, 5)])
    assert [journal.trim(RING, through=100, before_us=10**15) for _ in range(3)] == [2, 1, 0]
    monkeypatch.setattr(module, "TRIM_BYTES", 1)
    journal.append([batch(n, n) for n in range(5, 7)])
    assert [journal.trim(RING, through=100, before_us=10**15) for _ in range(3)] == [1, 1, 0]


def test_a_clock_that_was_ahead_does_not_stop_trimming(journal: Journal) -> None:
    """A batch from the future counts as old."""
    now_us = unix_ns() // 1000
    journal.append([batch(1, 1), batch(2, 2, at_us=now_us + 10**12), batch(3, 3), batch(4, 4, at_us=now_us)])
    journal.append([batch(5, 5)])
    assert journal.trim(RING, through=100, before_us=now_us - 1000) == 3


def test_a_journal_without_a_file_gets_one(tmp_path: Path) -> None:
    """Nothing can be made where it belongs: it is empty and refuses to append, until it can. What stood in its place is
    kept.
    """
    path = tmp_path / "data" / "journal.db"
    journal, aside = Journal.opened(path)
    assert (aside, journal.rings(), journal.end(RING).last) == (None, [], 0)
    for _ in range(2):
        with pytest.raises(sqlite3.Error):
            journal.append([batch(1, 1)])
    path.parent.mkdir()
    path.write_bytes(b"old")
    journal.append([batch(1, 1)])
    assert journal.page(RING, after=0, limit=1).bodies == [b"1-1"]
    assert journal.set_aside is not None
    assert journal.set_aside.read_bytes() == b"old"
    journal.close()
    again = Journal(path)
    assert (again.id, again.end(RING).last) == (journal.id, 1)
    again.close()
    assert {file.name for file in path.parent.iterdir()} == {"journal.db", journal.set_aside.name}


def test_numbers_outlive_everything_else(tmp_path: Path) -> None:
    """A ring whose batches are all gone goes on after the last number that was trimmed."""
    journal = Journal(tmp_path / "journal.db")
    journal.append([batch(1, 3), batch(4, 6, session="s2"), batch(7, 7)])
    journal.trim(RING, through=6, before_us=10**15)
    journal._connection.execute("DELETE FROM batches")
    journal.close()
    again = Journal(tmp_path / "journal.db")
    assert (again.end(RING).last, again.end(RING).session) == (6, "s2")
    assert again.page(RING, after=6, limit=1).session_at_after == "s2"
    again.close()


def test_the_file_has_one_identity(tmp_path: Path) -> None:
    """Its id is made with it and stays; another file has another one."""
    ids = []
    for name in ("a.db", "a.db", "b.db"):
        journal, aside = Journal.opened(tmp_path / name)
        ids.append(journal.id)
        journal.close()
        assert aside is None
    assert ids[0] == ids[1] != ids[2]
