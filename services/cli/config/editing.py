"""`restrike config edit`: an editor, and a check before anything is put in place."""

import os
import shlex
import subprocess
from pathlib import Path

import typer

from services.cli import output
from services.cli.config.checking import tell_faults
from services.cli.config.reloading import end, reload_all, tell
from shared.clock import unix_ns
from shared.config.checking import faults_of_text
from shared.config.model import Config
from shared.config.reading import read, text_of, write
from shared.errors import IoError
from shared.paths import Paths


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: restrike config edit")(edit)


def edit(*, json: output.Json = False) -> None:
    """Edit restrike.json in $VISUAL or $EDITOR; it is put in place only if it is sound.

    What is not sound is kept beside it, and the next edit goes on with that.
    """
    paths = Paths.from_environment()
    draft = paths.home / "restrike.json.draft"
    before = read(paths.config)
    if not draft.exists():
        write(draft, before if before is not None else text_of(Config()))
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
    if text != before:
        write(paths.config, text)
    draft.unlink()
    outcomes = reload_all(paths, since_us=since_us)
    if json:
        output.document({"file": paths.config, "draft": None, "faults": [], "services": outcomes})
    else:
        output.line(f"{paths.config}: {'put in place' if text != before else 'nothing was changed'}.")
        if outcomes:
            tell(outcomes)
    end(paths, outcomes)


def _let_edit(file: Path) -> None:
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        done = subprocess.run([*shlex.split(command), str(file)], check=False)
    except (OSError, ValueError) as error:
        raise IoError("config.no_editor", f"{command} cannot be started: set EDITOR to your editor.") from error
    if done.returncode:
        raise IoError("config.editor_failed", f"{command} ended with {done.returncode}; nothing was changed.")
