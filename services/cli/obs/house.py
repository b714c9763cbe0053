"""`restrike obs profile`, `collection`, `hotkey`, `screenshot`, `stats`: OBS itself, by hand."""

from enum import StrEnum
from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated, Any

import typer

from services.cli.group import group
from services.cli.obs.asking import asks, does
from services.cli.obs.words import chosen, listed, pairs
from shared.messages import obs_actions as obs

profile = group("profile", "Profiles: OBS's settings for outputs and video.")
collection = group("collection", "Scene collections.")
hotkey = group("hotkey", "Hotkeys: trigger what OBS has one for.")


class Modifier(StrEnum):
    """Keys that are held while another is pressed."""

    SHIFT = "shift"
    CONTROL = "control"
    ALT = "alt"
    COMMAND = "command"


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    for part in (profile, collection, hotkey):
        parent.add_typer(part)
    does(parent, "screenshot", "screenshot /rec/program.png")(screenshot)
    asks(parent, "stats", "stats", pairs)(statistics)


def _profiles(answer: Any) -> str:
    return chosen(answer["profiles"], answer["current"])


def _collections(answer: Any) -> str:
    return chosen(answer["collections"], answer["current"])


@asks(profile, "list", "profile list", _profiles)
def list_profiles() -> obs.Profiles:
    """List the profiles, the one in force with a `*`."""
    return obs.Profiles()


@does(profile, "set", "profile set 'Venue 1080p'")
def set_profile(
    name: Annotated[str, typer.Argument(metavar="PROFILE", help="Name of the profile, as in OBS.")],
) -> obs.SetProfile:
    """Change the profile; refused while OBS records, streams or keeps replays."""
    return obs.SetProfile(profile=name)


@asks(collection, "list", "collection list", _collections)
def list_collections() -> obs.SceneCollections:
    """List the scene collections, the one in force with a `*`."""
    return obs.SceneCollections()


@does(collection, "set", "collection set 'Finals'")
def set_collection(
    name: Annotated[str, typer.Argument(metavar="COLLECTION", help="Name of the scene collection, as in OBS.")],
) -> obs.SetSceneCollection:
    """Change the scene collection; refused while OBS records, streams or keeps replays."""
    return obs.SetSceneCollection(collection=name)


@does(collection, "build", "collection build reStrike")
def build_collection(
    name: Annotated[str, typer.Argument(metavar="COLLECTION", help="Its name.")] = "reStrike",
) -> obs.BuildScenes:
    """Make a scene collection that the ready-made rules work with, and change to it.

    One of that name is completed, and what is in it stays.
    """
    return obs.BuildScenes(collection=name)


@asks(hotkey, "list", "hotkey list", listed)
def list_hotkeys() -> obs.Hotkeys:
    """List OBS's names of its hotkeys."""
    return obs.Hotkeys()


@does(hotkey, "press", "hotkey press OBSBasic.Screenshot")
def press_hotkey(
    name: Annotated[
        str, typer.Argument(metavar="HOTKEY", help="OBS's name of it (hotkey list), or a key such as OBS_KEY_F5.")
    ],
    *,
    modifiers: Annotated[
        list[Modifier] | None, typer.Option("--with", help="With a key: what is held meanwhile; may be repeated.")
    ] = None,
) -> obs.PressHotkey:
    """Trigger a hotkey; whether something came of it OBS does not say."""
    return obs.PressHotkey(hotkey=name, modifiers=tuple(one.value for one in modifiers or ()))


def screenshot(
    path: Annotated[
        str, typer.Argument(metavar="PATH", help="File of OBS's machine, with its folder; ends in .png or .jpg.")
    ],
    *,
    source: Annotated[
        str | None, typer.Option("--source", metavar="SOURCE", help="A source or scene; the program if left out.")
    ] = None,
) -> obs.TakeScreenshot:
    """Save a picture to a file on OBS's machine."""
    if not (PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()):
        sentence = r"give it with its folder, as OBS's machine names it: /srv/pictures/a.png or D:\Pictures\a.png."
        raise typer.BadParameter(sentence, param_hint="PATH")
    return obs.TakeScreenshot(path=path, source=source)


def statistics() -> obs.Statistics:
    """Show OBS's own figures: load, frames, outputs."""
    return obs.Statistics()
