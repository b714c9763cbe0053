"""Connections as `restrike obs` prints them, at most 100 columns wide."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from services.cli import output
from services.cli.obs.options import ALL
from services.cli.obs.words import cut, yes
from shared.messages.obs import LinkState, ObsConnection, ObsStatus, Role

LIST: Final = ("connection", "OBS", "roles", "rings", "state")
MOST_ROLES: Final = 44
"""Columns for name and roles together."""
OFF: Final = "off"
"""The state of a connection that an operator disconnected."""
_SHORT: Final = {Role.RECORDING: "rec", Role.REPLAY: "replay", Role.STREAMING: "stream", Role.SCENES: "scenes"}


def table(found: Sequence[ObsConnection], states: Mapping[str, ObsStatus]) -> str:
    """The connections in a table. Names are whole, as they are typed; roles take what room is left."""
    room = MOST_ROLES - max(len(one.connection) for one in found)
    rows = [
        (
            one.connection,
            cut(f"{one.host}:{one.port}", 21),
            cut(roles(one.roles), room),
            cut(",".join(one.rings), 13) or ALL,
            OFF if not one.is_active else state_word(states[one.connection]) if one.connection in states else None,
        )
        for one in found
    ]
    return output.table(LIST, rows)


def entry(one: ObsConnection, status: ObsStatus | None) -> dict[str, Any]:
    """A connection as `list --json` has it; `state` and `reason` are None while they are not known."""
    known: dict[str, Any] = msgspec.to_builtins(one)
    return {**known, "state": status.state if status else None, "reason": status.reason if status else None}


def described(one: ObsConnection) -> str:
    """A connection in full, without how it records."""
    pairs = [
        ("OBS", f"{one.host}:{one.port}, {'with a' if one.has_password else 'no'} password"),
        ("roles", ", ".join(one.roles) or "none"),
        ("rings", rings(one.rings)),
        ("switched", "on" if one.is_active else "off (restrike obs connect)"),
        ("records matches", yes(one.recording.records_matches)),
    ]
    pairs += [("folder", f"{theirs} = {ours}") for theirs, ours in one.path_map.items()]
    return "\n".join(f"  {name:<16} {output.one_line(text)}" for name, text in pairs)


def state_word(status: ObsStatus) -> str:
    """The state in words; `off` when an operator disconnected it."""
    if not status.is_active and status.state is not LinkState.CONNECTED:
        return OFF
    return status.state.value.replace("_", " ")


def roles(found: tuple[Role, ...]) -> str:
    """Roles in a cell."""
    return ALL if set(found) == set(Role) else ",".join(_SHORT[role] for role in found) or "none"


def rings(found: tuple[str, ...]) -> str:
    """The rings that it serves."""
    return ", ".join(found) or ALL
