"""`restrike flags scan` and `recognize`: what an operator's own pictures are, and taking them."""

from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import typer

from services.cli import output
from services.cli.author import Author, author_of
from services.cli.flags import options
from services.cli.flags.batch import Batch, given
from services.cli.flags.files import REFUSED, SKIPPED, Entry, Picture, by_code, entries_in, read_picture, sound_picture
from services.cli.flags.stored import lookup_in_force
from services.cli.writer import ask
from shared.errors import RestrikeError, ValidationError
from shared.flags.recognition import SURE
from shared.messages.flags import RefusedFlag, TakeFlags, TakeOutcome
from shared.paths import Paths

HEADERS: Final = ("file", "code", "how", "sure")
TOLD: Final = frozenset({REFUSED, TakeOutcome.KEPT.value, TakeOutcome.UNSURE.value})
_SHOWN_OF_PATH: Final = 40
_NAMED: Final = 5
"""Files that are no pictures: as many are named. All are in --json."""


def register(app: typer.Typer) -> None:
    """Add the two commands to `restrike flags`."""
    app.command(epilog="Example: restrike flags scan /media/usb/flags --dry-run")(scan)
    app.command(epilog="Example: restrike flags recognize taipei.svg --as TPE")(recognize)


def scan(
    folder: options.Folder,
    *,
    dry_run: options.DryRun = False,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Take the pictures of a folder, each for the code that its name or its content tells.

    What you chose is never overwritten. Files that are refused are named; the others are taken all the same.
    """
    by = author_of(author)
    own = lookup_in_force(Paths.from_environment()).own_codes()
    rows = {entry.path: _row(folder, entry) for entry in entries_in(folder)}
    batch = Batch(by, ask=ask, is_dry_run=dry_run)
    for row in rows.values():
        if row["outcome"] == REFUSED:
            batch.refuse(row["file"], row["message"])
    for group in by_code([path for path, row in rows.items() if row["outcome"] is None], own):
        batch.begin(len(group))
        for path in group:
            _give(batch, rows[path], sound_picture(path, own))
    batch.take()
    found = list(rows.values())
    if json:
        output.document({"folder": str(folder), "dry_run": dry_run, "files": found, "counts": _counts(found)})
    else:
        _tell(found, dry_run=dry_run)
    if any(row["outcome"] == REFUSED for row in found):
        raise typer.Exit(1)


def recognize(
    file: options.File,
    *,
    as_: options.As = None,
    reason: options.Reason = None,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Tell what a picture seems to be; with --as, show it for a code from now on, as your choice."""
    if as_ is None:
        _tell_seeming(file, read_picture(file, lookup_in_force(Paths.from_environment()).own_codes()), json=json)
        return
    by, name = author_of(author), output.plain(file.name)
    try:
        picture = read_picture(file, {})
    except ValidationError as error:
        refused = RefusedFlag(filename=name, reason=str(error))
        with suppress(RestrikeError):  # why it was refused is to be seen, also where that cannot be kept
            ask(TakeFlags(pictures=(), author=by, reason=reason, refused=(refused,)))
        raise
    command = TakeFlags(pictures=(given(picture, filename=name, chosen=as_),), author=by, reason=reason)
    (taken,) = ask(command).taken
    if taken.outcome is TakeOutcome.REFUSED:
        raise ValidationError("flag.refused", taken.message)
    if json:
        output.document({"file": str(file), "taken": taken})
    else:
        output.line(taken.message)


def _tell_seeming(file: Path, picture: Picture, *, json: bool) -> None:
    found = picture.recognized
    if json:
        output.document({"file": str(file), "media_type": picture.media_type, "recognized": found})
    elif found.code is None:
        output.line(f"Nothing says what it is. Say it: restrike flags recognize {file} --as CODE")
    else:
        ask_for = "" if found.confidence >= SURE else f" If so: restrike flags recognize {file} --as {found.code}"
        output.line(f"{found.code}, {found.confidence:.0%} sure, by {found.method}.{ask_for}")


def _row(folder: Path, entry: Entry) -> dict[str, Any]:
    name = output.plain(entry.path.relative_to(folder))
    row = {"file": name, "code": None, "method": None, "confidence": 0.0}
    return row | {"outcome": entry.outcome, "message": entry.message}


def _give(batch: Batch, row: dict[str, Any], read: Picture | str) -> None:
    if isinstance(read, str):
        row |= {"outcome": REFUSED, "message": read}
        batch.refuse(row["file"], read)
        return
    found = read.recognized
    row |= {"code": found.code, "method": found.method, "confidence": found.confidence}
    batch.add(read, row)


def _counts(rows: list[dict[str, Any]]) -> dict[str, int]:
    outcomes = [row["outcome"] for row in rows]
    return {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))}


def _tell(rows: list[dict[str, Any]], *, dry_run: bool) -> None:
    if not rows:
        output.line("There is no file in it.")
        return
    skipped = [row["file"] for row in rows if row["outcome"] == SKIPPED]
    cells = [
        (row["file"][-_SHOWN_OF_PATH:], row["code"], row["method"], f"{row['confidence']:.0%}", row["outcome"])
        for row in rows
        if row["outcome"] != SKIPPED
    ]
    if cells:
        output.line(output.table((*HEADERS, "would be" if dry_run else "outcome"), cells))
    for row in rows:
        if row["outcome"] in TOLD:
            output.note(f"{row['file']}: {row['message']}")
    if skipped:
        more = f" and {len(skipped) - _NAMED} more" if len(skipped) > _NAMED else ""
        output.note(f"Skipped, as they do not end in .svg or .png: {', '.join(skipped[:_NAMED])}{more}.")
    counts = ", ".join(f"{count} {outcome}" for outcome, count in _counts(rows).items())
    output.line(f"{counts}.{' Nothing was changed.' if dry_run else ''}")
