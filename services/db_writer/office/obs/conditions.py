"""What a rule may hold beside its actions; db-writer. Everything here refuses with ValidationError."""

from typing import Any, Final

from services.db_writer.office.obs.actions import check_action
from services.db_writer.office.obs.fields import name_of, rings_of
from shared.errors import ValidationError
from shared.messages.automation import Conditions, Rule

MOST_NAME: Final = 80
"""Characters of a rule's name."""
MOST_TEXT: Final = 500
"""Characters of a description."""
MOST_WORDS: Final = 100
"""In one list of conditions, and of characters in a word of them."""
MOST_ACTIONS: Final = 50
LONGEST_DELAY_MS: Final = 600_000
LONGEST_PAUSE_MS: Final = 86_400_000
MOST_PRIORITY: Final = 1_000
_LEAST_MOST: Final[dict[str, tuple[int, int]]] = {
    "athlete": (0, 2),
    "leader": (0, 2),
    "difference_at_least": (0, 999),
    "difference_at_most": (0, 999),
    "score_at_least": (0, 999),
    "points": (1, 99),
    "gam_jeoms_at_least": (0, 99),
    "clock_at_least_ms": (0, 3_600_000),
    "clock_at_most_ms": (0, 3_600_000),
    "rounds": (1, 99),
    "days": (1, 366),
}
_RANGES: Final = (("difference_at_least", "difference_at_most"), ("clock_at_least_ms", "clock_at_most_ms"))
_WORDS: Final = ("tournaments", "phases", "weights", "divisions", "outcomes", "scenes")


def rule_name_of(said: str) -> str:
    """A rule's name: one line without space around it."""
    if not 0 < len(said) <= MOST_NAME or not said.isprintable() or said != said.strip():
        sentence = f"A rule's name is one line of 1 to {MOST_NAME} characters, without a space at its begin or end."
        raise ValidationError("obs.rule_name", sentence, value=said[:MOST_NAME])
    return said


def check_rule(rule: Rule) -> None:
    """Refuse a rule that could never fire, or whose actions could never work; the sentence names the rule."""
    rule_name_of(rule.rule)
    try:
        _check_limits(rule)
        _check_conditions(rule.when)
        for name in rule.connections:
            name_of(name)
        for action in rule.actions:
            check_action(action)
    except ValidationError as error:
        raise ValidationError(error.code, f"Rule {rule.rule}: {error.message}", value=error.value) from error


def _refused(sentence: str, value: object = None) -> ValidationError:
    shown = value[:MOST_WORDS] if isinstance(value, str) else value
    return ValidationError("obs.rule", sentence, value=shown)


def _check_limits(rule: Rule) -> None:
    if not rule.on:
        raise _refused("it waits for nothing: name at least one happening (on).")
    if not 1 <= len(rule.actions) <= MOST_ACTIONS:
        raise _refused(f"it has 1 to {MOST_ACTIONS} actions.", len(rule.actions))
    numbers = {
        "priority": (-MOST_PRIORITY, MOST_PRIORITY),
        "delay_ms": (0, LONGEST_DELAY_MS),
        "debounce_ms": (0, LONGEST_DELAY_MS),
        "cooldown_ms": (0, LONGEST_PAUSE_MS),
    }
    for name, (least, most) in numbers.items():
        _check_number(name, getattr(rule, name), least, most)
    for name, text in (("description", rule.description), ("pack", rule.pack or "")):
        if len(text) > MOST_TEXT or not text.isprintable():
            raise _refused(f"its {name} is one line of at most {MOST_TEXT} characters.", text)


def _check_conditions(when: Conditions) -> None:
    rings_of(when.rings)
    for name, (least, most) in _LEAST_MOST.items():
        value: Any = getattr(when, name)
        for number in value if isinstance(value, tuple) else (value,):
            _check_number(name, number, least, most)
    for low, high in _RANGES:
        lowest, highest = getattr(when, low), getattr(when, high)
        if lowest is not None and highest is not None and lowest > highest:
            raise _refused(f"{low} is more than {high}, so it never fires.", lowest)
    for name in _WORDS:
        words = getattr(when, name)
        if len(words) > MOST_WORDS or not all(_is_word(word) for word in words):
            raise _refused(f"{name} are at most {MOST_WORDS} texts of up to {MOST_WORDS * 3} characters, none empty.")


def _is_word(said: str) -> bool:
    return bool(said.strip()) and len(said) <= MOST_WORDS * 3 and said.isprintable()


def _check_number(name: str, value: int | None, least: int, most: int) -> None:
    if value is not None and not least <= value <= most:
        raise _refused(f"{name} is from {least} to {most}.", value)
