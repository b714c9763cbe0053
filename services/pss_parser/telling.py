"""Findings about the ring's messages, told in one place so that a flood of them stays bounded; pss-parser."""

from collections.abc import Iterable
from typing import Any, Final

from services.pss_parser.state import RingState
from shared.messages.match import Finding, Severity

MOST_TOLD: Final = 20
"""Findings of one rule in one window. A network that loses 1 % of a match gives two a round: after twenty it is known
to be bad, and a finding per datagram would only cost rows in the database.
"""
WINDOW_US: Final = 180_000_000
"""About a round with its break."""
MOST_RULES: Final = 64


def information(state: RingState, rule: str, explanation: str, **evidence: Any) -> None:
    """Something that explains what is odd elsewhere."""
    tell(state, rule, Severity.INFORMATION, explanation, evidence)


def warning(state: RingState, rule: str, explanation: str, **evidence: Any) -> None:
    """Something that may have made the match wrong."""
    tell(state, rule, Severity.WARNING, explanation, evidence)


def tell(state: RingState, rule: str, severity: Severity, explanation: str, evidence: dict[str, Any]) -> None:
    """A finding, unless there were too many of its rule lately: those are counted, and the count is told."""
    _open_window(state)
    memory = state.memory
    told = dict(memory.sight.past.told)
    count = told.get(rule, 0) + 1
    if rule in told or len(told) < MOST_RULES:
        told[rule] = count
    memory.sight = memory.sight.after(told=tuple(told.items()))
    if count <= MOST_TOLD:
        state.events.append(Finding(rule=rule, severity=severity, explanation=explanation, evidence=evidence))


def tell_all(state: RingState, findings: Iterable[Finding]) -> None:
    """`tell` for findings that are made already."""
    for one in findings:
        tell(state, one.rule, one.severity, one.explanation, one.evidence)


def _open_window(state: RingState) -> None:
    memory = state.memory
    past = memory.sight.past
    if abs(state.now_us - past.told_from_us) < WINDOW_US:
        return
    for rule, count in past.told:
        if count > MOST_TOLD:
            state.events.append(_withheld(rule, count - MOST_TOLD, from_us=past.told_from_us))
    memory.sight = memory.sight.after(told=(), told_from_us=state.now_us)


def _withheld(rule: str, count: int, *, from_us: int) -> Finding:
    return Finding(
        rule="findings_withheld",
        severity=Severity.WARNING,
        explanation=f"{count} more findings of the rule {rule} were counted and not told one by one.",
        evidence={"rule": rule, "count": count, "from_us": from_us},
    )


def is_repeated(state: RingState) -> bool:
    """Whether the entry is a datagram that arrived twice: it says nothing more."""
    return state.memory.sight.past.repeated_entry == state.entry


def late(state: RingState, stream: str, after: str, **evidence: Any) -> None:
    """A message was overtaken."""
    information(
        state,
        "late_datagram",
        f"A message of {stream} arrived after one of {after}, which was sent later.",
        stream=stream,
        after=after,
        entry=state.entry,
        **evidence,
    )
