"""`restrike obs audio`: what is to be heard, by hand."""

from typing import Annotated, Any, Final

import typer

from services.cli.group import group
from services.cli.obs.asking import asks, does
from services.cli.obs.words import rows
from shared.messages import obs_actions as obs

audio = group("audio", "Audio inputs: mute and volume.")
SILENT_DB: Final = -100.0
LOUDEST_DB: Final = 26.0

Input = Annotated[str, typer.Argument(metavar="INPUT", help="Name of the audio input, as in OBS.")]
Volume = Annotated[
    float,
    typer.Argument(
        metavar="DB", min=SILENT_DB, max=LOUDEST_DB, help="In dB: 0 is unchanged, -100 is silent, 26 the most."
    ),
]


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(audio)


def _with_sound(answer: Any) -> Any:
    return [one for one in answer if one["volume_db"] is not None]


def _inputs(answer: Any) -> str:
    return rows(("name", "muted", "volume_db", "kind"), answer)


@asks(audio, "list", "audio list", _inputs, pick=_with_sound)
def list_audio() -> obs.Inputs:
    """List the audio inputs, whether they are muted, and their volume in dB."""
    return obs.Inputs()


@does(audio, "mute", "audio mute 'Hall microphone'")
def mute(name: Input) -> obs.Mute:
    """Mute an audio input."""
    return obs.Mute(source=name, muted=True)


@does(audio, "unmute", "audio unmute 'Hall microphone'")
def unmute(name: Input) -> obs.Mute:
    """Let an audio input be heard again."""
    return obs.Mute(source=name, muted=False)


@does(audio, "volume", "audio volume 'Hall microphone' -12", takes_minus=True)
def set_volume(name: Input, volume_db: Volume) -> obs.SetVolume:
    """Set the volume of an audio input, in dB."""
    return obs.SetVolume(source=name, volume_db=volume_db)
