"""Every metric that is served: what services count themselves (`shared/meter_list.py`), and what cpu-monitor knows of
them. Also for docs/metrics.md and the tests of the dashboard.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from services.cpu_monitor.exposing import of_judgement, of_machine, of_obs, of_rings, of_services
from services.cpu_monitor.exposing.family import Family
from shared.meter_list import METERS, Kind, Meter

PREFIX: Final = "restrike_"

SECTIONS: Final = {
    "Rings": of_rings.FAMILIES,
    "Services": of_services.FAMILIES,
    "OBS": of_obs.FAMILIES,
    "Machine": of_machine.FAMILIES,
    "Health and alerts": of_judgement.FAMILIES,
}


def listed(families: Iterable[Family]) -> dict[str, Family]:
    """The families by name.

    Raises:
        ValueError: two metrics have one name, or a name does not fit its kind.
    """
    found: dict[str, Family] = {}
    for family in families:
        if family.name in found or family.name in METERS:
            raise ValueError(f"two metrics are named {family.name}")
        if family.name.endswith("_total") != (family.kind is Kind.COUNTER):
            raise ValueError(f"{family.name}: counters end in _total, and nothing else does")
        found[family.name] = family
    return found


FAMILIES: Final = listed(family for families in SECTIONS.values() for family in families)
"""What is made of the picture, by name."""


class Described(Struct, frozen=True):
    """A metric as it is shown to people."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    help: str


def described(one: Family | Meter) -> Described:
    """A metric under the name that Prometheus sees."""
    return Described(PREFIX + one.name, one.kind, one.labels, one.help)
