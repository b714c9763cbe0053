"""What is wrong with a rule in itself, a sentence for each place; the CLI, and db-writer before it keeps one.

Whether what it names exists in OBS is for obs-bridge to say.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from shared.automation.filling import FILLED
from shared.automation.placeholders import TEXTS, unknown
from shared.messages import obs_actions as act
from shared.messages.automation import Conditions, Rule
from shared.messages.episodes import ChallengeStatus
from shared.messages.match import Stage

MOST_ACTIONS: Final = 50
LONGEST_DELAY_MS: Final = 600_000
LONGEST_PAUSE_MS: Final = 86_400_000
LONGEST_CLOCK_MS: Final = 3_600_000
MOST_CHARACTERS: Final = 80
"""Of a rule's name."""
MOST_TEXT: Final = 2_000
"""Characters of a text that is shown, of several lines perhaps."""
MOST_NAME: Final = 300
"""Characters of a name in OBS, of a path, of a pattern."""
MOST_WORDS: Final = 100
MOST_ARGUMENTS: Final = 50
PICTURES: Final = (".png", ".jpg", ".jpeg")
MODIFIERS: Final = ("shift", "control", "alt", "command")
_RANGES: Final[dict[str, tuple[int, int]]] = {
    "athlete": (0, 2),
    "leader": (0, 2),
    "difference_at_least": (0, 999),
    "difference_at_most": (0, 999),
    "score_at_least": (0, 999),
    "points": (1, 99),
    "gam_jeoms_at_least": (1, 99),
    "clock_at_least_ms": (0, LONGEST_CLOCK_MS),
    "clock_at_most_ms": (0, LONGEST_CLOCK_MS),
}
_ORDERED: Final = (("difference_at_least", "difference_at_most"), ("clock_at_least_ms", "clock_at_most_ms"))
_TIMES: Final[dict[type[act.Action], tuple[tuple[str, int, int], ...]]] = {
    act.Wait: (("for_ms", 1, LONGEST_DELAY_MS),),
    act.ShowMessage: (("for_ms", 100, LONGEST_DELAY_MS),),
    act.RunCommand: (("within_ms", 100, LONGEST_DELAY_MS),),
    act.SetTransition: (("duration_ms", 50, 20_000),),
    act.SetVolume: (("volume_db", -100, 26),),
}
_TEXTS: Final = frozenset({"text"})
"""Fields of actions that may have several lines, or none: a text is cleared like that."""
_PATTERNS: Final = ("rings", "tournaments", "phases", "weights", "divisions", "scenes")


def faults_of(rule: Rule) -> list[str]:
    """What cannot be in a rule, each with its place and what is allowed; empty when it is sound."""
    return [*_own(rule), *_conditions(rule.when), *_actions(rule)]


def _own(rule: Rule) -> Iterator[str]:
    if not 0 < len(rule.rule) <= MOST_CHARACTERS or rule.rule != rule.rule.strip() or not rule.rule.isprintable():
        yield f"rule: give it a name of 1 to {MOST_CHARACTERS} characters on one line."
    if not rule.on:
        yield "on: name at least one event (see restrike obs rules events)."
    if not 0 < len(rule.actions) <= MOST_ACTIONS:
        yield f"actions: there must be 1 to {MOST_ACTIONS}."
    for name in ("delay_ms", "debounce_ms"):
        yield from _range(name, getattr(rule, name), least=0, most=LONGEST_DELAY_MS)
    yield from _range("cooldown_ms", rule.cooldown_ms, least=0, most=LONGEST_PAUSE_MS)
    yield from _range("priority", rule.priority, least=-1000, most=1000)
    for name, text in (("description", rule.description), ("pack", rule.pack or "")):
        if len(text) > MOST_NAME or not text.isprintable():
            yield f"{name}: must be one line of at most {MOST_NAME} characters."
    yield from _list("connections", rule.connections)


def _conditions(when: Conditions) -> Iterator[str]:
    for name, (least, most) in _RANGES.items():
        yield from _range(f"when.{name}", getattr(when, name), least=least, most=most)
    for low, high in _ORDERED:
        least, most = getattr(when, low), getattr(when, high)
        if least is not None and most is not None and least > most:
            yield f"when.{low}: {least} is more than {high} ({most}); nothing can meet both."
    for number in when.rounds:
        yield from _range("when.rounds", number, least=1, most=99)
    for number in when.days:
        yield from _range("when.days", number, least=1, most=366)
    for name in _PATTERNS:
        yield from _list(f"when.{name}", getattr(when, name))
    yield from _words("when.outcomes", [text.casefold() for text in when.outcomes], ChallengeStatus)
    yield from _words("when.stages", when.stages, Stage)


def _words(name: str, given: Iterable[str], allowed: Iterable[str]) -> Iterator[str]:
    known = [str(word) for word in allowed]
    for text in given:
        if text not in known:
            yield f"{name}: {text!r} is none of {', '.join(known)}."


def _actions(rule: Rule) -> Iterator[str]:
    for number, action in enumerate(rule.actions, 1):
        for fault in _action(action):
            yield f"actions[{number}].{fault}"


def _action(action: act.AnyAction) -> Iterator[str]:
    for name in action.__struct_fields__:
        value = getattr(action, name)
        for text in (value,) if isinstance(value, str) else value if isinstance(value, tuple) else ():
            yield from _text(name, text)
    for name, least, most in _TIMES.get(type(action), ()):
        yield from _range(name, getattr(action, name), least=least, most=most)
    for name in FILLED.get(type(action), ()):
        yield from _placeholders(name, getattr(action, name))
    if isinstance(action, act.RunCommand) and not 0 < len(action.command) <= MOST_ARGUMENTS:
        yield f"command: must be a program and its arguments, 1 to {MOST_ARGUMENTS} in all."
    elif isinstance(action, act.PressHotkey):
        yield from _words("modifiers", action.modifiers, MODIFIERS)
    elif isinstance(action, act.TakeScreenshot) and not action.path.lower().endswith(PICTURES):
        yield f"path: must end with one of {', '.join(PICTURES)}."


def _placeholders(name: str, template: str | tuple[str, ...]) -> Iterator[str]:
    for text in (template,) if isinstance(template, str) else template:
        for placeholder in unknown(text, TEXTS):
            yield f"{name}: {placeholder} is no placeholder; known are {', '.join(TEXTS)}."


def _list(name: str, given: tuple[str, ...]) -> Iterator[str]:
    if len(given) > MOST_WORDS:
        yield f"{name}: has {len(given)} texts; at most {MOST_WORDS}."
    for text in given:
        yield from _text(name, text)


def _text(name: str, value: str) -> Iterator[str]:
    is_text = name in _TEXTS
    most = MOST_TEXT if is_text else MOST_NAME
    if not value.strip() and not is_text:
        yield f"{name}: is empty."
    elif len(value) > most:
        yield f"{name}: has {len(value)} characters; at most {most}."
    elif not (value.replace("\n", " ") if is_text else value).isprintable():
        yield f"{name}: holds characters that cannot be printed."


def _range(name: str, value: float | None, *, least: int, most: int) -> Iterator[str]:
    if value is not None and not least <= value <= most:
        yield f"{name}: {value} is not from {least} to {most}."
