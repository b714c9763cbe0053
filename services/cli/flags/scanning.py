"""`restrike flags scan` and `recognize`: what an operator's own pictures are, and taking them."""

from pathlib import Path
from typing import Any, Final

import typer

from services.cli import output
from services.cli.author import Author, author_of
from services.cli.flags import options
from services.cli.flags.files import Picture, pictures_in, read_picture, read_pictures
from services.cli.writer import ask
from shared.errors import ValidationError
from shared.messages.flags import GivenFlag, TakeFlags, TakeOutcome

REFUSED: Final = TakeOutcome.REFUSED.value
AT_ONCE: Final = 20
BYTES_AT_ONCE: Final = 4 * 1024 * 1024
HEADERS: Final = ("file", "code", "how", "sure", "outcome")
_SHOWN_OF_PATH: Final = 40


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
    rows: list[dict[str, Any]] = []
    batch = _Batch(by)
    for path, read in read_pictures(pictures_in(folder)):
        sound = _sound(read)
        row = _row(folder, path, sound)
        rows.append(row)
        if isinstance(sound, Picture) and not dry_run:
            batch.add(sound, row)
    batch.take()
    if json:
        output.document({"folder": str(folder), "dry_run": dry_run, "files": rows, "counts": _counts(rows)})
    else:
        _tell(rows, dry_run=dry_run)
    if any(row["outcome"] == REFUSED for row in rows):
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
    picture = read_picture(file)
    found = picture.recognized
    if as_ is None:
        if json:
            output.document({"file": str(file), "media_type": picture.media_type, "recognized": found})
        elif found.code is None:
            output.line(f"Nothing says what it is. Say it: restrike flags recognize {file} --as CODE")
        else:
            output.line(f"{found.code}, {found.confidence:.0%} sure, by {found.method}.")
        return
    command = TakeFlags(pictures=(_given(picture, chosen=as_),), author=author_of(author), reason=reason)
    (taken,) = ask(command).taken
    if taken.outcome is TakeOutcome.REFUSED:
        raise ValidationError("flag.refused", taken.message)
    if json:
        output.document({"file": str(file), "taken": taken})
    else:
        output.line(taken.message)


def _sound(read: Picture | str) -> Picture | str:
    """A name that is no text cannot be sent."""
    if isinstance(read, Picture):
        try:
            read.path.name.encode()
        except UnicodeEncodeError:
            return "Its name has bytes that are no UTF-8; rename it."
    return read


def _given(picture: Picture, *, chosen: str | None = None) -> GivenFlag:
    found = picture.recognized
    return GivenFlag(
        filename=picture.path.name,
        content=picture.content,
        ioc_code=found.code if chosen is None else chosen,
        method=found.method,
        confidence=found.confidence,
        is_chosen=chosen is not None,
        modified_at=picture.modified_at,
    )


class _Batch:
    """As many pictures at once as db-writer takes, so that it is not kept from the rings, and none are kept here."""

    def __init__(self, author: str) -> None:
        self._author = author
        self._given: list[tuple[GivenFlag, dict[str, Any]]] = []

    def add(self, picture: Picture, row: dict[str, Any]) -> None:
        """Line one up; its row will say what became of it."""
        size = sum(len(given.content) for given, _ in self._given)
        if len(self._given) == AT_ONCE or size + len(picture.content) > BYTES_AT_ONCE:
            self.take()
        self._given.append((_given(picture), row))

    def take(self) -> None:
        """Have those taken that are lined up."""
        if self._given:
            answer = ask(TakeFlags(pictures=tuple(given for given, _ in self._given), author=self._author))
            for taken, (_, row) in zip(answer.taken, self._given, strict=True):
                row |= {"code": taken.ioc_code, "outcome": taken.outcome.value, "message": taken.message}
        self._given = []


def _row(folder: Path, path: Path, read: Picture | str) -> dict[str, Any]:
    name = output.plain(path.relative_to(folder))
    if isinstance(read, str):
        return {"file": name, "code": None, "method": None, "confidence": 0.0, "outcome": REFUSED, "message": read}
    found = read.recognized
    outcome = "recognized" if found.code else TakeOutcome.UNKNOWN.value
    row = {"file": name, "code": found.code, "method": found.method, "confidence": found.confidence}
    return row | {"outcome": outcome, "message": None}


def _counts(rows: list[dict[str, Any]]) -> dict[str, int]:
    outcomes = [row["outcome"] for row in rows]
    return {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))}


def _tell(rows: list[dict[str, Any]], *, dry_run: bool) -> None:
    if not rows:
        output.line("There is no SVG or PNG file in it.")
        return
    cells = [
        (row["file"][-_SHOWN_OF_PATH:], row["code"], row["method"], f"{row['confidence']:.0%}", row["outcome"])
        for row in rows
    ]
    output.line(output.table(HEADERS, cells))
    for row in rows:
        if row["outcome"] in (REFUSED, TakeOutcome.KEPT, TakeOutcome.UNSURE):
            output.note(f"{row['file']}: {row['message']}")
    counts = ", ".join(f"{count} {outcome}" for outcome, count in _counts(rows).items())
    output.line(f"{counts}.{' Nothing was changed.' if dry_run else ''}")
