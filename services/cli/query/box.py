"""One query on a read-only database, confined: `python -P -m services.cli.query.box PARENT`, a child of the CLI.

The query comes on standard input and its answer goes to standard output, as boxed.py has them. Three things keep it
from writing: the file is opened read-only, `PRAGMA query_only`, and an authorizer that refuses whatever is not
reading, ATTACH and PRAGMA included. The kernel ends it when its time is up.
"""

import ctypes
import os
import resource
import signal
import sys
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import msgspec

from services.cli.query.boxed import ANSWER_BYTES, CACHE_KIB, MEMORY_BYTES, Asked, Refused
from shared.db.reading_only import allow_reading_only, is_refusal
from shared.db.sqlite import connect_reader, sqlite3
from shared.errors import RestrikeError, ValidationError

_DIE_WITH_PARENT: Final = 1
"""PR_SET_PDEATHSIG of prctl(2)."""


class _Anything(dict[str, Any]):
    """A value for every parameter: a query is only looked at, not run."""

    def __missing__(self, _name: str) -> None:
        return None


def main() -> int:
    """Answer one query; 0 also if it is refused. SIGALRM ends it when its time is up."""
    asked = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Asked)
    _confine(parent=int(sys.argv[1]), within_s=asked.within_s)
    sys.stdout.buffer.write(answer(asked))
    return 0


def answer(asked: Asked) -> bytes:
    """`Found` or `Refused`, as MessagePack."""
    try:
        return _opened(asked)
    except RestrikeError as error:
        value = None if error.value is None else str(error.value)
        return msgspec.msgpack.encode(Refused(code=error.code, message=error.message, value=value))


def _opened(asked: Asked) -> bytes:
    with closing(connect_reader(Path(os.fsdecode(asked.path)))) as connection:
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        allow_reading_only(connection)
        try:
            return _found(connection, asked)
        except (sqlite3.Error, sqlite3.Warning, OverflowError) as error:
            raise _refused(error) from error
        except MemoryError as error:
            sentence = f"The query needs more than {MEMORY_BYTES >> 20} MiB of memory and was ended; ask for less."
            raise ValidationError("query.too_much", sentence) from error


def _found(connection: "sqlite3.Connection", asked: Asked) -> bytes:
    is_explained = asked.query.lstrip()[:7].upper() == "EXPLAIN"
    query = f"EXPLAIN {asked.query}" if asked.is_only_looked_at and not is_explained else asked.query
    cursor = connection.execute(query, _Anything() if asked.is_only_looked_at else asked.values)
    if cursor.description is None:
        sentence = "This is no query: it gives no columns. Begin with SELECT."
        raise ValidationError("query.no_query", sentence, value=asked.query)
    rows: list[msgspec.Raw] = []
    size_bytes = 0
    is_cut = False
    for row in cursor:
        is_cut = len(rows) == asked.limit
        if is_cut:
            break
        rows.append(msgspec.Raw(msgspec.msgpack.encode(row)))
        size_bytes += len(rows[-1])
        if size_bytes > ANSWER_BYTES:
            sentence = f"The answer has more than {ANSWER_BYTES >> 20} MiB; ask for fewer rows or columns at once."
            raise ValidationError("query.too_much", sentence)
    columns = [column[0] for column in cursor.description]
    found = {
        "type": "found",  # `Found`, with its rows as they are already
        "columns": columns,
        "rows": rows,
        "is_cut": is_cut,
    }
    return msgspec.msgpack.encode(found)


def _refused(error: Exception) -> RestrikeError:
    said = str(error)
    if is_refusal(error):
        sentence = "A query may only read: SELECT, WITH … SELECT, VALUES or EXPLAIN. Nothing was done."
        return ValidationError("query.not_reading", sentence)
    if "binding" in said:
        sentence = f"A parameter has no value ({said.rstrip('.')}): write it as :name, and give --param NAME=VALUE."
        return ValidationError("query.no_parameter", sentence)
    return ValidationError("query.refused", f"This query cannot be asked: {said.rstrip('.')}.")


def _confine(*, parent: int, within_s: float) -> None:
    """Bound the memory and the time, and end with the parent."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before we asked to be told
        sys.exit(1)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # no handler: it would wait for the end of SQLite's instruction
    signal.setitimer(signal.ITIMER_REAL, within_s)


if __name__ == "__main__":
    sys.exit(main())
