"""A ring's parser that is fed texts, one datagram each, at times that the test says."""

from services.pss_parser.ring import RingParser
from shared.messages.facts import AnyFact
from shared.messages.match import (
    AnyMatchEvent,
    DialectDetected,
    Finding,
    MatchLoaded,
    MatchState,
    ResultAssessed,
    RoundAssessed,
    StageChanged,
)
from shared.messages.wire import Entry, Origin, ParsedEntry, ParsedMessage
from tests.support.golden import JOURNAL_ID, RING, SESSION, STARTED_AT_US

CHONG = "M. ČAČIĆ;Marija ČAČIĆ;CRO"
HONG = "D. ĐURIĆ;Dunja ĐURIĆ;CRO"
_BESIDE = (StageChanged, DialectDetected, RoundAssessed, ResultAssessed, Finding)
"""What is concluded about what changed: tests that are about it ask for it by itself."""


class Feed:
    """Sends entries to `parser` and keeps what came back in `results`. Each datagram is 10 ms after the one before."""

    def __init__(self, parser: RingParser | None = None) -> None:
        self.parser = parser or RingParser(RING, JOURNAL_ID)
        self.session = SESSION
        self.now_us = STARTED_AT_US
        self.results: list[ParsedEntry] = []

    def put(self, entry: Entry) -> ParsedEntry:
        """One entry, as it is."""
        result = self.parser.parse(self.parser.entry + 1, self.session, entry)
        self.results.append(result)
        return result

    def send(
        self,
        *texts: str | bytes,
        address: str = "192.0.2.10",
        port: int = 50_000,
        origin: Origin = Origin.LIVE,
    ) -> list[ParsedMessage]:
        """One datagram per text; the messages in them."""
        messages = []
        for text in texts:
            self.wait(0.01)
            body = text if isinstance(text, bytes) else text.encode()
            messages += self.put(Entry(self.now_us, self.now_us, address, port, body, None, origin)).messages
        return messages

    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.now_us += round(seconds * 1e6)

    def load(
        self,
        number: str = "101",
        *,
        chong: str = CHONG,
        hong: str = HONG,
        weight: str = "M -68kg",
        clock: str = "02:00",
        rounds: str = "rd1;0;rd2;0;rd3;0",
        score: str = "sc1;0;sc2;0",
        round_number: int = 1,
    ) -> MatchLoaded:
        """A whole burst of a load."""
        before = len(self.results)
        self.send("pre;FightLoaded;", "ref;;;ju1;;;ju2;;;ta;;;", f"at1;{chong};at2;{hong};")
        self.send(f"mch;{number};Final;{weight};0;#0000ff;#FFFFFF;#ff0000;#FFFFFF;null;Seniors;3;120;cntDown;20;5;")
        self.send("wg1;0;wg2;0;", f"wrd;{rounds}", "s11;0;s21;0;s12;0;s22;0;s13;0;s23;0", score)
        self.send(f"clk;{clock};", f"rnd;{round_number};", "sup;0", "rdy;FightReady;")
        loads = [event for event in self.events(before) if isinstance(event, MatchLoaded)]
        assert len(loads) == 1
        return loads[0]

    def decide(self, winner: str = "RED") -> None:
        """A result."""
        self.send(f"win;{winner}", "wmh;Dunja ĐURIĆ;1-2 PTF;")

    def events(self, since: int = 0) -> list[AnyMatchEvent]:
        """What was concluded from the entries after the first `since`."""
        found: list[AnyMatchEvent] = []
        for result in self.results[since:]:
            for message in result.messages:
                found += message.events
            found += result.events
        return found

    def concluded(self, *texts: str, origin: Origin = Origin.LIVE) -> list[AnyMatchEvent]:
        """Send, and what changed in the match by that: no stages, assessments or findings."""
        before = len(self.results)
        self.send(*texts, origin=origin)
        return [event for event in self.events(before) if not isinstance(event, _BESIDE)]

    def happens(self, fact: AnyFact) -> ParsedEntry:
        """A fact is journaled."""
        self.wait(0.01)
        return self.put(Entry(self.now_us, self.now_us, fact=fact))

    def findings(self) -> list[Finding]:
        """All findings so far."""
        return [event for event in self.events() if isinstance(event, Finding)]

    @property
    def state(self) -> MatchState:
        """The state as it is now."""
        return self.parser.state()
