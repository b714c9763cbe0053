"""A ring's journal as pss-parser hands it on, written by hand; and everything that a database holds."""

from collections.abc import Sequence

from shared.db.sqlite import sqlite3
from shared.messages.facts import AnyFact, NetworkInterface, SessionOpened
from shared.messages.match import (
    AnyMatchEvent,
    Finding,
    GamJeomsChanged,
    MatchLoaded,
    RoundEnded,
    RoundStarted,
    RoundWon,
    ScoreChanged,
    Severity,
)
from shared.messages.pss import (
    AnyReading,
    AthleteName,
    AthletesNamed,
    ClockAction,
    ClockTicked,
    GamJeomsShown,
    LoadBegan,
    MatchDescribed,
    OfficialsNamed,
    ResultKind,
    RoundSet,
    RoundWinnersDeclared,
    ScoreShown,
)
from shared.messages.wire import Entry, Origin, ParsedEntries, ParsedEntry, ParsedMessage

START_US = 1_772_357_400_000_000  # 2026-03-01T09:30:00Z
STEP_US = 1_000_500
NOW_US = START_US + 3600 * 1_000_000

CHONG = AthleteName(short_name="M. ČAČIĆ", long_name="Marija ČAČIĆ", noc="CRO")
HONG = AthleteName(short_name="D. ĐURIĆ", long_name="Dunja ĐURIĆ", noc="CRO")
WIRED = NetworkInterface(
    name="eth0",
    address="192.168.1.20",
    netmask="255.255.255.0",
    kind="wired",
    is_up=True,
    is_recommended=True,
    speed_mbps=1000,
)
LOOPBACK = NetworkInterface(name="lo", address="127.0.0.1", is_loopback=True, is_up=True)

# When and how fast something was written, and SQLite's and peewee-migrate's own books.
_VOLATILE = {"created_at", "updated_at", "processing_time_ms"}
_NOT_OURS = {"schema_version", "migratehistory", "sqlite_schema"}

Dump = dict[str, list[dict[str, object]]]


def dump(connection: "sqlite3.Connection", *, tables: Sequence[str] = ()) -> Dump:
    """All rows of all tables but the text indexes, without what depends on the time of writing."""
    found: Dump = {}
    names = connection.execute(
        "SELECT name, ncol FROM pragma_table_list WHERE schema = 'main' AND type = 'table' ORDER BY name"
    ).fetchall()
    for name, columns_count in names:
        if name not in _NOT_OURS and (not tables or name in tables):
            order = "1, 2, 3" if columns_count > 2 else "1"
            cursor = connection.execute(f"SELECT * FROM {name} ORDER BY {order}")
            columns = [column[0] for column in cursor.description]
            rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
            found[name] = [{key: row[key] for key in row if key not in _VOLATILE} for row in rows]
    return found


def message(raw: str, data: AnyReading, *events: AnyMatchEvent, ring: "Ring", kind: ResultKind) -> ParsedMessage:
    """A message in the ring's present match and round."""
    stream = raw.split(";", 1)[0]
    return ParsedMessage(stream, kind, raw, data, ring.match_id, ring.round, None, None, list(events))


