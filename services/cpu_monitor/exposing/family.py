"""How a metric is read off a snapshot; cpu-monitor."""

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from services.cpu_monitor.exposing.snapshot import Snapshot
from shared.meter_list import Kind

Values = Iterable[tuple[tuple[str, ...], float | None]]
"""The values of the labels, and the value; None: it is not known, and left out."""


class Family(Struct, frozen=True, kw_only=True):
    """A metric `restrike_<name>` that cpu-monitor makes of what it knows. `read` gives its values."""

    name: str
    kind: Kind
    help: str
    read: Callable[[Snapshot], Values]
    unit: str = ""
    labels: tuple[str, ...] = ()


def gauge(name: str, text: str, read: Callable[[Snapshot], Values], *labels: str, unit: str = "") -> Family:
    """A value as it is now."""
    return Family(name=name, kind=Kind.GAUGE, help=text, read=read, unit=unit, labels=labels)


def counter(name: str, text: str, read: Callable[[Snapshot], Values], *labels: str, unit: str = "") -> Family:
    """A count that begins anew when what counts it does."""
    return Family(name=name, kind=Kind.COUNTER, help=text, read=read, unit=unit, labels=labels)


def values(family: Family, snapshot: Snapshot) -> Iterator[tuple[tuple[str, ...], float]]:
    """What is known of a family."""
    for labels, value in family.read(snapshot):
        if value is not None:
            yield labels, float(value)
