"""What the reducer knows of one ring between two entries; pss-parser.

`Bout` is what users see, `Memory` what is kept besides to understand the next message. Every value in them is
immutable, so that a copy of the two structs is a complete copy of the state: that is how a datagram whose handling
raised is undone, for a fraction of a microsecond on the good path.
"""

from typing import Final

from msgspec import Struct

from services.pss_parser.sight import Sight
from services.pss_parser.story import Story
from services.pss_parser.tallies import Tallies
from shared.messages.match import AnyMatchEvent, Athlete, MatchState, Stage
from shared.messages.pss import AthleteName, AthletesNamed, MatchDescribed
from shared.messages.rules import Dialect, Interpretation
from shared.messages.wire import Origin
from shared.rules import DEFAULT_RULES, shipped

Pair = tuple[int, int]
"""A number of chong and of hong."""

NO_ROUND_SCORES: Final = (0, 0, 0)
DEFAULT_INTERPRETATION: Final = Interpretation(rule_set=shipped()[DEFAULT_RULES])
"""For what was received before anybody chose one."""


class Bout(Struct):
    """The match in a ring as it stands, and nothing else. Times are milliseconds; None: nothing was said yet."""

    match_id: str | None = None
    stage: Stage | None = None
    match_number: str | None = None
    phase: str | None = None
    weight_class: str | None = None
    division: str | None = None
    total_rounds: int | None = None
    round_ms: int | None = None
    chong: AthleteName = AthleteName()
    hong: AthleteName = AthleteName()
    round: int | None = None
    clock_ms: int | None = None
    clock_running: bool = False
    break_ms: int | None = None
    injury_ms: int | None = None
    injury_athlete: int | None = None
    superiority: int | None = None
    score: Pair | None = None
    gam_jeoms: Pair | None = None
    round_scores: tuple[tuple[int, ...], tuple[int, ...]] = (NO_ROUND_SCORES, NO_ROUND_SCORES)
    round_winners: tuple[int, ...] = ()
    winner: int | None = None
    winner_name: str | None = None
    rounds_chong: int | None = None
    rounds_hong: int | None = None
    decision: str | None = None

    @property
    def is_decided(self) -> bool:
        """Whether the sender declared a result."""
        return self.winner is not None or self.decision is not None or self.winner_name is not None


class KnownMatch(Struct, frozen=True):
    """A match of this ring without a result: what its loads said, None for what none of them did.

    `described` is number and weight category; `loaded_at_us` is Unix time in microseconds of the last load.
    """

    match_id: str
    described: tuple[str | None, str | None] | None
    athletes: tuple[AthleteName, AthleteName] | None
    loaded_at_us: int
    story: Story = Story()
    tallies: Tallies = Tallies()


class Sender(Struct, frozen=True):
    """Where a datagram came from."""

    address: str
    port: int
    origin: Origin


class Memory(Struct):
    """What is remembered besides the bout, to understand the next message."""

    # The stage of the match without regard to an injury.
    stage: Stage | None = None
    # The load: pending until its match is settled; what it said; the load that gave the newest match its id.
    is_pending: bool = False
    load_entry: int = 0
    load_session: str = ""
    athletes: AthletesNamed | None = None
    described: MatchDescribed | None = None
    is_reload: bool = False
    known: tuple[KnownMatch, ...] = ()
    named_entry: int = 0
    # What the load unloaded.
    unloaded_match: str | None = None
    unloaded_winners: tuple[int, ...] = ()
    # The clock: whether it is known to stand still; whether it said anything since the round was set.
    clock_stands: bool = False
    clock_heard: bool = False
    # The round that runs or is stopped, and of which match; its clock at its start and last; or that its end was said.
    open_round: int | None = None
    open_match: str | None = None
    open_from_ms: int | None = None
    heard_ms: int | None = None
    is_closed: bool = False
    # How the ring is read and judged; what its messages showed of its dialect.
    interpretation: Interpretation = DEFAULT_INTERPRETATION
    dialect: Dialect | None = None
    # The match: what happened in it, what its rounds hold. The ring: what its last messages were.
    story: Story = Story()
    tallies: Tallies = Tallies()
    sight: Sight = Sight()
    # The session: who sent last and when; senders and streams that were already reported.
    sender: Sender | None = None
    sender_at_us: int = 0
    reported_senders: tuple[str, ...] = ()
    reported_streams: tuple[str, ...] = ()


class RingState:
    """A ring's state, and the message that is being handled: what the handlers of readings work on.

    `events` collects what follows from the message; `is_boundary` tells that the entry was a load, a round's end or a
    result.
    """

    __slots__ = ("bout", "entry", "events", "index", "is_boundary", "journal_id", "memory", "now_us", "ring", "session")

    def __init__(self, ring: str, journal_id: str) -> None:
        self.ring = ring
        self.journal_id = journal_id
        self.bout = Bout()
        self.memory = Memory()
        self.session = ""
        self.entry = 0
        self.index = 0
        self.now_us = 0
        self.events: list[AnyMatchEvent] = []
        self.is_boundary = False

    @property
    def is_loading(self) -> bool:
        """Whether the burst of a load is going on: what it says is where the match stands, not a change."""
        return self.memory.stage is Stage.LOADING

    def enter(self, stage: Stage) -> None:
        """Go on to `stage`. Only the next load ends a decided match."""
        if self.memory.stage is not Stage.DECIDED:
            self.memory.stage = stage
        self.show_stage()

    def show_stage(self) -> None:
        """Let the bout's stage follow: an injury covers whatever else goes on, but not the end."""
        stage = self.memory.stage
        is_injury = self.bout.injury_ms is not None and stage is not Stage.DECIDED
        self.bout.stage = Stage.INJURY if is_injury else stage

    def end_injury(self) -> None:
        """The injury time is over."""
        self.bout.injury_ms = self.bout.injury_athlete = None


def match_state(ring: str, journal_id: str, *, entry: int, changed_at_us: int, bout: Bout) -> MatchState:
    """`bout` as it is published; scores that were not said yet are 0."""
    return MatchState(
        ring=ring,
        journal_id=journal_id,
        entry=entry,
        changed_at_us=changed_at_us,
        match_id=bout.match_id,
        stage=bout.stage,
        match_number=bout.match_number,
        phase=bout.phase,
        weight_class=bout.weight_class,
        division=bout.division,
        total_rounds=bout.total_rounds,
        round_ms=bout.round_ms,
        round=bout.round,
        clock_ms=bout.clock_ms,
        clock_running=bout.clock_running,
        break_ms=bout.break_ms,
        injury_ms=bout.injury_ms,
        injury_athlete=bout.injury_athlete,
        superiority=bout.superiority,
        round_winners=bout.round_winners,
        chong=_athlete(bout, 1),
        hong=_athlete(bout, 2),
        winner=bout.winner,
        winner_name=bout.winner_name,
        decision=bout.decision,
        rounds_chong=bout.rounds_chong,
        rounds_hong=bout.rounds_hong,
    )


def _athlete(bout: Bout, athlete: int) -> Athlete:
    name = bout.chong if athlete == 1 else bout.hong
    return Athlete(
        short_name=name.short_name,
        long_name=name.long_name,
        noc=name.noc,
        score=bout.score[athlete - 1] if bout.score else 0,
        gam_jeoms=bout.gam_jeoms[athlete - 1] if bout.gam_jeoms else 0,
        round_scores=bout.round_scores[athlete - 1],
        rounds_won=bout.round_winners.count(athlete),
    )
