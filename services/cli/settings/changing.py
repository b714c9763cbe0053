"""`restrike settings set`, `reset` and `rotate-key`: db-writer does it, or a process in its place."""

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from services.cli import output
from services.cli.author import Author, author_of
from services.cli.secret_input import on_stdin
from services.cli.settings.options import KeyName, Reason
from shared.errors import RestrikeError, ValidationError
from shared.messages.settings import ChangeSettings, RotateKey, SettingsChanged, SettingValue
from shared.paths import Paths
from shared.settings.backup_keys import BACKUP_FOLDER
from shared.settings.key import Key
from shared.settings.values import MASK, MOST_CHARACTERS, key_named, parsed, sendable, text_of

if TYPE_CHECKING:
    from shared.messages.settings import SettingChanged

VARIABLE: Final = "RESTRIKE_SETTING_VALUE"
"""The environment variable that a value may come in."""
MOST_BYTES: Final = 4 * MOST_CHARACTERS
"""Of a value on standard input."""


def set_setting(  # noqa: PLR0913  # they are the options of the command
    key: KeyName,
    value: Annotated[
        str | None, typer.Argument(metavar="VALUE", help="The new value. Never of a sensitive setting.")
    ] = None,
    *,
    stdin: Annotated[bool, typer.Option("--stdin", help="Read the value from standard input.")] = False,
    reason: Reason = None,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Give a setting a new value.

    A sensitive value is asked for, or comes by --stdin or the environment variable RESTRIKE_SETTING_VALUE: what stands
    on a command line can be read by everybody on the machine.
    """
    known = key_named(key)
    text = _text(known, value, is_on_stdin=stdin)
    try:
        wanted = sendable(known, parsed(known, text))
    except ValidationError:
        _keep_refused(known, text, reason=reason, author=author)
        raise
    change({known.name: wanted}, reason=reason, author=author, json=json)


def _keep_refused(key: Key[Any], text: str, *, reason: str | None, author: str | None) -> None:
    """Let db-writer refuse it, too, so that the audit has it; before the first start there is none."""
    from services.cli.writer import ask  # noqa: PLC0415  # start time: only here

    paths = Paths.from_environment()
    if paths.database.exists():
        with suppress(RestrikeError):  # it is refused anyway
            ask(ChangeSettings(author=author_of(author), reason=reason, values={key.name: text}), paths=paths)


def reset_setting(key: KeyName, *, reason: Reason = None, author: Author = None, json: output.Json = False) -> None:
    """Put a setting back to its default."""
    change({key_named(key).name: None}, reason=reason, author=author, json=json)


def rotate_key(*, author: Author = None, json: output.Json = False) -> None:
    """Make a new key for sensitive values, and encrypt all of them with it.

    The old key is let go: sensitive values in older backups of the database can then only be set again.
    """
    from services.cli.writer import ask  # noqa: PLC0415  # start time: only here

    paths = Paths.from_environment()
    done = ask(RotateKey(author=author_of(author)), paths=paths)
    if json:
        output.document({"values": done.values})
        return
    output.line(f"A new key is in force. Values that were encrypted with it: {done.values}.")
    output.line("Sensitive values in older backups of the database can now only be set again.")


def change(values: dict[str, SettingValue], *, reason: str | None, author: str | None, json: bool) -> None:
    """Have the values changed, and tell what did."""
    from services.cli.writer import ask, is_running  # noqa: PLC0415  # start time: only here

    paths = Paths.from_environment()
    done = ask(ChangeSettings(author=author_of(author), reason=reason, values=values), paths=paths)
    tell(done, values, is_running=is_running(paths), json=json)


def tell(done: SettingsChanged, values: dict[str, SettingValue], *, is_running: bool, json: bool) -> None:
    """Print what changed and when each takes effect."""
    if json:
        output.document(done)
        return
    changed = {one.key for one in done.changed}
    for name in values:
        if name not in changed:
            output.line(f"{name} has this value already.")
    for one in done.changed:
        value = f"{_shown(one)} (its default)" if one.is_default else _shown(one)
        output.line(f"{one.key} is {value}: {_when(one, is_running=is_running)}")
        if one.key == BACKUP_FOLDER.name and one.value and not Path(str(one.value)).is_dir():
            output.note(
                "There is no such folder now: until there is, no backup can be made. Make it, or mount its disk."
            )


def _shown(one: "SettingChanged") -> str:
    key: Key[Any] = key_named(one.key)
    if one.is_default:
        return text_of(key, key.default) or "empty"
    return MASK if key.is_sensitive else _text_sent(one.value)


def _text_sent(value: SettingValue) -> str:
    """A value that travelled, as people write it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _when(one: "SettingChanged", *, is_running: bool) -> str:
    if not is_running:
        return "in force when the suite starts."
    if one.needs_restart:
        return f"takes effect when {', '.join(one.needs_restart)} starts again: restrike down, then restrike up."
    return "in force now."


def _text(key: Key[Any], argument: str | None, *, is_on_stdin: bool) -> str:
    given = os.environ.pop(VARIABLE, None)  # popped, so that no process that is started has it
    if argument is not None and key.is_sensitive:
        raise ValidationError(
            "setting.value_in_sight",
            f"{key.name} is sensitive, and others can read command lines: leave the value out to be asked for it, or"
            f" give it by --stdin or in {VARIABLE}. What you typed may be in your shell's history.",
        )
    if argument is not None:
        return argument
    if is_on_stdin:
        return _read_stdin(key)
    if given is not None:
        return given
    if key.is_sensitive and sys.stdin.isatty():
        asked: str = typer.prompt(key.title, hide_input=True, confirmation_prompt=True, err=True)
        return asked
    raise ValidationError("setting.no_value", f"Give {key.name} a value, or --stdin, or set {VARIABLE}.")


def _read_stdin(key: Key[Any]) -> str:
    text = on_stdin(most_bytes=MOST_BYTES)
    if text is None:
        raise ValidationError("setting.unreadable", f"{key.name} takes UTF-8 text of up to {MOST_BYTES} bytes.")
    if key.is_sensitive and not text:
        sentence = f"Nothing came on standard input. To remove {key.name}: restrike settings reset {key.name}"
        raise ValidationError("setting.empty", sentence)
    return text
