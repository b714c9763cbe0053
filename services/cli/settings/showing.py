"""`restrike settings list`, `get` and `history`: they read the database, so the suite need not run."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from services.cli import output
from services.cli.settings.options import KeyName
from shared.paths import Paths
from shared.settings.key import Category
from shared.settings.values import key_named, text_of

if TYPE_CHECKING:
    from services.cli.settings.stored import Setting

MOST_SHOWN: Final = 40
"""Characters of a value in a table; `get` shows all of it."""


def list_settings(
    *,
    category: Annotated[Category | None, typer.Option("--category", help="Only those of one category.")] = None,
    changed: Annotated[bool, typer.Option("--changed", help="Only those that are not at their default.")] = False,
    json: output.Json = False,
) -> None:
    """List the settings with their values.

    Sensitive values are never shown. Ends with 1 if one that is stored cannot be used, and names it.
    """
    from services.cli.settings.stored import read_settings  # noqa: PLC0415  # loads SQLite, only here

    shown = [
        setting
        for setting in read_settings(Paths.from_environment())
        if category in (None, setting.category) and not (changed and setting.is_default)
    ]
    if json:
        output.document({"settings": shown})
    else:
        rows = [(s.name, _short(s.text), _default(s), s.title) for s in shown]
        output.line(output.table(("setting", "value", "default", "what"), rows))
    faulty = [setting for setting in shown if setting.fault is not None]
    for setting in faulty:
        output.note(f"{setting.name} is not in force: {_fault(setting)}")
    if faulty:
        raise typer.Exit(1)


def get_setting(key: KeyName, *, json: output.Json = False) -> None:
    """Show one setting: its value on standard output, what it is on standard error.

    A sensitive value is never shown. Ends with 1 if what is stored cannot be used.
    """
    from services.cli.settings.stored import read_settings  # noqa: PLC0415  # loads SQLite, only here

    name = key_named(key).name
    (setting,) = (one for one in read_settings(Paths.from_environment()) if one.name == name)
    if json:
        output.document(setting)
    else:
        output.line(setting.text)
        output.note(f"{setting.title}. {setting.description}")
        output.note(f"Takes {setting.allowed}; default {_default(setting) or 'empty'}.")
        if setting.changed_at is not None:
            output.note(f"Set {output.local_date_time(setting.changed_at)} by {setting.changed_by}.")
        if setting.needs_restart:
            output.note(f"A new value takes effect when {', '.join(setting.needs_restart)} starts again.")
        if setting.fault is not None:
            output.note(f"It is not in force: {_fault(setting)}")
    if setting.fault is not None:
        raise typer.Exit(1)


def list_history(
    key: Annotated[
        str | None, typer.Argument(metavar="KEY", help="Only changes of this setting; all if left out.")
    ] = None,
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many, the newest first.")] = 50,
    json: output.Json = False,
) -> None:
    """List who changed what, when and why; `-` stands for the default."""
    from services.cli.settings.stored import read_history  # noqa: PLC0415  # loads SQLite, only here

    found = read_history(Paths.from_environment(), key, limit=limit)
    if key is not None and not found:
        key_named(key)  # a name that never was is told, one without changes has an empty list
    if json:
        output.document({"changes": found})
        return
    rows = [
        (output.local_date_time(c.changed_at), c.name, _short(c.old_value), _short(c.new_value), c.changed_by, c.reason)
        for c in found
    ]
    output.line(output.table(("when", "setting", "from", "to", "who", "why"), rows))


def _fault(setting: "Setting") -> str:
    way = f"restrike settings set {setting.name} or restrike settings reset {setting.name}"
    return f"{setting.fault} (see {way})"


def _default(setting: "Setting") -> str:
    return text_of(key_named(setting.name), setting.default)


def _short(text: str | None) -> str | None:
    return text if text is None or len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 1]}…"
