"""What the recorder counts: entries, commits and those that failed, and how late entries are on the wire."""

from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import structlog

from services.udp_ingest.recorder import Recorder
from shared.clock import monotonic_ns, unix_ns
from shared.db.sqlite import sqlite3
from shared.journal import Journal
from shared.messages.wire import Entry
from shared.meters import Meters


def test_each_entry_is_measured_once(tmp_path: Path) -> None:
    """Whether the journal can be written or not: what was published has its latency. An entry is journaled once."""
    meters = Meters("udp-ingest")
    channel = SimpleNamespace(publish=lambda *_: None)
    silent: Any = SimpleNamespace(publish=lambda *_: None, channel=lambda *_: channel)
    journal = Journal(tmp_path / "journal.db")
    recorder = Recorder(
        journal, wire=silent, bus=silent, memory_bytes=1 << 20, log=structlog.get_logger(), meters=meters
    )
    stream = recorder.stream("ring-1")
    full = patch.object(journal, "append", side_effect=sqlite3.OperationalError("disk full"))
    for turn in range(4):
        now_us = monotonic_ns() // 1000
        stream.pending += [Entry(unix_ns() // 1000, now_us - age_us) for age_us in (100, 40_000, 2_000_000)]
        with full if turn == 2 else nullcontext():
            assert recorder.record() == 3
    recorder.finish()
    read = meters.read()
    counts = {reading.name: reading.value for reading in read.counters}
    assert counts == {"latency_unusable_total": 0, "journal_entries_total": 12, "journal_failures_total": 1}
    measured = {reading.name: reading for reading in read.histograms}
    assert sum(measured["latency_seconds"].counts) == 12
    assert 4 * 2.0401 < measured["latency_seconds"].sum < 4 * 2.0401 + 1
    assert sum(measured["journal_commit_seconds"].counts) == 3
    journal.close()
