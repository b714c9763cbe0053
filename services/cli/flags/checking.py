"""`restrike flags check`: whether folder, table, own pictures and the codes of athletes agree."""

import hashlib
from pathlib import Path
from typing import Final

import typer
from msgspec import Struct

from services.cli import output
from services.cli.flags.stored import lookup_in_force, unknown_codes
from shared.errors import RestrikeError
from shared.flags.lookup import Lookup
from shared.flags.pictures import media_type
from shared.flags.table import FOLDER, NEUTRAL_FILE, TABLE, flag_codes
from shared.messages.flags import FlagSource
from shared.paths import Paths

WRONG: Final = "wrong"
NOTE: Final = "note"


class Found(Struct, frozen=True, kw_only=True):
    """Something that does not agree; `note` is no fault."""

    severity: str
    subject: str
    message: str


def register(app: typer.Typer) -> None:
    """Add the command to `restrike flags`."""
    app.command(epilog="Example: restrike flags check")(check)


def check(*, json: output.Json = False) -> None:
    """Check the pictures that ship, your own ones, and the codes that athletes came with; the suite need not run."""
    paths = Paths.from_environment()
    found = shipped_faults(FOLDER)
    own = 0
    if not found:
        lookup = lookup_in_force(paths)
        pictures, own = _own_faults(lookup)
        found += pictures
        found += [_unknown(one.code, one.matches) for one in unknown_codes(paths.database, lookup)]
    wrong = [one for one in found if one.severity == WRONG]
    if json:
        output.document({"ok": not wrong, "codes": len(flag_codes()), "own_pictures": own, "found": found})
    else:
        for one in found:
            output.line(f"{one.severity}  {one.subject}: {one.message}")
        own_pictures = "1 picture" if own == 1 else f"{own} pictures"
        output.line(f"{len(flag_codes())} codes and {own_pictures} of your own checked, {len(wrong)} wrong.")
    if wrong:
        raise typer.Exit(1)


def shipped_faults(folder: Path) -> list[Found]:
    """What is wrong with the pictures that ship."""
    codes = flag_codes()
    expected = {row.filename: row.sha256 for row in codes.values()}
    there = {path.name for path in folder.glob("*.svg")} - {NEUTRAL_FILE}
    found = [_wrong(name, f"it is not in {TABLE}; remove it.") for name in sorted(there - expected.keys())]
    for name, checksum in expected.items():
        if name not in there:
            found.append(_wrong(name, "it is missing; install the program anew."))
            continue
        content = (folder / name).read_bytes()
        if hashlib.sha256(content).hexdigest() != checksum:
            found.append(_wrong(name, "it is not the picture that shipped; install the program anew."))
        found += _unsafe(name, content)
    neutral = folder / NEUTRAL_FILE
    return found + (
        _unsafe(NEUTRAL_FILE, neutral.read_bytes()) if neutral.is_file() else [_wrong(NEUTRAL_FILE, "missing.")]
    )


def _own_faults(lookup: Lookup) -> tuple[list[Found], int]:
    own = {one.file: one for one in map(lookup.of, lookup.codes()) if one.source is FlagSource.OPERATOR}
    found: list[Found] = []
    for file, flag in own.items():
        again = (
            "restart db-writer, which writes it again from the database, or give it again: "
            f"restrike flags recognize FILE --as {flag.ioc_code}"
        )
        try:
            content = Path(file).read_bytes()
        except OSError as error:
            found.append(_wrong(file, f"{error.strerror}; {again}."))
            continue
        if hashlib.sha256(content).hexdigest() != flag.checksum:
            found.append(_wrong(file, f"somebody changed it; {again}."))
        found += _unsafe(file, content)
    return found, len(own)


def _unsafe(name: str, content: bytes) -> list[Found]:
    try:
        media_type(content)
    except RestrikeError as error:
        return [_wrong(name, str(error))]
    return []


def _unknown(code: str, matches: int) -> Found:
    came = "1 match" if matches == 1 else f"{matches} matches"
    message = f"an unknown code ({came}), shown with a neutral tile: restrike flags map {code} IOC_CODE"
    return Found(severity=NOTE, subject=code, message=message)


def _wrong(subject: str, message: str) -> Found:
    return Found(severity=WRONG, subject=subject, message=message)
