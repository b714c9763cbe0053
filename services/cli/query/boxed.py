"""Puts a query of somebody's own into a box: a child (box.py) that can be ended at any time. For `restrike query`.

Within one instruction, and while it prepares a statement, SQLite looks at no clock and hears no Ctrl-C; a process can
be ended even then, and its memory has a bound.
"""

import os
import sys
from pathlib import Path
from typing import Any, Final, NoReturn

import msgspec
from msgspec import Struct

from shared.errors import ValidationError

CACHE_KIB: Final = 64 * 1024
"""What a question may keep of the file while it is answered; SQLite's own 2 MiB read the same pages again and again."""
MEMORY_BYTES: Final = 512 << 20
"""Address space of the box: room for sorting a million rows, and half of what the smallest machine can spare."""
ANSWER_BYTES: Final = 64 << 20
"""Of all rows together: what is shown is held several times over, as values and as text."""


class Asked(Struct, frozen=True, kw_only=True):
    """A query, and what it may take; `path` as the file system writes it. `is_only_looked_at`: it is not run."""

    path: bytes
    query: str
    values: dict[str, Any]
    limit: int
    within_s: float
    is_only_looked_at: bool = False


class Found(Struct, frozen=True, kw_only=True, tag="found"):
    """What a query gave: at most the rows asked for; `is_cut`: there are more."""

    columns: list[str]
    rows: list[tuple[Any, ...]]
    is_cut: bool


class Refused(Struct, frozen=True, kw_only=True, tag="refused"):
    """Why there is no answer, as the error has it."""

    code: str
    message: str
    value: str | None = None


def run(path: Path, query: str, values: dict[str, Any], *, limit: int, within_s: float) -> Found:
    """The first `limit` rows of `query`, asked of the database in `path`.

    Raises:
        ValidationError: it is no query, does more than read, takes longer than `within_s`, or too much memory.
    """
    return _answer(Asked(path=os.fsencode(path), query=query, values=values, limit=limit, within_s=within_s))


def look(path: Path, query: str, *, within_s: float) -> None:
    """Let SQLite look at a query without running it; its parameters need no values yet. Raises as `run` does."""
    path_bytes = os.fsencode(path)
    _answer(Asked(path=path_bytes, query=query, values={}, limit=0, within_s=within_s, is_only_looked_at=True))


def _answer(asked: Asked) -> Found:
    said: Found | Refused = msgspec.msgpack.decode(in_child(asked), type=Found | Refused)
    if isinstance(said, Refused):
        raise ValidationError(said.code, said.message, value=said.value)
    return said


def in_child(asked: Asked) -> bytes:
    """The answer of box.py, in a process that is gone at the end. Raises ValidationError: there is none."""
    import subprocess  # noqa: PLC0415  # not needed in the box, which starts sooner without
    from signal import SIGALRM  # noqa: PLC0415  # as above

    try:
        request = msgspec.msgpack.encode(asked)
    except UnicodeEncodeError as error:
        sentence = "The query or a parameter has bytes that are no UTF-8; write it in UTF-8."
        raise ValidationError("text.not_utf8", sentence) from error
    command = [sys.executable, "-P", "-m", "services.cli.query.box", str(os.getpid())]
    # In a session of its own: a Ctrl-C reaches only us, and on the way out it is killed.
    child = subprocess.run(command, input=request, stdout=subprocess.PIPE, start_new_session=True, check=False)
    if child.returncode == -SIGALRM:
        _refuse_slow(asked)
    if child.returncode:
        sentence = f"The process that asked the query ended without a word ({child.returncode}); ask for less."
        raise ValidationError("query.too_much", sentence)
    return child.stdout


def _refuse_slow(asked: Asked) -> NoReturn:
    if asked.is_only_looked_at:
        sentence = f"SQLite did not understand the query in {asked.within_s:g} s; write it with fewer parts."
    else:
        sentence = (
            f"The query was not answered in {asked.within_s:g} s and was ended; ask for less, or give it --within S."
        )
    raise ValidationError("query.too_long", sentence)
