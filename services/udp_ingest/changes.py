"""What a changed restrike.json asks of each ring: as little as can be; udp-ingest."""

from typing import Final

from msgspec import Struct

from shared.config import Ring

PLACE: Final = ("port", "bind", "source")
"""Where its session listens, and whom it hears: another session is opened, in the same socket where address and port
stay. All else changes within the session."""
READING: Final = ("rules", "dialect", "unknown_streams", "encodings")
"""What its stream is told of while it listens."""


class Plan(Struct, frozen=True, kw_only=True):
    """The names of the rings that are not there any more, that are new, that listen elsewhere, that are read or judged
    otherwise, and that begin to start by themselves.
    """

    removed: tuple[str, ...]
    added: tuple[str, ...]
    moved: tuple[str, ...]
    reread: tuple[str, ...]
    wanted: tuple[str, ...]


def plan_of(before: dict[str, Ring], after: dict[str, Ring]) -> Plan:
    """What leads from one to the other."""
    both = [(name, before[name], ring) for name, ring in after.items() if name in before]
    moved = tuple(name for name, old, new in both if _differ(PLACE, old, new))
    return Plan(
        removed=tuple(name for name in before if name not in after),
        added=tuple(name for name in after if name not in before),
        moved=moved,
        reread=tuple(name for name, old, new in both if name not in moved and _differ(READING, old, new)),
        wanted=tuple(name for name, old, new in both if new.auto_start and not old.auto_start),
    )


def _differ(fields: tuple[str, ...], old: Ring, new: Ring) -> bool:
    return any(getattr(old, field) != getattr(new, field) for field in fields)
