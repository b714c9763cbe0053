"""`restrike status` as plain lines, for a pipe, a file, or a terminal that can do no more."""

from collections.abc import Iterator
from typing import Any, Final

from services.cli import output
from services.cli.health_report import SYMBOLS, title
from services.cli.readiness import Readiness
from services.cli.status.look import Look
from services.registry import SERVICES
from shared.messages.alerts import AlertState
from shared.messages.health import Condition
from shared.messages.match import MatchState
from shared.messages.obs import LinkState, ObsStatus

HEADERS: Final = ("RING", "LISTENS ON", "PACKETS", "DROPPED", "STORED", "MATCH", "ROUND", "CLOCK", "SCORE")


def lines(seen: Look) -> Iterator[str]:
    """Rings, OBS, what is wrong, services."""
    ready = seen.ready
    yield output.table(HEADERS, [_ring_row(ring, ready, seen.matches) for ring in ready.rings])
    yield from _obs_lines(ready)
    yield from _faults(seen)
    for alert in seen.alerts:
        known = " (somebody knows)" if alert.state is AlertState.ACKNOWLEDGED else ""
        yield output.one_line(f"alert {alert.severity}: {alert.message}{known}")
    yield f"{len(ready.services)} of {len(SERVICES)} services answer."


def _faults(seen: Look) -> Iterator[str]:
    if seen.health is None:
        yield from (f"! {fault}" for fault in seen.ready.faults)
        return
    for item in seen.health.items:
        if item.condition is not Condition.OK:
            words = " ".join(word for word in (item.reason, item.remedy) if word)
            yield output.one_line(f"{SYMBOLS[item.condition]} {title(item)}: {words}")
    answered = {item.name for item in seen.health.items if item.condition is Condition.FAILED}
    yield from (f"! {sentence}" for name, sentence in seen.ready.silent.items() if name not in answered)


def _obs_lines(ready: Readiness) -> list[str]:
    """One line for each connection to OBS; more says `restrike obs status`."""
    if ready.obs is None:
        return []
    if not ready.obs.connections:
        return ["OBS: no connection. Make one with: restrike obs add NAME"]
    paused = " Automation is paused." if ready.obs.is_paused else ""
    return [f"OBS {one.connection}: {obs_words(one)}.{paused}" for one in ready.obs.connections]


def obs_words(status: ObsStatus) -> str:
    """What an OBS does, in few words."""
    if not status.is_active:
        return "off"
    if status.state is not LinkState.CONNECTED or status.outputs is None:
        return status.state.replace("_", " ") + (f" ({status.reason.rstrip('.')})" if status.reason else "")
    words = [f"scene {status.program_scene or '?'}"]
    words += ["records"] if status.outputs.is_recording else []
    words += ["streams"] if status.outputs.is_streaming else []
    words += ["keeps replays"] if status.outputs.is_replay_on else []
    return ", ".join(words)


def _ring_row(ring: Any, ready: Readiness, matches: dict[str, MatchState]) -> tuple[object, ...]:
    state = matches.get(ring.ring)
    listens = f"{ring.address}:{ring.port}" if ring.listening else "not listening"
    stored = ready.database.positions.get(ring.ring) if ready.database else None
    behind = f"{ring.entry - stored.entry} behind" if stored and stored.entry < ring.entry else "all"
    score = f"{state.chong.score}-{state.hong.score}" if state and state.match_id else None
    return (
        ring.ring,
        listens,
        ring.packets,
        ring.kernel_drops,
        behind if stored else None,
        state.match_number if state else None,
        state.round if state else None,
        output.clock(state.clock_ms) if state and state.match_id else None,
        score,
    )
