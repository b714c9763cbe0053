"""Fills a database with years of tournaments: simulated matches of eight rings, parsed, stored by db-writer's store.

    python -P -m tests.support.large_database PATH --events 2000000

Every row of every table of events and matches is one that the suite would have written, in the order of time in which
it would have; only sockets and the journal are left out. The same seed gives the same rows.
"""

import argparse
import heapq
from collections.abc import Iterator
from contextlib import closing
from itertools import groupby
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from msgspec import Struct

from services.cli.simulator.bout import play
from services.cli.simulator.trouble import disturb
from services.db_writer.store import Store
from services.db_writer.text_index import TextIndex
from services.pss_parser.ring import RingParser
from shared.clock import monotonic_s
from shared.db.migrate import migrate
from shared.db.sqlite import connect_writer
from shared.messages.edits import Changes
from shared.messages.facts import (
    AnyFact,
    CloseAsked,
    EditMade,
    InterpretationChosen,
    NetworkInterface,
    SessionClosed,
    SessionOpened,
)
from shared.messages.rules import Interpretation
from shared.messages.wire import Entry, ParsedEntries
from tests.support.season import RINGS, Day, draw_season
from tests.support.season_tables import analyze, close_day, open_day

EVENTS_OF_MATCH: Final = 425
"""A little less than there are on average, so that what is asked for is there."""
SMALL: Final = 20_000
JOURNAL_ID: Final = "5ea50f0000000001"
SLICE_US: Final = 10_000_000
"""Rings take turns: rows of matches that are fought at the same time lie beside each other in the file."""
CUT: Final = 1_000
"""Entries of a transaction, as of db-writer's."""
BETWEEN_S: Final = (20.0, 120.0)
TROUBLE: Final = 0.0005
"""Share of the datagrams that is lost, as many doubled, overtaken, and followed by garbage."""
LATENCY_US: Final = 2_000
DECIDED_AFTER_S: Final = 10.0
EDITED: Final = 0.04
CLOSED: Final = 0.6
"""Share of the matches that a person edits, and of those without an end that a person closes."""
WIRED: Final = NetworkInterface(
    name="eth0",
    address="192.168.1.20",
    netmask="255.255.255.0",
    kind="wired",
    is_up=True,
    is_recommended=True,
    speed_mbps=1000,
)


class Said(NamedTuple):
    """What a ring's journal gets, `at_s` since its day began."""

    at_s: float
    body: bytes
    fact: EditMade | CloseAsked | None = None


class Built(Struct, frozen=True):
    """What came out, and how long it took."""

    events: int
    matches: int
    seconds: float
    bytes: int


