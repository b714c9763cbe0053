"""`restrike obs recording`: how a connection records matches and clips, shown with what each means, and changed.

One table says all of it: the fields of RecordingSettings, their options, and their units.
"""

from collections.abc import Callable
from typing import Annotated, Any, Final

import typer
from msgspec import Struct

from services.cli import output
from services.cli.author import Author, author_of
from services.cli.obs import options
from services.cli.obs.asking import with_options
from services.cli.obs.words import cut, yes
from shared.messages.obs import ObsConnection, RecordingSettings, StartOn
from shared.messages.obs_commands import SaveObsConnection
from shared.paths import Paths

AS_OBS: Final = "as OBS is set"


class Setting(Struct, frozen=True, kw_only=True):
    """One setting: its field, its option (`--pre-roll`), what it means, and how it is typed and stored."""

    field: str
    option: str
    kind: object
    meaning: str
    metavar: str = "TEXT"
    store: Callable[[Any], bool | int | str | None] = lambda value: value
    show: Callable[[Any], str] = str


def _switch(field: str, option: str, meaning: str) -> Setting:
    return Setting(field=field, option=f"--{option}/--no-{option}", kind=bool, meaning=meaning, show=yes)


def _text(field: str, option: str, meaning: str, metavar: str = "TEXT") -> Setting:
    return Setting(field=field, option=f"--{option}", kind=str, meaning=meaning, metavar=metavar)


def _or_as_obs(field: str, option: str, meaning: str, metavar: str) -> Setting:
    return Setting(
        field=field,
        option=f"--{option}",
        kind=str,
        meaning=meaning,
        metavar=metavar,
        store=lambda value: value or None,
        show=lambda value: value or AS_OBS,
    )


def _seconds(field: str, option: str, meaning: str) -> Setting:
    return Setting(
        field=field,
        option=f"--{option}",
        kind=float,
        meaning=meaning,
        metavar="SECONDS",
        store=lambda value: round(value * 1000),
        show=lambda value: f"{value / 1000:g} s",
    )


SETTINGS: Final = (
    _switch("records_matches", "records", "A recording for each match."),
    _or_as_obs("root", "root", "Folder for all of it, as OBS names it; '' for the one that OBS is set to.", "PATH"),
    _text("folder", "folder", "Folders below it; / makes a folder, and {day} and the like are filled in.", "PATTERN"),
    _text("file_name", "file-name", "Name of a match's file, without its ending.", "PATTERN"),
    _or_as_obs("format", "format", "mkv, mp4, mov and so on; '' for what OBS is set to.", "FORMAT"),
    Setting(
        field="start_on",
        option="--start-on",
        kind=StartOn,
        meaning="When it starts; a later moment does if that one was missed.",
        metavar="load|ready|clock",
        store=lambda value: str(value.value),
        show=lambda value: str(value.value),
    ),
    _seconds("pre_roll_ms", "pre-roll", "Of the match's picture before its first clock, in seconds."),
    _seconds("post_roll_ms", "post-roll", "Recorded after the decision, in seconds."),
    _switch("chapters", "chapters", "A chapter mark per round, where OBS can."),
    _switch("split_rounds", "split-rounds", "A file per round, where OBS can."),
    Setting(
        field="least_free_mib",
        option="--least-free",
        kind=int,
        meaning="With so much left on the disk or less, nothing is recorded, in MiB.",
        metavar="MIB",
        show=lambda value: f"{value} MiB",
    ),
    _switch("keeps_replay", "replay", "The replay buffer runs while a match runs, for the clips of reviews."),
    _text("clip_folder", "clip-folder", "Folders for clips, below the root.", "PATTERN"),
    _text("clip_name", "clip-name", "Name of a clip, without its ending.", "PATTERN"),
    _seconds("review_lead_ms", "review-lead", "The decisive moment is so long before the review is asked for, in s."),
    _seconds("picture_delay_ms", "picture-delay", "OBS's picture is so much later than the mat, in seconds."),
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    options_of = {setting.field: _option(setting) for setting in SETTINGS}
    named = with_options(_recording, _like, {**options_of, "author": Author, "json": output.Json})
    app.command("recording", epilog="Example: restrike obs recording main --pre-roll 5 --root 'D:\\Rec'")(named)


def _like(name: options.Name) -> None:
    """Show how a connection records matches and clips, or change it by naming options.

    Patterns hold placeholders: {tournament} {day} {date} {time} {ring} {matchNumber} {phase} {weight} {division}
    {player1} {player2} {country1} {country2}; of clips also {round} {number} {side}.
    """


def _option(setting: Setting) -> object:
    least = 0 if setting.kind in (int, float) else None
    unit = None if setting.kind is bool else setting.metavar
    info = typer.Option(setting.option, help=setting.meaning, metavar=unit, min=least)
    return Annotated[setting.kind | None, info]  # type: ignore[operator]  # kinds are types


def _recording(*, name: str, author: str | None, json: bool, **given: Any) -> None:
    changes = {one.field: one.store(given[one.field]) for one in SETTINGS if given[one.field] is not None}
    if changes:
        from services.cli.writer import ask  # noqa: PLC0415  # start time: only here

        found = ask(SaveObsConnection(connection=name, author=author_of(author), recording=changes))
    else:
        from services.cli.obs.stored import read_connection  # noqa: PLC0415  # loads SQLite, only here

        found = read_connection(Paths.from_environment(), name)
    if json:
        output.document({"connection": found.connection, "recording": found.recording})
    else:
        output.line(_shown(found))


def _shown(found: ObsConnection) -> str:
    new = RecordingSettings()
    lines = [output.one_line(f"{found.connection}: how it records (* is not as for a new connection)")]
    for one in SETTINGS:
        value = getattr(found.recording, one.field)
        mark = " " if value == getattr(new, one.field) else "*"
        name = one.option.partition("/")[0]
        lines += [output.one_line(f"{mark} {name:<16} {one.show(value)}"), f"{'':19}{cut(one.meaning, 80)}"]
    return "\n".join(lines)
