"""What a transaction at venue load costs on two million events, beside the same transaction on an empty database.

    RESTRIKE_LARGE_DATABASE=large.db python -P -m pytest -s tests/proof/test_large_commits.py

Both are given the same entries in the same run, in turns, `ENTRIES` in a transaction: what 1,300 datagrams a second
come to in the 5 ms between two transactions of db-writer. Neither waits for the disk, as db-writer does not (NORMAL).
"""

import heapq
import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from itertools import islice
from pathlib import Path
from statistics import quantiles

import msgspec
import pytest

from services.db_writer.store import Store
from shared.clock import monotonic_ns
from shared.db.migrate import migrate
from shared.db.sqlite import connect_writer
from shared.messages.wire import ParsedEntries
from tests.support.large_database import Ring, build
from tests.support.season import RINGS, Day, draw_season

EVENTS = 2_000_000
ENTRIES = 8
TRANSACTIONS = 6_000
AIM = 2.0
SEED = 99
LATER = timedelta(days=3_650)

pytestmark = pytest.mark.timeout(3600)


def new_day() -> Day:
    """A day that neither database has seen."""
    day = next(iter(draw_season(SEED, matches=400)))
    return msgspec.structs.replace(day, begins=day.begins + LATER)


def transactions() -> Iterator[list[ParsedEntries]]:
    """What db-writer would store, transaction by transaction."""
    day = new_day()
    slices = heapq.merge(*(Ring(name, seed=SEED).day(day) for name in RINGS), key=lambda one: one[0])
    singles = (single for _, batch in slices for single in _singly(batch))
    while together := list(islice(singles, ENTRIES)):
        yield together


def _singly(batch: ParsedEntries) -> Iterator[ParsedEntries]:
    before = batch.previous_session
    for number, result in enumerate(batch.results, batch.first):
        yield ParsedEntries(batch.ring, batch.journal_id, batch.session, before, number, [result])
        before = batch.session


def test_a_transaction_on_a_large_database(tmp_path: Path) -> None:
    """Median and 99th percentile are at most twice those of an empty database."""
    large, empty = tmp_path / "large.db", tmp_path / "empty.db"
    made = os.environ.get("RESTRIKE_LARGE_DATABASE")
    if made:
        shutil.copy(made, large)
    else:
        build(large, events=EVENTS)
    migrate(empty, backups=tmp_path)
    took: dict[str, list[int]] = {"empty": [], "large": []}
    with (
        closing(connect_writer(empty, synchronous="NORMAL")) as of_empty,
        closing(connect_writer(large, synchronous="NORMAL")) as of_large,
    ):
        stores = [("empty", Store(of_empty)), ("large", Store(of_large))]
        for number, batches in enumerate(islice(transactions(), TRANSACTIONS)):
            for name, store in stores if number % 2 else reversed(stores):
                began_ns = monotonic_ns()
                store.apply(batches, now_us=1_900_000_000_000_000 + number)
                took[name].append(monotonic_ns() - began_ns)
    for share, cut in (("median", 49), ("p99", 98)):
        one, other = (quantiles(took[name], n=100)[cut] / 1e6 for name in ("empty", "large"))
        print(f"{share}: empty {one:.3f} ms, large {other:.3f} ms, {other / one:.2f} times")
        assert other <= AIM * one
