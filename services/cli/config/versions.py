"""`restrike config history`, `diff` and `rollback`: the versions that were accepted."""

import json as json_text
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from services.cli import output
from services.cli.config.reloading import end, reload_all, tell
from shared.clock import unix_ns
from shared.config.checking import faults_of_text
from shared.config.differences import Change, differences
from shared.config.history import History, Version
from shared.config.model import Config
from shared.config.reading import checksum_of, examine, read, refusal, write
from shared.durable import sync
from shared.errors import ConfigError
from shared.paths import Paths

COLUMNS: Final = ("version", "accepted", "checksum", "changed", "")
FILE: Final = "file"
SHOWN: Final = 44
SET_ASIDE: Final = "restrike.json.rolled-back"
SET_ASIDE_MOST: Final = 100

VersionName = Annotated[
    str | None, typer.Argument(metavar="VERSION", help="Its number, or the beginning of its checksum.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: restrike config history")(history)
    app.command(epilog="Example: restrike config diff 3 5")(diff)
    app.command(epilog="Example: restrike config rollback 3")(rollback)


def history(*, json: output.Json = False) -> None:
    """List the versions of restrike.json that were accepted, and what each changed."""
    paths = Paths.from_environment()
    kept = History(paths.config_history)
    versions = kept.versions()
    now = _checksum(paths)
    rows: list[dict[str, Any]] = []
    before: Config | None = None
    for version in versions:
        config = _config_or_none(version)
        changes = [change.path for change in differences(before, config)] if before and config else []
        rows.append({"number": version.number, "accepted_at": version.accepted_at, "checksum": version.checksum})
        rows[-1] |= {"file": version.file, "changed": changes, "is_last": version is versions[-1]}
        before = config or before
    is_accepted = bool(versions) and versions[-1].checksum == now
    if json:
        output.document({"file": paths.config, "is_accepted": is_accepted, "versions": rows})
        return
    if not rows:
        output.line("No version was accepted yet: the suite keeps one when it starts.")
        return
    output.line(output.table(COLUMNS, [_row(row, is_in_force=row["is_last"]) for row in reversed(rows)]))
    if not is_accepted:
        output.line(f"{paths.config} is none of these yet, or differs from the last: restrike config diff")


def diff(
    first: Annotated[
        str | None, typer.Argument(metavar="A", help="A version; the one that was accepted last if left out.")
    ] = None,
    second: Annotated[
        str | None, typer.Argument(metavar="B", help="Another one; restrike.json as it is now if left out.")
    ] = None,
    *,
    json: output.Json = False,
) -> None:
    """Show what two versions have different; `file` is restrike.json as it is now."""
    paths = Paths.from_environment()
    names = (first or _last(paths).checksum, second or FILE)
    texts = [_named(paths, name) for name in names]
    changes = differences(*(_config(paths.config, text) for text in texts))
    if json:
        output.document({"from": checksum_of(texts[0]), "to": checksum_of(texts[1]), "changes": changes})
        return
    for change in changes:
        output.line(line_of(change))
    if not changes:
        output.line("They say the same.")


def rollback(version: VersionName = None, *, json: output.Json = False) -> None:
    """Put an accepted version back in place, and have every service take it over.

    Without VERSION: the one that was accepted last, or the one before it if that is what restrike.json says. It
    becomes the newest version; nothing of the history is lost.
    """
    paths = Paths.from_environment()
    chosen = _meant(paths) if version is None else History(paths.config_history).find(version)
    text = _text(chosen)
    faults = faults_of_text(text, rules=paths.rules)
    if faults:
        raise refusal(chosen.file, faults)
    since_us = unix_ns() // 1000
    aside = _set_aside(paths)
    write(paths.config, text)
    sync(paths.config.parent)
    outcomes = reload_all(paths, since_us=since_us)
    if json:
        output.document({"file": paths.config, "version": chosen, "set_aside": aside, "services": outcomes})
        end(paths, outcomes)
        return
    output.line(f"{paths.config} is version {chosen.number} of {_when(chosen.accepted_at)} again.")
    if aside is not None:
        output.line(f"What it said before was never accepted; it is kept in {aside}.")
    if outcomes:
        tell(outcomes)
    else:
        output.line("The suite is not running; it is in force at its next start.")
    end(paths, outcomes)


def line_of(change: Change) -> str:
    """A difference as a line."""
    if change.before is None and isinstance(change.after, dict):
        return f"+ {change.path}: {_value(change.after)}"
    if change.after is None and isinstance(change.before, dict):
        return f"- {change.path}: {_value(change.before)}"
    return f"  {change.path}: {_value(change.before)} -> {_value(change.after)}"


def _value(value: Any) -> str:
    return json_text.dumps(value, ensure_ascii=False)


def _row(row: dict[str, Any], *, is_in_force: bool) -> tuple[Any, ...]:
    changed = ", ".join(row["changed"])
    shown = changed if len(changed) <= SHOWN else f"{len(row['changed'])} settings"
    return (row["number"], _when(row["accepted_at"]), row["checksum"], shown, "in force" if is_in_force else "")


def _when(iso: str) -> str:
    return output.local_date_time(iso) or ""


def _last(paths: Paths) -> Version:
    last = History(paths.config_history).last()
    if last is None:
        raise ConfigError("config.no_version", "No version was accepted yet: the suite keeps one when it starts.")
    return last


def _meant(paths: Paths) -> Version:
    """The version to go back to when none is named."""
    last = _last(paths)
    if last.checksum != _checksum(paths):
        return last
    earlier = [one for one in History(paths.config_history).versions() if one.number < last.number]
    found = next((one for one in reversed(earlier) if one.checksum != last.checksum), None)
    if found is None:
        raise ConfigError("config.no_version", "There is no earlier version. See: restrike config history")
    return found


def _named(paths: Paths, name: str) -> bytes:
    if name != FILE:
        return _text(History(paths.config_history).find(name))
    return read(paths.config) or b"{}"


def _text(version: Version) -> bytes:
    text = version.text()
    if text is None:
        raise ConfigError("config.version_damaged", f"{version.file} is damaged or cannot be read: choose another.")
    return text


def _config(path: Path, text: bytes) -> Config:
    found = examine(text, {})
    if found.config is None:
        raise refusal(path, found.sentences)
    return found.config


def _config_or_none(version: Version) -> Config | None:
    text = version.text()
    return None if text is None else examine(text, {}).config


def _checksum(paths: Paths) -> str | None:
    try:
        text = read(paths.config)
    except ConfigError:
        return None
    return None if text is None else checksum_of(text)


def _set_aside(paths: Paths) -> Path | None:
    """Keep a file that is no version: somebody wrote it. None when nothing would be lost."""
    try:
        text = read(paths.config)
    except ConfigError:
        return None
    known = {one.checksum for one in History(paths.config_history).versions()}
    if text is None or checksum_of(text) in known:
        return None
    aside = _free(paths.home / SET_ASIDE, text)
    write(aside, text)
    return aside


def _free(wanted: Path, text: bytes) -> Path:
    """`wanted`, or with a number: what was set aside before is somebody's work, too."""
    names = (wanted, *(wanted.with_name(f"{wanted.name}.{number}") for number in range(2, SET_ASIDE_MOST)))
    return next((name for name in names if not name.exists() or name.read_bytes() == text), wanted)
