"""`restrike logs export`: lines into a file, for somebody who is not here."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated, Final

import msgspec
import typer

from services.cli import output
from services.cli.logs import options, reading
from services.cli.logs.records import Record
from services.cli.logs.showing import document_of
from services.cli.logs.wanted import Wanted, wanted
from services.cli.new_files import refuse_taken, whole, zip_entry
from services.cli.query.moments import window
from shared.paths import Paths

ENDINGS: Final = (".zip", ".jsonl")

Out = Annotated[
    Path, typer.Option("--out", metavar="FILE", help="A .jsonl with all lines by time, or a .zip with one per service.")
]
Force = Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")]


def export(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    out: Out,
    since: options.Since = None,
    until: options.Until = None,
    service: options.OfServices = None,
    ring: options.Ring = None,
    match: options.Match = None,
    level: options.Level = None,
    force: Force = False,
    json: output.Json = False,
) -> None:
    """Write log lines into a file, without secrets."""
    if out.suffix not in ENDINGS:
        raise typer.BadParameter("Name a file that ends in .zip or .jsonl.", param_hint="--out")
    refuse_taken(out, is_forced=force)
    asked = wanted(services=service or [], window=window(None, since, until), ring=ring, match=match, level=level)
    write = _zipped if out.suffix == ".zip" else _write_all
    with whole(out) as file:
        count = write(Paths.from_environment().logs, asked, file)
    if json:
        output.document({"path": out.absolute(), "lines": count, "bytes": out.stat().st_size})
    else:
        output.line(f"{count} lines in {out} ({output.size(out.stat().st_size)})")


def _write_all(logs: Path, asked: Wanted, file: IO[bytes]) -> int:
    return _write(file, reading.search(logs, asked))


def _zipped(logs: Path, asked: Wanted, file: IO[bytes]) -> int:
    count = 0
    with zipfile.ZipFile(file, "w") as archive:
        for source in reading.files_of(logs, asked):
            only = msgspec.structs.replace(asked, sources=(source,))
            with archive.open(zip_entry(f"{source}.jsonl"), "w", force_zip64=True) as lines:
                count += _write(lines, reading.search(logs, only))
    return count


def _write(file: IO[bytes], records: Iterator[Record]) -> int:
    count = 0
    for record in records:
        file.write(msgspec.json.encode(document_of(record)) + b"\n")
        count += 1
    return count
