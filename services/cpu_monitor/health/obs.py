"""Connections to OBS Studio; cpu-monitor.

One that is away while no match is on is well: it may be switched off on purpose.
"""

from collections.abc import Iterator
from typing import Final

from services.cpu_monitor.health.view import GRACE_S, Verdict, View, closed, degraded, failed, ok, unknown, worst
from shared.messages.health import Condition
from shared.messages.obs import AlarmKind, LinkState, ObsStatus
from shared.messages.service import BRIDGE

ALARMS: Final = {
    AlarmKind.NOT_CONNECTED: (
        Condition.FAILED,
        "A match is on, and this OBS is not connected",
        "Start OBS there, and look at: restrike obs status",
    ),
    AlarmKind.NOT_RECORDING: (
        Condition.FAILED,
        "A match is on, and is not recorded",
        "Start it by hand: restrike obs record start --on {name}",
    ),
    AlarmKind.DISK_LOW: (
        Condition.DEGRADED,
        "The disk that it records to is nearly full",
        "Free space, or record elsewhere: restrike obs recording {name} --root FOLDER",
    ),
    AlarmKind.FRAMES_DROPPED: (
        Condition.DEGRADED,
        "OBS loses frames",
        "Close other programs there, or lower OBS's bitrate or resolution.",
    ),
    AlarmKind.REPLAY_OFF: (
        Condition.DEGRADED,
        "The replay buffer is off, so reviews get no clip",
        "Start it: restrike obs replay start --on {name}",
    ),
    AlarmKind.NOT_LICENSED: (
        Condition.DEGRADED,
        "The licence does not let this OBS follow matches by itself",
        "See: restrike license status. By hand it can be worked: restrike obs record start --on {name}",
    ),
}
"""What an alarm of obs-bridge means, why, and what to do."""


def judge_obs(view: View) -> Iterator[Verdict]:
    """An item for each connection."""
    is_alive = view.is_alive(BRIDGE)
    for name, status in view.picture.obs.items():
        if not status.is_active:
            yield ok(name)
        elif not is_alive:
            yield unknown(name, f"{BRIDGE} does not say how it is.", f"See what is said of {BRIDGE}.")
        elif status.state is not LinkState.CONNECTED and _has_just_begun(view):
            yield unknown(name, f"{BRIDGE} began a moment ago.", "Wait some seconds.")
        else:
            yield worst(name, _faults(name, status))


def _has_just_begun(view: View) -> bool:
    """Whether obs-bridge may still be connecting, and not know the match that is on."""
    life = view.picture.services.get(BRIDGE)
    return life is None or life.health is None or life.health.uptime_s < GRACE_S


def _faults(name: str, status: ObsStatus) -> Iterator[Verdict]:
    because = f": {status.reason}" if status.reason and status.state is not LinkState.CONNECTED else ""
    own = {AlarmKind.NOT_RECORDING: status.problem, AlarmKind.NOT_LICENSED: status.unlicensed}
    for alarm in status.alarms:
        condition, reason, remedy = ALARMS[alarm]
        why = f": {own[alarm]}" if own.get(alarm) else because
        yield Verdict(name, condition, closed(reason + why), remedy.format(name=name))
    if status.state is LinkState.FAILED and AlarmKind.NOT_CONNECTED not in status.alarms:
        yield degraded(name, closed(f"This OBS refuses us{because}"), f"Look at: restrike obs status {name}")
    elif status.problem and not status.alarms:
        yield failed(name, closed(status.problem), f"See: restrike obs status {name}")