class Ring:
    """Grows a journal entry by entry; `match_id` and `round` are the context of whatever is said next."""

    def __init__(self, name: str = "ring-1", *, journal_id: str = "journal-1") -> None:
        self.name = name
        self.journal_id = journal_id
        self.session = ""
        self.entry = 0
        self.match_id: str | None = None
        self.round: int | None = None
        self.source = ("192.168.1.10", 50_000)
        self.origin = Origin.LIVE
        self._entries: list[tuple[str, ParsedEntry]] = []

    def open(self, session: str, *interfaces: NetworkInterface, address: str = "127.0.0.1") -> None:
        """A session begins."""
        self.session = session
        self.fact(
            SessionOpened(
                address=address,
                port=8888,
                interface=next((found.name for found in interfaces if found.address == address), None),
                max_packet_bytes=65_535,
                receive_buffer_bytes=425_984,
                receive_buffer_asked_bytes=4_194_304,
                auto_start=True,
                interfaces=list(interfaces),
            )
        )

    def fact(self, fact: AnyFact, *events: AnyMatchEvent) -> None:
        """Journal a fact."""
        entry = Entry(self._at_us(), self.entry, fact=fact)
        self._append(ParsedEntry(entry, [], list(events), self.match_id, self.round))

    def say(
        self, raw: str, data: AnyReading, *events: AnyMatchEvent, kind: ResultKind = ResultKind.RECOGNIZED
    ) -> ParsedMessage:
        """A datagram of one message."""
        said = message(raw, data, *events, ring=self, kind=kind)
        self.datagram(raw.encode(), said)
        return said

    def datagram(self, body: bytes, *messages: ParsedMessage, events: Sequence[AnyMatchEvent] = ()) -> None:
        """A datagram of any number of messages."""
        entry = Entry(self._at_us(), self.entry, *self.source, body, origin=self.origin)
        self._append(ParsedEntry(entry, list(messages), list(events), self.match_id, self.round))

    def load(self, match_id: str, *, number: str = "101", chong: AthleteName = CHONG) -> int:
        """A load burst; returns the entry where it began."""
        self.match_id = self.round = None
        began = self.entry + 1
        self.say("pre;FightLoaded;", LoadBegan())
        self.say("ref;;;", OfficialsNamed())
        self.say("at1;…;", AthletesNamed(chong=chong, hong=HONG))
        self.match_id = match_id
        loaded = MatchLoaded(
            match_id=match_id,
            load_entry=began,
            is_reload=False,
            match_number=number,
            phase="Semifinals",
            weight_class="W +73kg",
            division="Under 21",
            total_rounds=3,
            round_ms=120_000,
            countdown_type="cntDown",
            chong=chong,
            hong=HONG,
            colours=("#0000ff", "#FFFFFF", "#ff0000", "#FFFFFF"),
        )
        self.say(f"mch;{number};", MatchDescribed(match_number=number), loaded)
        self.round = 1
        self.say("rnd;1;", RoundSet(round=1))
        return began

    def bout(self) -> None:
        """A round with a point, a gam-jeom, a finding, and its winner."""
        self.say("clk;02:00;start;", ClockTicked(clock_ms=120_000, action=ClockAction.START), RoundStarted(round=1))
        self.say("clk;01:59;", ClockTicked(clock_ms=119_000))
        self.say("sc1;0;sc2;3", ScoreShown(chong=0, hong=3), ScoreChanged(athlete=2, before=0, after=3))
        self.say("wg1;1;wg2;0;", GamJeomsShown(chong=1, hong=0), GamJeomsChanged(athlete=1, before=0, after=1))
        jump = Finding(rule="score.jump", severity=Severity.WARNING, explanation="It jumped.", evidence={"by": 3})
        self.say("clk;00:00;stop;", ClockTicked(clock_ms=0), RoundEnded(round=1, fought_ms=119_600), jump)
        self.say("wrd;rd1;2;", RoundWinnersDeclared(winners=(2, 0, 0)), RoundWon(round=1, winner=2))

    def batches(self, size: int = 1000, *, after: int = 0) -> list[ParsedEntries]:
        """Everything after entry `after` in batches of at most `size` entries, each of one session."""
        found: list[ParsedEntries] = []
        for number, (session, parsed) in list(enumerate(self._entries, 1))[after:]:
            if not found or found[-1].session != session or len(found[-1].results) == size:
                found.append(ParsedEntries(self.name, self.journal_id, session, "", number, []))
            found[-1].results.append(parsed)
        return found

    def rewind(self, entry: int) -> None:
        """The journal as it was after `entry`: an older copy was put back."""
        del self._entries[entry:]
        self.entry = entry

    def _at_us(self) -> int:
        self.entry += 1
        return START_US + self.entry * STEP_US

    def _append(self, parsed: ParsedEntry) -> None:
        self._entries.append((self.session, parsed))
