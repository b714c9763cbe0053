"""What cpu-monitor last found wrong, while it is away: nobody can say that it is over; for the live screen."""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from services.cli import output
from shared.messages.health import RANK, Condition, HealthItem, HealthReport, Subject
from shared.messages.udp import RingStatus

_ILL = (Condition.FAILED, Condition.DEGRADED)


def remembered(answered: HealthReport, judged: HealthReport | None, rings: Mapping[str, RingStatus]) -> HealthReport:
    """What the services answered, and with the time at which it was judged what only cpu-monitor can know: not of
    services, which say themselves how they are, and of no ring that was heard since.
    """
    if judged is None:
        return answered
    services = {item.name for item in answered.items if item.subject is Subject.SERVICE}
    last = {(item.subject, item.name): item for item in _ill(judged, rings, services)}
    items = []
    for item in answered.items:
        before = last.pop((item.subject, item.name), None)
        items.append(item if before is None or item.condition in _ILL else before)
    items += last.values()
    items.sort(key=lambda item: -RANK[item.condition])
    return replace(answered, condition=items[0].condition if items else answered.condition, items=tuple(items))


def _ill(judged: HealthReport, rings: Mapping[str, RingStatus], services: set[str]) -> Iterator[HealthItem]:
    at = output.local_time(judged.at_us)[:8]
    for item in judged.items:
        if item.condition not in _ILL or (item.subject is Subject.SERVICE and item.name in services):
            continue
        ring = rings.get(item.name) if item.subject is Subject.RING else None
        if ring is not None and ring.last_packet_us is not None and ring.last_packet_us > judged.at_us:
            continue
        yield replace(item, reason=f"{item.reason or ''} (as of {at})".lstrip())