class Ring:
    """A ring's journal over the years, and its parser."""

    def __init__(self, name: str, *, seed: int) -> None:
        self.name = name
        self.number = RINGS.index(name) + 1
        self._random = Random(f"{seed} {name}")
        self._parser = RingParser(name, JOURNAL_ID)
        self._session = ""

    def day(self, day: Day) -> Iterator[tuple[int, ParsedEntries]]:
        """What was parsed of that day, in slices, each with its time: Unix microseconds."""
        before, self._session = self._session, f"{day.begins:%Y%m%d}-{self.name}"
        for at_us, entries in groupby(self._entries(day), key=lambda entry: entry.received_at_us // SLICE_US):
            first = self._parser.entry + 1
            results = [self._parser.parse(number, self._session, entry) for number, entry in enumerate(entries, first)]
            yield at_us * SLICE_US, ParsedEntries(self.name, JOURNAL_ID, self._session, before, first, results)
            before = self._session

    def _entries(self, day: Day) -> Iterator[Entry]:
        began_us = int(day.begins.timestamp()) * 1_000_000 + self.number * 1_000
        yield Entry(began_us, 0, fact=self._opened())
        chosen = InterpretationChosen(interpretation=Interpretation(rule_set=day.rules))
        yield Entry(began_us, 0, fact=chosen)
        source = (f"192.168.1.{100 + self.number}", 50_000 + day.begins.day)
        at_us = began_us
        for said in self._said(day):
            after_us = round(said.at_s * 1e6)
            at_us = began_us + after_us
            if said.fact is None:
                yield Entry(at_us, after_us, *source, said.body)
            else:
                yield Entry(at_us, after_us, fact=said.fact)
        closed: AnyFact = SessionClosed(reason="stopped")
        yield Entry(at_us + 1_000_000, 0, fact=closed)

    def _said(self, day: Day) -> Iterator[Said]:
        at_s = 0.0
        for card in day.draws[self.name]:
            at_s += self._random.uniform(*BETWEEN_S)
            bout = play(self._random.getrandbits(48), rule_set=day.rules, dialect=day.dialect, card=card)
            seed = self._random.getrandbits(48)
            measures = {"loss": TROUBLE, "duplication": TROUBLE, "reordering": TROUBLE, "garbage": TROUBLE}
            for datagram in disturb(bout.datagrams, seed, **measures).datagrams:
                yield Said(at_s + datagram.at_s, datagram.body)
            at_s += bout.datagrams[-1].at_s + DECIDED_AFTER_S
            fact = self._decided(is_abandoned=bout.truth.decision is None)
            if fact is not None:
                yield Said(at_s, b"", fact)

    def _decided(self, *, is_abandoned: bool) -> EditMade | CloseAsked | None:
        """What a person has to say about the match that was on last."""
        match_id, draw = self._parser.state().match_id, self._random.random()
        if match_id is None or draw > (CLOSED if is_abandoned else EDITED):
            return None
        if is_abandoned:
            return CloseAsked(match_id=match_id, author="desk", reason="abandoned")
        changes = Changes(phase="Final") if draw < EDITED / 2 else Changes(chong_noc="CRO")
        return EditMade(match_id=match_id, author="desk", reason="wrong on the card", changes=changes)

    def _opened(self) -> SessionOpened:
        return SessionOpened(
            address="192.168.1.20",
            port=8887 + self.number,
            interface="eth0",
            max_packet_bytes=65_535,
            receive_buffer_bytes=4_194_304,
            receive_buffer_asked_bytes=4_194_304,
            auto_start=True,
            interfaces=[WIRED],
        )


def build(path: Path, *, events: int, seed: int = 1) -> Built:
    """Make the database `path` with about `events` rows of `pss_events_v2` (whole days are played); it must not exist.

    `path` is left without a WAL, so that it can be copied and opened read-only.
    """
    began_s = monotonic_s()
    migrate(path, backups=None)
    with closing(connect_writer(path, synchronous="NORMAL")) as connection:
        store, text_index = Store(connection), TextIndex(connection)
        rings = [Ring(name, seed=seed) for name in RINGS]
        for day in draw_season(seed, matches=-(-events // EVENTS_OF_MATCH)):
            day_id = open_day(connection, day)
            store.forget()
            store_day(store, rings, day)
            close_day(connection, day_id)
            while text_index.turn():
                pass
        analyze(connection)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (stored,) = connection.execute("SELECT count(*) FROM pss_events_v2").fetchone()
        (matches,) = connection.execute("SELECT count(*) FROM pss_matches").fetchone()
    return Built(stored, matches, monotonic_s() - began_s, path.stat().st_size)


def store_day(store: Store, rings: list[Ring], day: Day) -> None:
    """Play, parse and store what all rings hear on a day."""
    waiting: list[ParsedEntries] = []
    entries = 0
    slices = heapq.merge(*(ring.day(day) for ring in rings), key=lambda one: one[0])
    for at_us, batch in slices:
        waiting.append(batch)
        entries += len(batch.results)
        if entries >= CUT:
            store.apply(waiting, now_us=at_us + SLICE_US + LATENCY_US)
            waiting, entries = [], 0
    if waiting:
        store.apply(waiting, now_us=at_us + SLICE_US + LATENCY_US)


def small_database(folder: Path) -> Path:
    """A database of 20,000 events in `folder`: a hundredth of the large one, made in the same way. Open it read-only,
    or copy it: it has no WAL beside it.
    """
    path = folder / "restrike.db"
    build(path, events=SMALL)
    return path


def main() -> None:
    """Build one, and say what it is."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("path", type=Path)
    arguments.add_argument("--events", type=int, default=2_000_000)
    arguments.add_argument("--seed", type=int, default=1)
    asked = arguments.parse_args()
    built = build(asked.path, events=asked.events, seed=asked.seed)
    print(
        f"{built.events} events of {built.matches} matches in {built.seconds:.0f} s, {built.bytes / 1e6:.0f} MB:"
        f" {asked.path}"
    )


if __name__ == "__main__":
    main()
