"""`restrike config edit`: an editor, and a check before anything is put in place."""

import os
import shlex
import subprocess
from pathlib import Path
from typing import Annotated, Final

import typer

from services.cli import output
from services.cli.config.checking import tell_faults
from services.cli.config.reloading import end, reload_all, tell
from shared.clock import unix_ns
from shared.config.checking import faults_of_text
from shared.config.model import Config
from shared.config.reading import checksum_of, read, text_of, write
from shared.errors import ConfigError, IoError
from shared.paths import Paths

DRAFT: Final = "restrike.json.draft"
BASE: Final = "restrike.json.draft-of"
"""The checksum of what a draft was begun from: it may replace nothing else."""
OLD: Final = "restrike.json.draft-old"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: restrike config edit")(edit)


def edit(
    *,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin with restrike.json as it is now; an older draft is set aside.")
    ] = False,
    json: output.Json = False,
) -> None:
    """Edit restrike.json in $VISUAL or $EDITOR; it is put in place only if it is sound.

    What is not sound is kept beside it, and the next edit goes on with that, unless restrike.json was changed since.
    """
    paths = Paths.from_environment()
    draft = paths.home / DRAFT
    before = read(paths.config)
    _begin(paths, before, is_fresh=fresh)
    _let_edit(draft)
    text = draft.read_bytes()
    faults = faults_of_text(text, rules=paths.rules)
    if faults:
        if json:
            output.document({"file": paths.config, "draft": draft, "faults": faults, "services": []})
        else:
            tell_faults(paths, draft, faults)
            output.note("Nothing was changed. Go on with: restrike config edit")
        raise typer.Exit(1)
    since_us = unix_ns() // 1000
    if read(paths.config) != before:
        raise _outdated(paths, "while you edited it: nothing was put in place")
    if text != before:
        write(paths.config, text)
    draft.unlink()
    (paths.home / BASE).unlink(missing_ok=True)
    outcomes = reload_all(paths, since_us=since_us)
    if json:
        output.document({"file": paths.config, "draft": None, "faults": [], "services": outcomes})
    else:
        output.line(f"{paths.config}: {'put in place' if text != before else 'nothing was changed'}.")
        if outcomes:
            tell(outcomes)
    end(paths, outcomes)


def _begin(paths: Paths, before: bytes | None, *, is_fresh: bool) -> None:
    """Have a draft of the file as it is now: one that was left of it, or a new one."""
    draft, base = paths.home / DRAFT, paths.home / BASE
    text = read(draft)
    now, known = _name_of(before), read(base)
    if text is not None and not is_fresh and known != checksum_of(text).encode():  # somebody worked on it
        if known != now:
            raise _outdated(paths, "since this draft was begun")
        return
    if text is not None and is_fresh:
        draft.replace(paths.home / OLD)
    write(draft, before if before is not None else text_of(Config()))
    write(base, now)


def _name_of(text: bytes | None) -> bytes:
    return checksum_of(text if text is not None else text_of(Config())).encode()


def _outdated(paths: Paths, since: str) -> ConfigError:
    return ConfigError(
        "config.draft_outdated",
        f"{paths.config} was changed {since}. Your draft is {paths.home / DRAFT}. Begin with the file as it is now:"
        f" restrike config edit --fresh (the draft is then kept in {OLD}).",
    )


def _let_edit(file: Path) -> None:
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        done = subprocess.run([*shlex.split(command), str(file)], check=False)
    except (OSError, ValueError) as error:
        raise IoError("config.no_editor", f"{command} cannot be started: set EDITOR to your editor.") from error
    if done.returncode:
        raise IoError("config.editor_failed", f"{command} ended with {done.returncode}; nothing was changed.")
