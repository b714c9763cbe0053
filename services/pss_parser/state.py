"""What the reducer knows of one ring between two entries; pss-parser.

`Bout` is what users see, `Memory` what is kept besides to understand the next message. Every value in them is
immutable, so that a copy of the two structs is a complete copy of the state: that is how a datagram whose handling
raised is undone, for a fraction of a microsecond on the good path.
"""

from typing import Final

from msgspec import Struct

from services.pss_parser import rules
from services.pss_parser.sight import Sight, Step
from services.pss_parser.story import Story
from services.pss_parser.tallies import Tallies
from shared.messages.match import AnyMatchEvent, Stage, StageChanged
from shared.messages.pss import AthleteName, AthletesNamed, MatchDescribed
from shared.messages.rules import Dialect, Interpretation
from shared.messages.wire import Origin
from shared.rules import DEFAULT_RULES, shipped

Pair = tuple[int, int]
"""A number of chong and of hong."""

Scores = tuple[tuple[int, ...], tuple[int, ...]]
"""Of chong and of hong, by round."""

SOON_US: Final = 1_000_000
"""How late a datagram may be that the network held up: what is said again later than this is meant."""
NO_ROUND_SCORES: Final = (0, 0, 0)
DEFAULT_INTERPRETATION: Final = Interpretation(rule_set=shipped()[DEFAULT_RULES])
"""For what was received before anybody chose one."""


