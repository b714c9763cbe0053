"""What must be stored and does not come from the rings: the facts of other producers, as they lie in their outboxes.

A producer's facts are numbered from 1, for ever and without gaps, so that a receiver knows what it missed without
asking. `outbox_id` names the run of the producer that numbered a fact: numbers that are given twice (an older copy of
the outbox was put back, a fact was never on a disk) belong to different runs. A batch whose `first` is not the
receiver's last entry + 1, or whose `previous_id` is not the run of that, is not its continuation. An empty batch says
where the outbox stands.
"""

from typing import Final

from msgspec import Raw, Struct

from shared.messages.alerts import AlertChanged, AlertDelivered
from shared.messages.automation import RuleFired
from shared.messages.incidents import ServiceIncident
from shared.messages.license import LicenseChanged
from shared.messages.recordings import RecordingChanged, VideoEventsPlaced, VideoStored
from shared.messages.requests import Command
from shared.messages.service import ANY_SERVICE, BRIDGE, LICENSE, MONITOR
from shared.messages.system import SystemAveraged

PRODUCERS: Final = (BRIDGE, MONITOR, LICENSE)
"""The one list of services that have an outbox."""

ObsStored = RecordingChanged | VideoStored | VideoEventsPlaced | RuleFired
AnyStored = ObsStored | SystemAveraged | AlertChanged | AlertDelivered | ServiceIncident | LicenseChanged
"""The one list of what goes through an outbox; db-writer has one applier for each (outboxes/appliers.py)."""


class StoredFact(Struct, frozen=True, array_like=True, gc=False):
    """Something that must be stored, and when it was put into the outbox (Unix microseconds)."""

    at_us: int
    body: AnyStored


class Facts(Struct, frozen=True, array_like=True, gc=False):
    """`wire.facts/<service>/`: consecutive facts of one run of their producer, the first one's number being `first`."""

    producer: str
    outbox_id: str
    previous_id: str
    first: int
    facts: list[StoredFact]

    @property
    def last(self) -> int:
        """Number of the last fact; `first - 1` for an empty batch."""
        return self.first + len(self.facts) - 1


class FactsPage(Struct, frozen=True, kw_only=True):
    """Batches of an outbox from the one that holds the fact after `after`.

    `id_at_after` is the run of fact `after`, None when the outbox does not hold it (any more); `end` is the number of
    the newest fact, `id_at_end` its run.
    """

    id_at_after: str | None
    end: int
    id_at_end: str
    batches: list[Facts]


class EncodedFactsPage(Struct, frozen=True, kw_only=True):
    """A `FactsPage` whose batches stay as they lie in the outbox."""

    id_at_after: str | None
    end: int
    id_at_end: str
    batches: list[Raw]


class ReplayFacts(Command[FactsPage], frozen=True, kw_only=True):
    """Send me again what I missed of your outbox: about `limit` facts after `after`."""

    name = "replay_facts"
    service = ANY_SERVICE
    reply = FactsPage
    after: int
    limit: int = 500
