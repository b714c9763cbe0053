"""What of OBS a rule names: scenes, sources and so on, which must exist where it acts; obs-bridge and the CLI."""

from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from shared.automation.roles import role_of
from shared.messages import obs_actions as act
from shared.messages.automation import Rule
from shared.messages.obs import Role

KEY_PREFIX = "OBS_KEY_"
"""Begins the name of a key of the keyboard, which every OBS knows."""


class Kind(StrEnum):
    """What kind of thing a name is of."""

    SCENE = "scene"
    SOURCE = "source"
    INPUT = "input"
    FILTER = "filter"
    TRANSITION = "transition"
    PROFILE = "profile"
    COLLECTION = "scene collection"
    HOTKEY = "hotkey"


class Named(Struct, frozen=True):
    """A name that must exist on the connections of a role. `within`: the scene of a source (None: of any), the source
    or scene of a filter.
    """

    kind: Kind
    name: str
    role: Role
    within: str | None = None


def named_by(rule: Rule) -> list[Named]:
    """Everything that a rule names, each once."""
    return list(dict.fromkeys(_all(rule)))


def _all(rule: Rule) -> Iterator[Named]:
    for scene in rule.when.scenes:
        yield Named(Kind.SCENE, scene, Role.SCENES)
    for action in rule.actions:
        role = role_of(action)
        if role is not None:
            yield from _of(action, role)


def _of(action: act.AnyAction, role: Role) -> Iterator[Named]:  # noqa: C901 - one case for each action
    match action:
        case act.SetScene(scene=scene) | act.SetPreviewScene(scene=scene):
            yield Named(Kind.SCENE, scene, role)
        case act.ShowSource(source=source, scene=scene):
            yield from _source(source, scene, role)
        case act.ShowMessage(source=source, scene=scene):
            yield Named(Kind.INPUT, source, role)
            yield from _source(source, scene, role)
        case act.SetText(source=source) | act.Mute(source=source) | act.SetVolume(source=source):
            yield Named(Kind.INPUT, source, role)
        case act.EnableFilter(source=source, filter=name):
            yield Named(Kind.FILTER, name, role, source)
        case act.TakeScreenshot(source=str(source)):
            yield Named(Kind.SOURCE, source, role)
        case act.SetTransition(transition=name):
            yield Named(Kind.TRANSITION, name, role)
        case act.SetProfile(profile=name):
            yield Named(Kind.PROFILE, name, role)
        case act.SetSceneCollection(collection=name):
            yield Named(Kind.COLLECTION, name, role)
        case act.PressHotkey(hotkey=name) if not name.startswith(KEY_PREFIX):
            yield Named(Kind.HOTKEY, name, role)
        case _:
            return


def _source(source: str, scene: str | None, role: Role) -> Iterator[Named]:
    if scene is not None:
        yield Named(Kind.SCENE, scene, role)
    yield Named(Kind.SOURCE, source, role, scene)
