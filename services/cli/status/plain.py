"""`restrike status` as plain lines, for a pipe, a file, or a terminal that can do no more."""

from collections.abc import Iterator
from typing import Final

from services.cli import output
from services.cli.health_report import SYMBOLS, title
from services.cli.readiness import Readiness
from services.cli.status.look import Look
from services.cli.status.troubles import Trouble, troubles
from services.registry import SERVICES
from shared.messages.health import Condition
from shared.messages.match import MatchState, Stage
from shared.messages.obs import LinkState, ObsStatus
from shared.messages.udp import RingStatus

HEADERS: Final = ("RING", "LISTENS ON", "PACKETS", "DROPPED", "STORED", "MATCH", "ROUND", "CLOCK", "SCORE")
SHOWN: Final = 6
"""Digits of an alert's id, which tell apart what is open at once."""
_SIGNS: Final = {3: "✗", 2: "!", 1: "·"}


def lines(seen: Look) -> Iterator[str]:
    """Rings, OBS, what is wrong, services."""
    ready = seen.ready
    yield output.table(HEADERS, [_ring_row(ring, ready, seen.matches) for ring in ready.rings])
    yield from _obs_lines(ready)
    yield from _faults(seen)
    yield f"{len(ready.services)} of {len(SERVICES)} services answer."


def _faults(seen: Look) -> Iterator[str]:
    """Each fault once, the worst first; what is not known after it."""
    report = seen.report
    yield from (output.one_line(_told(one)) for one in troubles(report, seen.alerts or ()))
    for item in report.items:
        if item.condition is Condition.UNKNOWN:
            words = " ".join(word for word in (item.reason, item.remedy) if word)
            since = output.local_time(item.since_us)[:8]
            yield output.one_line(f"{SYMBOLS[item.condition]} {title(item)}, since {since}: {words}")
    answered = {item.name for item in report.items if item.condition is Condition.FAILED}
    yield from (f"! {sentence}" for name, sentence in seen.ready.silent.items() if name not in answered)


def _told(one: Trouble) -> str:
    """`✗ ring ring-1, since 14:29:24, critical (alert 3f12ab): it is silent. Look …`"""
    head = f"{_SIGNS[one.rank]} {one.about}, since {output.local_time(one.since_us)[:8]}"
    if one.severity is not None and one.alert_id is not None:
        noted = ", somebody knows" if one.is_noted else ""
        head += f", {one.severity} (alert {one.alert_id[:SHOWN]}{noted})"
    return f"{head}: {' '.join(word for word in (one.text, one.remedy) if word)}"


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


def winning_side(match: MatchState) -> str | None:
    """Who won a match that is over, as declared: `BLUE` or `RED`."""
    if match.stage not in (Stage.DECIDED, Stage.CLOSED):
        return None
    return {1: "BLUE", 2: "RED"}.get(match.winner or 0)


def listens(ring: RingStatus) -> bool:
    """Whether it hears anything: it is wanted, and nothing keeps it from it."""
    return ring.listening and ring.address is not None


def _listening(ring: RingStatus) -> str:
    if listens(ring):
        return f"{ring.address}:{ring.port}"
    return f"NOT LISTENING ({ring.port})" if ring.error else "not listening"


def _score(state: MatchState) -> str:
    side = winning_side(state)
    return f"{state.chong.score}-{state.hong.score}{f' {side} wins' if side else ''}"


def _ring_row(ring: RingStatus, ready: Readiness, matches: dict[str, MatchState]) -> tuple[object, ...]:
    state = matches.get(ring.ring)
    stored = ready.database.positions.get(ring.ring) if ready.database else None
    behind = f"{ring.entry - stored.entry} behind" if stored and stored.entry < ring.entry else "all"
    score = _score(state) if state and state.match_id else None
    return (
        ring.ring,
        _listening(ring),
        ring.packets,
        ring.kernel_drops,
        behind if stored else None,
        state.match_number if state else None,
        state.round if state else None,
        output.clock(state.clock_ms) if state and state.match_id else None,
        score,
    )
