"""What the actions of a rule may hold; db-writer. Everything here refuses with ValidationError.

Whether the scenes and sources that they name exist is for obs-bridge to say (CheckRules): OBS may not be there.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from shared.automation.filling import FILLED
from shared.automation.placeholders import TEXTS, unknown
from shared.automation.roles import word_of
from shared.errors import ValidationError
from shared.messages import obs_actions as act
from shared.messages.obs_actions import AnyAction

MOST_NAME: Final = 300
"""Characters of a name in OBS, or of a path."""
MOST_TEXT: Final = 2_000
"""Characters of a text that is shown, of several lines perhaps."""
MOST_ARGUMENTS: Final = 50
LONGEST_WAIT_MS: Final = 600_000
MODIFIERS: Final = ("shift", "control", "alt", "command")
PICTURES: Final = (".png", ".jpg", ".jpeg")
_LINES: Final = frozenset({"text"})
"""Fields that may have several lines."""
_EMPTY: Final = frozenset({"text"})
"""Fields that may be empty: a text is cleared like that."""


def check_action(action: AnyAction) -> None:
    """Refuse an action that could never work."""
    for name in action.__struct_fields__:
        value = getattr(action, name)
        if isinstance(value, str):
            _check_text(action, name, value)
        elif isinstance(value, tuple):
            for one in value:
                _check_text(action, name, one)
    _check_placeholders(action)
    check = _CHECKS.get(type(action))
    if check is not None:
        check(action)


def _refused(action: AnyAction, sentence: str, value: object = None) -> ValidationError:
    shown = value[:MOST_NAME] if isinstance(value, str) else value
    return ValidationError("obs.action", f"{word_of(action)}: {sentence}", value=shown)


def _check_text(action: AnyAction, name: str, value: str) -> None:
    most = MOST_TEXT if name in _LINES else MOST_NAME
    shown = value.replace("\n", " ") if name in _LINES else value
    if len(value) > most or not shown.isprintable() or not (value.strip() or name in _EMPTY):
        lines = "printable" if name in _LINES else "on one line, and not empty"
        raise _refused(action, f"{name} has at most {most} characters, {lines}.", value)


def _check_placeholders(action: AnyAction) -> None:
    for name in FILLED.get(type(action), ()):
        value = getattr(action, name)
        templates: Iterable[str] = value if isinstance(value, tuple) else (value,)
        wrong = [word for template in templates for word in unknown(template, TEXTS)]
        if wrong:
            listed = " ".join(f"{{{word}}}" for word in TEXTS)
            raise _refused(action, f"{name} may hold these placeholders: {listed}.", wrong[0])


def _within(name: str, least: float, most: float, unit: str) -> Callable[[Any], None]:
    def check(action: Any) -> None:
        value = getattr(action, name)
        if value is not None and not least <= value <= most:
            raise _refused(action, f"{name} is from {least} to {most} {unit}.", value)

    return check


def _picture(action: act.TakeScreenshot) -> None:
    if not action.path.lower().endswith(PICTURES):
        raise _refused(action, f"path ends with one of {', '.join(PICTURES)}.", action.path)


def _modifiers(action: act.PressHotkey) -> None:
    wrong = [word for word in action.modifiers if word not in MODIFIERS]
    if wrong:
        raise _refused(action, f"modifiers are {', '.join(MODIFIERS)}.", wrong[0])


def _command(action: act.RunCommand) -> None:
    if not 1 <= len(action.command) <= MOST_ARGUMENTS:
        raise _refused(action, f"command is a program and its arguments, 1 to {MOST_ARGUMENTS} in all.")
    _within("within_ms", 100, LONGEST_WAIT_MS, "milliseconds")(action)


_CHECKS: Final[dict[type[act.Action], Callable[[Any], None]]] = {
    act.SetTransition: _within("duration_ms", 0, 20_000, "milliseconds"),
    act.SetVolume: _within("volume_db", -100, 26, "dB"),
    act.TakeScreenshot: _picture,
    act.PressHotkey: _modifiers,
    act.ShowMessage: _within("for_ms", 100, LONGEST_WAIT_MS, "milliseconds"),
    act.RunCommand: _command,
    act.Wait: _within("for_ms", 1, LONGEST_WAIT_MS, "milliseconds"),
}
