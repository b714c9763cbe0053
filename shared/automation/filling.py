"""Actions of rules with their placeholders filled; obs-bridge, and the command line's dry runs."""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from shared.automation.placeholders import fill
from shared.messages import obs_actions as act
from shared.messages.obs_actions import AnyAction

FILLED: Final[dict[type[act.Action], tuple[str, ...]]] = {
    act.SetText: ("text",),
    act.ShowMessage: ("text",),
    act.AddChapter: ("title",),
    act.TakeScreenshot: ("path",),
    act.RunCommand: ("command",),
}
"""The fields of actions that may hold placeholders."""
NOT_IN_NAMES: Final = '<>:"/\\|?*'
"""Characters that some file system does not take in a name, or takes for a folder's end."""
_CLEANED: Final = dict.fromkeys(map(ord, NOT_IN_NAMES), "-") | dict.fromkeys(range(32), None)


def filled(action: AnyAction, values: Mapping[str, str]) -> AnyAction:
    """`action` with the values of its placeholders. In a path a value makes no folder."""
    fields = FILLED.get(type(action))
    if fields is None:
        return action
    if isinstance(action, act.TakeScreenshot):
        values = {name: value.translate(_CLEANED) for name, value in values.items()}
    return replace(action, **{name: _filled(getattr(action, name), values) for name in fields})


def _filled(template: str | tuple[str, ...], values: Mapping[str, str]) -> str | tuple[str, ...]:
    if isinstance(template, tuple):
        return tuple(fill(text, values) for text in template)
    return fill(template, values)
