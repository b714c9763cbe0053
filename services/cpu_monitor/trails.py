"""What grew lately, and since when something is behind: the memory of health's judgements; cpu-monitor. Plain data."""

from typing import Final

from msgspec import Struct

from services.cpu_monitor.growth import Growth
from shared.alerts.metrics import GROWN_S
from shared.messages.health import Condition, Subject

AWAY_S: Final = 600.0
"""What was longer ago than a restart takes, such as yesterday, has nothing to do with now."""


class Behind(Struct, frozen=True):
    """Somebody has to come to `entry` of journal `journal_id`, which was there at `at_s`."""

    journal_id: str
    entry: int
    at_s: float


class Stood(Struct, frozen=True):
    """How something stood before cpu-monitor's restart, and since when (Unix microseconds)."""

    condition: Condition
    since_us: int


def is_long_ago(was_alive_us: int | None, *, now_us: int) -> bool:
    """Whether the cpu-monitor before this one ended so long ago that what it kept has nothing to do with now; None: it
    is not known when, so nothing can be said of now. Unix microseconds.
    """
    return was_alive_us is None or now_us - was_alive_us > AWAY_S * 1e6


class Trails:
    """All trails. Keys of `grown` are subject, name, what is counted; they are few."""

    def __init__(self) -> None:
        self.grown = Growth(GROWN_S)
        self.stood: dict[tuple[Subject, str], Stood] = {}
        """How everything stood before a restart, until it was found anew."""
        self.was_synchronised = False
        """Whether the clock ever followed a time server since cpu-monitor began."""
        self.bus_away_at_s: float | None = None
        """When nobody was heard on the bus, the last time."""
        self.sampled_at_s: float | None = None
        """When the newest sample was taken."""
        self.behind: dict[str, Behind] = {}
        self.commit_s: float | None = None
        """How long a commit to the journal took on average between the last two readings of udp-ingest's meters; None:
        it is not known, or nothing was committed.
        """
