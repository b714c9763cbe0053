"""Rules, their conditions and actions as people read them; for `restrike obs rules`."""

from typing import Any, Final

import msgspec

from services.cli import output
from shared.automation.roles import word_of
from shared.messages.automation import Conditions, Happening, Rule
from shared.messages.obs_actions import Action

LIST: Final = ("rule", "on", "when", "actions", "priority", "enabled", "pack")
MEANINGS: Final[dict[Happening, str]] = {
    Happening.MATCH_LOADED: "a match was loaded, or loaded again",
    Happening.MATCH_READY: "the scoring system is ready for the match",
    Happening.ROUND_STARTED: "a round's clock ran for the first time",
    Happening.CLOCK_STARTED: "the round clock was started",
    Happening.CLOCK_STOPPED: "the round clock was stopped",
    Happening.CLOCK: "each time that the round clock is told: once a second, and when it starts or stops",
    Happening.POINT: "a technique scored",
    Happening.SCORE_CHANGED: "an athlete's score of the round changed",
    Happening.GAM_JEOM: "a gam-jeom was given",
    Happening.CORRECTION: "the operator of the scoring system corrected something",
    Happening.REVIEW_REQUESTED: "a video review was asked for",
    Happening.REVIEW_DECIDED: "a video review was decided",
    Happening.REVIEW_ENDED: "a video review is over, decided or not",
    Happening.INJURY_BEGAN: "an injury time or a para timeout began",
    Happening.INJURY_ENDED: "an injury time or a para timeout ended",
    Happening.ROUND_ENDED: "a round's clock was closed",
    Happening.ROUND_WON: "a round's winner was declared",
    Happening.BREAK_BEGAN: "the break between two rounds began",
    Happening.MATCH_DECIDED: "the match was decided",
    Happening.MATCH_CLOSED: "a person ended a match without a result",
    Happening.RECORDING_STARTED: "OBS records a match",
    Happening.RECORDING_ENDED: "the recording of a match has ended",
    Happening.CLIP_READY: "the clip of a review can be watched",
    Happening.OBS_CONNECTED: "a connection to OBS was made",
}


def row(rule: Rule) -> tuple[object, ...]:
    """The cells of `LIST`."""
    return (
        rule.rule,
        ", ".join(rule.on),
        conditions(rule.when),
        "; ".join(action(one) for one in rule.actions),
        rule.priority,
        "yes" if rule.is_enabled else "no",
        rule.pack,
    )


def described(rule: Rule) -> str:
    """A rule in full."""
    times = {"delay": rule.delay_ms, "debounce": rule.debounce_ms, "cooldown": rule.cooldown_ms}
    pairs: list[tuple[str, object]] = [
        ("what for", rule.description),
        ("on", ", ".join(rule.on)),
        ("when", conditions(rule.when) or "always"),
        ("connections", ", ".join(rule.connections) or "every one for the ring that has the role"),
        ("priority", rule.priority),
        *((name, f"{value} ms") for name, value in times.items() if value),
        ("once per", rule.once_per or ""),
        ("enabled", "yes" if rule.is_enabled else "no"),
        ("pack", rule.pack or ""),
    ]
    lines = [output.one_line(rule.rule)]
    lines += [f"  {name:<12} {output.one_line(str(value))}" for name, value in pairs if value != ""]
    lines += [f"  {number:>2}. {output.one_line(action(one))}" for number, one in enumerate(rule.actions, 1)]
    return "\n".join(lines)


def conditions(when: Conditions) -> str:
    """Conditions on one line; empty when there is none."""
    said: dict[str, Any] = msgspec.to_builtins(when)
    return ", ".join(f"{name} {_value(value)}" for name, value in said.items())


def action(one: Action) -> str:
    """An action on one line: its name, and what of it is not as usual."""
    fields = {field.name: field.default for field in msgspec.structs.fields(type(one))}
    said = {name: getattr(one, name) for name in fields}
    shown = [_part(name, value) for name, value in said.items() if value != fields[name]]
    return " ".join([word_of(one), *shown])


def _part(name: str, value: object) -> str:
    return f"{name}={_value(value)}"


def _value(value: object) -> str:
    if isinstance(value, list | tuple):
        return "|".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return repr(value) if isinstance(value, str) else str(value)