class Bout(Struct):
    """The match in a ring as it stands, and nothing else. Times are milliseconds; None: nothing was said yet."""

    match_id: str | None = None
    stage: Stage | None = None
    stage_since_us: int | None = None
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
    break_stands: bool = False
    injury_ms: int | None = None
    injury_athlete: int | None = None
    superiority: int | None = None
    score: Pair | None = None
    gam_jeoms: Pair | None = None
    round_scores: Scores = (NO_ROUND_SCORES, NO_ROUND_SCORES)
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

    `described` is number and weight category; `loaded_at_us` is Unix time in microseconds of the last load. What
    happened in the match is kept here while others are loaded. `by_hand`: a person entered it, and no load said more.
    """

    match_id: str
    described: tuple[str | None, str | None] | None
    athletes: tuple[AthleteName, AthleteName] | None
    loaded_at_us: int
    story: Story = Story()
    tallies: Tallies = Tallies()
    by_hand: bool = False


class Shown(Struct, frozen=True):
    """A number that messages show, one athlete's: when it last rose, and a lower value that is not believed yet, with
    the stream that said it.
    """

    rose_at_us: int = 0
    doubted: int | None = None
    doubted_stream: str = ""


class Sender(Struct, frozen=True):
    """Where a datagram came from."""

    address: str
    port: int
    origin: Origin


class Memory(Struct):
    """What is remembered besides the bout, to understand the next message."""

    # The stage of the match without regard to an injury or a review; the one that was told last.
    stage: Stage | None = None
    told_stage: Stage | None = None
    # The load: pending until its match is settled; what it said; the load that gave the newest match its id.
    is_pending: bool = False
    load_entry: int = 0
    load_session: str = ""
    athletes: AthletesNamed | None = None
    described: MatchDescribed | None = None
    is_reload: bool = False
    known: tuple[KnownMatch, ...] = ()
    named_entry: int = 0
    # When the load began; when its `at1` or `mch` was heard, until it is complete; whether its `rnd` is missing.
    load_at_us: int = 0
    named_at_us: int = 0
    is_round_due: bool = False
    # What the load unloaded.
    unloaded_match: str | None = None
    unloaded_round: int | None = None
    unloaded_winners: tuple[int, ...] = ()
    # The clock: whether it is known to stand still; whether it said anything since the round was set; when it was
    # started or stopped last; whether a stop for good was that.
    clock_stands: bool = False
    clock_heard: bool = False
    clock_set_us: int = 0
    is_stopped_for_good: bool = False
    # A tick of the running clock above the one before it; none came below it since.
    risen_ms: int | None = None
    # When `rnd` was said; whether a break was heard since; the score and the gam-jeoms that it ended.
    round_set_us: int = 0
    break_heard: bool = False
    round_before: tuple[Pair | None, Pair | None] = (None, None)
    # What the messages of the running round's score and gam-jeoms showed: of chong and of hong.
    scores: tuple[Shown, Shown] = (Shown(), Shown())
    gam_jeoms: tuple[Shown, Shown] = (Shown(), Shown())
    # The round that runs or is stopped, and of which match; its clock at its start and last; or that its end was said.
    open_round: int | None = None
    open_match: str | None = None
    open_from_ms: int | None = None
    heard_ms: int | None = None
    is_closed: bool = False
    # How the ring is read and judged; what its messages showed of its dialect.
    interpretation: Interpretation = DEFAULT_INTERPRETATION
    dialect: Dialect | None = None
    # The match: what happened in it, what its rounds hold. The ring: what its last messages were, what its clocks
    # showed, and the last datagrams with their times.
    story: Story = Story()
    tallies: Tallies = Tallies()
    sight: Sight = Sight()
    round_clock: Step = Step()
    break_clock: Step = Step()
    injury_clock: Step = Step()
    recent: tuple[tuple[int, bytes], ...] = ()
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

    __slots__ = (
        "body",
        "bout",
        "entry",
        "events",
        "index",
        "is_boundary",
        "journal_id",
        "memory",
        "now_us",
        "ring",
        "session",
    )

    def __init__(self, ring: str, journal_id: str) -> None:
        self.ring = ring
        self.journal_id = journal_id
        self.bout = Bout()
        self.memory = Memory()
        self.session = ""
        self.entry = 0
        self.index = 0
        self.now_us = 0
        self.body = b""
        self.events: list[AnyMatchEvent] = []
        self.is_boundary = False

    @property
    def is_loading(self) -> bool:
        """Whether the burst of a load is going on: what it says is where the match stands, not a change."""
        return self.memory.stage in _LOADS

    @property
    def dialect(self) -> Dialect:
        """The dialect in force: the one that was forced, else the one that was detected, else the newer."""
        memory = self.memory
        return memory.interpretation.dialect or memory.dialect or _NEWER

    def enter(self, stage: Stage) -> None:
        """Go on to `stage`. Only the next load ends a match that is decided or closed."""
        if self.memory.stage not in _ENDS:
            self.memory.stage = stage
        self.show_stage()

    def show_stage(self) -> None:
        """Let the bout's stage follow: an injury or a review covers whatever else goes on, but not the end."""
        memory = self.memory
        stage, story = memory.stage, memory.story
        if stage not in _ENDS:
            if self.bout.injury_ms is not None or story.injured:
                stage = Stage.INJURY
            elif story.reviewed:
                stage = Stage.REVIEW
        self.bout.stage = stage

    def tell_stage(self) -> None:
        """The message was handled: say so when the stage is another one now."""
        memory, bout = self.memory, self.bout
        before, after = memory.told_stage, bout.stage
        if after is None or after is before:
            return
        since_us = bout.stage_since_us
        lasted_ms = None if before is None or since_us is None else max(0, self.now_us - since_us) // 1000
        memory.told_stage, bout.stage_since_us = after, self.now_us
        self.events.append(StageChanged(before=before, after=after, lasted_ms=lasted_ms))

    def end_injury(self) -> None:
        """The injury time is over."""
        self.bout.injury_ms = self.bout.injury_athlete = None


def is_golden(bout: Bout, interpretation: Interpretation) -> bool:
    """Whether the running round is the golden one."""
    return bout.round is not None and rules.is_golden(interpretation.rule_set, bout.round, bout.total_rounds)


_NEWER: Final = Dialect.B
_LOADS: Final = (Stage.LOADING, Stage.LOADED)
_ENDS: Final = (Stage.DECIDED, Stage.CLOSED)
