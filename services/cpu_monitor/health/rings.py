"""Rings: whether they listen, lose datagrams, or fell silent while their match runs; cpu-monitor."""

from collections.abc import Iterator
from typing import Final

from services.cpu_monitor.health.view import (
    GRACE_S,
    Verdict,
    View,
    degraded,
    duration,
    failed,
    size,
    unknown,
    worst,
)
from services.cpu_monitor.picture import RingPicture
from shared.messages.health import Subject
from shared.messages.match import Stage
from shared.messages.service import INGEST, PARSER
from shared.messages.udp import RingStatus

ABANDONED_S: Final = 900.0
"""No match is silent for a quarter of an hour and goes on: its scoring system was switched off."""
SIGN_S: Final = 1.2
"""How long a service may be without a sign of life and still be there."""
_TICKING: Final = (Stage.RUNNING, Stage.BREAK, Stage.INJURY)
"""Where a scoring system sends a tick each second. In all other stages its clock stands, and it may say nothing."""


def judge_rings(view: View) -> Iterator[Verdict]:
    """An item for each ring of restrike.json, and each that udp-ingest still has."""
    for name in dict.fromkeys((*view.tolerances.rings, *view.picture.rings)):
        ring = view.picture.rings.get(name)
        if not view.is_alive(INGEST):
            yield unknown(name, f"{INGEST} does not say how it is.", f"See what is said of {INGEST}.")
        elif ring is None or ring.status is None:
            yield _unheard(view, name)
        else:
            yield worst(name, _faults(view, ring, ring.status))


def _unheard(view: View, name: str) -> Verdict:
    if view.is_new:
        return unknown(name, "cpu-monitor began a moment ago.", "Wait some seconds.")
    return unknown(name, f"{INGEST} says nothing of {name}.", f"Have it taken up: restrike udp start {name}")


def _faults(view: View, ring: RingPicture, status: RingStatus) -> Iterator[Verdict]:
    name = status.ring
    if not status.listening:
        yield from _not_listening(view, ring, status)
    elif status.error is not None:
        remedy = "Mend what it names. See: restrike udp status, restrike pss rules"
        yield degraded(name, f"{name} is not as restrike.json wants it: {status.error}", remedy)
    yield from _silence(view, ring, status)
    lost = view.grew(Subject.RING, name, "lost")
    if lost:
        yield failed(name, f"{name} lost {lost:.0f} entries within a minute.", "Free space on the disk of data/.")
    drops = view.grew(Subject.RING, name, "kernel_drops")
    if drops:
        reason = f"The machine dropped {drops:.0f} datagrams of {name} within a minute: nobody took them in time."
        yield degraded(name, reason, "Raise net.core.rmem_max and the processor's share: restrike doctor")
    refused = view.grew(Subject.RING, name, "refused")
    if refused:
        reason = f"{name} refused {refused:.0f} datagrams of senders that are not on its list within a minute."
        yield degraded(name, reason, "If one is the scoring system, add it to allow in restrike.json.")


def _not_listening(view: View, ring: RingPicture, status: RingStatus) -> Iterator[Verdict]:
    name = status.ring
    if status.error is not None:
        yield failed(name, f"{name} does not listen: {status.error}", "It tries again by itself every 2 s.")
    elif ticks(ring):
        yield failed(name, f"{name} was stopped while its match runs.", f"Start it: restrike udp start {name}")
    elif name not in view.tolerances.off_rings:
        yield degraded(name, f"{name} was stopped and hears nothing.", f"Start it: restrike udp start {name}")


def _silence(view: View, ring: RingPicture, status: RingStatus) -> Iterator[Verdict]:
    name = status.ring
    silent_s = _silent_s(view, ring)
    if not status.listening or not ticks(ring) or silent_s <= view.tolerances.silence_s:
        return
    if not _was_listened(view, silent_s):
        return  # udp-ingest itself is frozen, or began a moment ago: whoever does not listen hears nobody
    if not view.is_alive(PARSER):
        if silent_s > GRACE_S:
            yield unknown(name, f"{name} is silent, and {PARSER} does not say how its match stands.", "See there.")
        return
    if silent_s > ABANDONED_S:
        reason = f"{name} has been silent for {duration(silent_s)}, and its match was never ended."
        yield degraded(name, reason, f'End it: restrike match close {name} --reason "…"')
        return
    remedy = (
        "Look whether the scoring system runs and its network cable is in, and whether it still sends to"
        f" {status.address}:{status.port}. See: restrike udp status"
    )
    yield failed(name, f"{name} has been silent for {duration(silent_s)} while its match runs.", remedy)


def _silent_s(view: View, ring: RingPicture) -> float:
    """Since when it is silent; if nothing was heard since the suite began, since its match went on."""
    if ring.packet_at_s is not None:
        return view.now_s - ring.packet_at_s
    if ring.match is None or view.is_new:
        return 0.0
    since_s = (view.now_us - ring.match.changed_at_us) / 1e6
    return since_s if since_s <= ABANDONED_S else 0.0


def _was_listened(view: View, silent_s: float) -> bool:
    """Whether udp-ingest was there for the most of this silence: it gives a sign of life each second."""
    life = view.picture.services[INGEST]
    signs = [at_s for at_s in (life.heard_at_s, life.answered_at_s) if at_s is not None]
    least_s = view.tolerances.silence_s - SIGN_S
    if not signs or life.health is None or silent_s - (view.now_s - max(signs)) < least_s:
        return False
    return life.health.uptime_s >= least_s


def is_suspicious(ring: RingPicture, *, now_s: float, after_s: float) -> bool:
    """Whether a ring ought to have sent since: then it is asked for, because its status comes once a second only. Not
    again once its match was asked for in this silence (`after_s` into it or later) and says that its clock stands.
    """
    if ring.status is None or not ring.status.listening or ring.packet_at_s is None or ring.stage not in _TICKING:
        return False
    if not after_s < now_s - ring.packet_at_s < ABANDONED_S:
        return False
    was_asked = ring.match_at_s is not None and ring.match_at_s - ring.packet_at_s > after_s
    return ticks(ring) or not was_asked


def ticks(ring: RingPicture) -> bool:
    """Whether a tick is due each second. A state that was asked for in this silence says whether the clock stands."""
    if ring.stage not in _TICKING:
        return False
    match = ring.match
    is_told = ring.match_at_s is not None and ring.packet_at_s is not None and ring.match_at_s >= ring.packet_at_s
    if match is None or match.stage is not ring.stage or not is_told:
        return True
    if ring.stage is Stage.RUNNING:
        return match.clock_running and match.clock_ms != 0
    if ring.stage is Stage.BREAK:
        return match.break_ms != 0 and not match.break_stands
    lefts = [one.left_ms for one in match.injuries if one.is_open]
    return any(lefts) if lefts else match.injury_ms != 0


def kept_in_memory(statuses: list[RingStatus]) -> str | None:
    """How much waits for the journal, for people; None: nothing does."""
    waiting = max((status.unjournaled_bytes for status in statuses), default=0)
    return size(waiting) if waiting else None
