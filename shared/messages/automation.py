"""Rules: what OBS does by itself when something happens in a match."""

from enum import StrEnum

from msgspec import Struct

from shared.messages.obs_actions import AnyAction


class OncePer(StrEnum):
    """How often a rule may fire at most."""

    ROUND = "round"
    MATCH = "match"


class Happening(StrEnum):
    """What a rule can wait for."""

    MATCH_LOADED = "match_loaded"
    MATCH_READY = "match_ready"
    ROUND_STARTED = "round_started"
    CLOCK_STARTED = "clock_started"
    CLOCK_STOPPED = "clock_stopped"
    CLOCK = "clock"
    POINT = "point"
    SCORE_CHANGED = "score_changed"
    GAM_JEOM = "gam_jeom"
    CORRECTION = "correction"
    REVIEW_REQUESTED = "review_requested"
    REVIEW_DECIDED = "review_decided"
    REVIEW_ENDED = "review_ended"
    INJURY_BEGAN = "injury_began"
    INJURY_ENDED = "injury_ended"
    ROUND_ENDED = "round_ended"
    ROUND_WON = "round_won"
    BREAK_BEGAN = "break_began"
    MATCH_DECIDED = "match_decided"
    MATCH_CLOSED = "match_closed"
    RECORDING_STARTED = "recording_started"
    RECORDING_ENDED = "recording_ended"
    CLIP_READY = "clip_ready"
    OBS_CONNECTED = "obs_connected"


class Conditions(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When a rule holds; what is empty or None is no condition. All that are given must be met.

    `phases`, `weights`, `divisions` and `tournaments` are patterns (`*final*`), in any case; `days` are numbers.
    `athlete` is 1 (chong) or 2 (hong), 0 the referee's own review. `leader`: who leads, 0 a tie. The clock counts down,
    in milliseconds. `points` is the least value of a point. `outcomes` are those of a review (won, lost, rejected …).
    `scenes`: the program scene is one of these. `stages`: how far the match is then (running, break …).
    `score_at_least` and `gam_jeoms_at_least` are the athlete's whom it is about, else the higher of the two.
    """

    rings: tuple[str, ...] = ()
    tournaments: tuple[str, ...] = ()
    days: tuple[int, ...] = ()
    phases: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()
    divisions: tuple[str, ...] = ()
    rounds: tuple[int, ...] = ()
    is_golden: bool | None = None
    athlete: int | None = None
    leader: int | None = None
    difference_at_least: int | None = None
    difference_at_most: int | None = None
    score_at_least: int | None = None
    points: int | None = None
    gam_jeoms_at_least: int | None = None
    clock_at_least_ms: int | None = None
    clock_at_most_ms: int | None = None
    outcomes: tuple[str, ...] = ()
    scenes: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()


class Rule(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What OBS does (`actions`, one after the other) when one of `on` happens and `when` holds.

    `connections`: which; none named: every one that serves the ring and has the role of the action. Of rules that fire
    at once those of higher `priority` come first. After `delay_ms` the actions begin. `debounce_ms`: only when it
    happened for the last time for so long; `cooldown_ms`: not again within that time. `pack` is the name of the
    ready-made set that it came with.
    """

    rule: str
    on: tuple[Happening, ...]
    actions: tuple[AnyAction, ...]
    when: Conditions = Conditions()
    connections: tuple[str, ...] = ()
    priority: int = 0
    delay_ms: int = 0
    once_per: OncePer | None = None
    debounce_ms: int = 0
    cooldown_ms: int = 0
    is_enabled: bool = True
    description: str = ""
    pack: str | None = None


class FiringOutcome(StrEnum):
    """What became of a firing. `partly`: some of its actions failed. `too_old`: what happened was older than 5 s when
    we heard of it. `unknown`: we ended while OBS was at it.
    """

    DONE = "done"
    PARTLY = "partly"
    FAILED = "failed"
    TOO_OLD = "too_old"
    DROPPED = "dropped"
    UNKNOWN = "unknown"


class FiredAction(Struct, frozen=True, kw_only=True):
    """One action of a firing on one connection (None: on none). `sent_ms` is the time from the datagram to the request,
    `confirmed_ms` to OBS's confirmation.
    """

    action: str
    connection: str | None
    ok: bool
    error: str | None = None
    sent_ms: float | None = None
    confirmed_ms: float | None = None


class RuleFired(Struct, frozen=True, kw_only=True, tag_field="type", tag="rule_fired"):
    """`obs.rule_fired/<ring>/`: a rule fired, and what came of it. `latency_ms` is the time from the datagram to the
    first request to OBS. Its place in the ring's journal is `session`, `entry` and `index`. What OBS itself did has
    none there: its `session` is the id of the recording or clip, or, when OBS was connected, that of obs-bridge's run
    with the number of the connection as `entry`.
    """

    firing_id: str
    rule: str
    happening: Happening
    ring: str
    match_id: str | None
    round: int | None
    clock_ms: int | None
    session: str
    entry: int
    index: int
    happened_at_us: int
    fired_at_us: int
    outcome: FiringOutcome
    latency_ms: float | None = None
    actions: list[FiredAction] = []
