"""What db-writer counts of its transactions: how long they take, how late entries are stored, and those that failed."""

from unittest.mock import Mock

import pytest
from msgspec.structs import replace

from services.db_writer.commits import Commits
from services.db_writer.intake import Intake
from services.db_writer.main import Farewell, Writer
from services.db_writer.store import Store
from shared.clock import monotonic_ns
from shared.errors import DatabaseError
from shared.messages.commands import EventsPage, ReplayEvents
from shared.messages.pss import ClockTicked
from shared.messages.wire import ParsedEntries
from shared.meters import Meters
from shared.settings.reader import Settings
from tests.unit.db_writer.ring import NOW_US, Ring

AGE_US = 70_000


def test_each_stored_entry_is_measured_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction that fails is counted, and its entries only when they are stored."""
    ring = Ring("ring-1")
    ring.open("ring-1-a")
    for number in range(1, 30):
        ring.say(f"clk;{number};", ClockTicked(clock_ms=number))
    batches = [_aged(batch) for batch in ring.batches()]
    meters = Meters("db-writer")

    def ask(command: ReplayEvents) -> EventsPage:
        assert not command.after_entry
        return EventsPage(
            journal_id=ring.journal_id, session_at_after=None, end=ring.entry, warming_up=False, batches=batches
        )

    intake = Intake(store, ask, now_us=lambda: NOW_US, committed=Commits(meters).done)
    facts = Mock(turn=lambda: False, is_behind=False, refused=0)
    runtime = Mock(service="db-writer", meters=meters)
    settings = Settings(dict, Mock())
    writer = Writer(runtime, intake, settings, schema_version=1, farewell=Farewell(), facts=facts)
    with monkeypatch.context() as patch:
        patch.setattr(store, "apply", Mock(side_effect=DatabaseError("db.write_failed", "full")))
        for batch in batches:
            writer.take(batch)
        writer.store()
    monkeypatch.setattr(writer, "_retry_at", 0.0)
    writer.store()
    read = meters.read()
    counts = {reading.name: reading.value for reading in read.counters}
    messages = sum(len(one.messages) for batch in batches for one in batch.results)
    assert counts == {
        "latency_unusable_total": 0,
        "db_entries_total": ring.entry,
        "db_messages_total": messages,
        "db_rows_refused_total": 0,
        "db_failures_total": 1,
    }
    assert {reading.name: reading.value for reading in read.gauges} == {"db_waiting_batches": 0, "db_rings_behind": 0}
    measured = {reading.name: reading for reading in read.histograms}
    assert sum(measured["db_commit_seconds"].counts) == 1
    assert sum(measured["latency_seconds"].counts) == ring.entry
    assert measured["latency_seconds"].sum >= ring.entry * AGE_US / 1e6


def _aged(batch: ParsedEntries) -> ParsedEntries:
    """The batch, arrived a moment ago by the machine's clock."""
    at_us = monotonic_ns() // 1000 - AGE_US
    results = [replace(one, entry=replace(one.entry, monotonic_us=at_us)) for one in batch.results]
    return replace(batch, results=results)
