"""`restrike settings export` and `import`: settings as a JSON file, to keep or to take to another machine.

What is at its default is not in the file, and what is not in the file an import leaves as it is. Sensitive values never
leave the home: the file names what was left out.
"""

import os
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer
from msgspec import Struct

from services.cli import output
from services.cli.author import Author
from services.cli.settings.changing import change
from services.cli.settings.options import Reason
from shared.clock import utc_now_iso
from shared.errors import RestrikeError, ValidationError
from shared.messages.settings import SettingValue
from shared.paths import Paths
from shared.settings.key import Key, Kind
from shared.settings.values import accepted, key_named, sendable, text_of

FORMAT: Final = "restrike settings"
VERSION: Final = 1
MOST_BYTES: Final = 4 * 1024 * 1024
"""Of a file that is imported; the largest possible export is far smaller."""


class Document(Struct, frozen=True, kw_only=True):
    """A file of settings. `values` are typed (json settings as JSON), `left_out` the sensitive ones that are set."""

    format: str
    version: int
    exported_at: str
    values: dict[str, Any]
    left_out: list[str] = []


def export_settings(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File to write; it must not exist.")],
    *,
    json: output.Json = False,
) -> None:
    """Write the settings that are not at their default into a file, sensitive values left out."""
    from services.cli.settings.stored import read_settings  # noqa: PLC0415  # loads SQLite, only here

    changed = [setting for setting in read_settings(Paths.from_environment()) if not setting.is_default]
    document = Document(
        format=FORMAT,
        version=VERSION,
        exported_at=utc_now_iso(),
        values={one.name: one.value for one in changed if not one.is_sensitive and one.fault is None},
        left_out=[one.name for one in changed if one.is_sensitive or one.fault is not None],
    )
    text = msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "wb") as opened:
            opened.write(text)
    except FileExistsError as error:
        raise ValidationError("file.exists", f"{file} is there already: give another name.") from error
    if json:
        output.document({"file": file, "values": len(document.values), "left_out": document.left_out})
        return
    output.line(f"{file}: written, with all that is not at its default ({len(document.values)}).")
    for name in document.left_out:
        output.note(f"{name} was left out: it is sensitive, or cannot be used. Set it by hand.")


def import_settings(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File that restrike settings export wrote.")],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and show what would change; change nothing.")
    ] = False,
    reason: Reason = None,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Set all that a file says, or nothing if any of it is refused; names every fault at once.

    What the file does not name stays as it is; null puts a setting back to its default.
    """
    document = read_document(file)
    values, faults = checked(document)
    if faults:
        if json:
            output.document({"file": file, "faults": faults})
        for fault in faults:
            output.note(f"{file}: {fault}")
        raise typer.Exit(1)
    if dry_run:
        _show_changes(values, json=json)
    else:
        change(values, reason=reason or f"imported from {file.name}", author=author, json=json)
        for name in () if json else document.left_out:
            output.note(f"{name} was left out of the file: set it by hand.")


def read_document(file: Path) -> Document:
    """The file's document.

    Raises:
        OSError: it cannot be read.
        ValidationError: it is no file of settings, or of a newer program.
    """
    with file.open("rb") as opened:
        body = opened.read(MOST_BYTES + 1)
    try:
        document = msgspec.json.decode(body, type=Document)
    except (msgspec.MsgspecError, RecursionError) as error:
        sentence = f"{file} is not a file of settings: {error}."
        raise ValidationError("settings.no_document", sentence) from error
    if document.format != FORMAT or len(body) > MOST_BYTES:
        raise ValidationError("settings.no_document", f"{file} is not a file of settings.", value=document.format[:40])
    if document.version != VERSION:
        sentence = f"{file} was written by another version of this program, which knows more: export it anew."
        raise ValidationError("settings.document_version", sentence, value=document.version)
    return document


def checked(document: Document) -> tuple[dict[str, SettingValue], list[str]]:
    """What to set, and everything that is wrong with it."""
    values: dict[str, SettingValue] = {}
    faults: list[str] = []
    for name, value in document.values.items():
        try:
            values[name] = _sent(key_named(name), value)
        except RestrikeError as error:
            faults.append(str(error))
    return values, faults


def _sent(key: Key[Any], value: Any) -> SettingValue:
    if key.is_sensitive:
        sentence = (
            f"{key.name} is sensitive: take it out of the file, and set it with restrike settings set {key.name}."
        )
        raise ValidationError("setting.value_in_sight", sentence)
    if value is None:
        return None
    if key.kind is Kind.JSON:
        value = text_of(key, value)
    elif not isinstance(value, str | int | float):
        raise ValidationError("setting.refused", f"{key.name} must be of type {key.kind} (rule type).")
    return sendable(key, accepted(key, value))


def _show_changes(values: dict[str, SettingValue], *, json: bool) -> None:
    from services.cli.settings.stored import read_settings  # noqa: PLC0415  # loads SQLite, only here

    present = {setting.name: setting for setting in read_settings(Paths.from_environment())}
    changes = []
    for name, value in values.items():
        key = key_named(name)
        after = key.default if value is None else accepted(key, value)
        if present[name].fault is not None or present[name].value != after:
            changes.append({"name": name, "from": present[name].text, "to": text_of(key, after)})
    if json:
        output.document({"would_change": changes})
        return
    output.line(output.table(("setting", "from", "to"), [tuple(change.values()) for change in changes]))
    output.line(f"{len(changes)} of {len(values)} settings would change; nothing was changed.")
