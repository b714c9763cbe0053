"""What grew lately, and since when something is behind: the memory of health's judgements; cpu-monitor. Plain data."""

from msgspec import Struct

from services.cpu_monitor.growth import Growth
from shared.alerts.metrics import GROWN_S
from shared.messages.health import Condition, Subject


class Behind(Struct, frozen=True):
    """Somebody has to come to `entry` of journal `journal_id`, which was there at `at_s`."""

    journal_id: str
    entry: int
    at_s: float


class Stood(Struct, frozen=True):
    """How something stood before cpu-monitor's restart, and since when (Unix microseconds)."""

    condition: Condition
    since_us: int


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
