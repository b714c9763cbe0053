"""One JSON document with a header, or JSON lines; `restrike export`."""

from collections.abc import Callable, Iterator
from typing import IO, Any

import msgspec

from services.cli.export.columns import Kind, Table, Written

_encode = msgspec.json.Encoder().encode


def write_json(stream: IO[bytes], table: Table) -> Written:
    """Write `{"header": …, "rows": [a row a line], "counts": …}`; counts come last, as only then they are known."""
    stream.write(b'{"header": ' + _encode(table.header) + b',\n"rows": [')
    count = 0
    for line in _objects(table):
        stream.write(b",\n" if count else b"\n")
        stream.write(line)
        count += 1
    stream.write(b'\n],\n"counts": ' + _encode({"rows": count}) + b"}\n")
    return Written(count)


def write_jsonl(stream: IO[bytes], table: Table) -> Written:
    """Write one object a line."""
    count = 0
    for line in _objects(table):
        stream.write(line + b"\n")
        count += 1
    return Written(count)


def _objects(table: Table) -> Iterator[bytes]:
    keys = [column.key for column in table.columns]
    makers = [_MAKERS.get(column.kind, _as_it_is) for column in table.columns]
    for row in table.rows:
        yield _encode({key: make(value) for key, make, value in zip(keys, makers, row, strict=True)})


def _flag(value: Any) -> bool | None:
    return None if value is None else bool(value)


def _document(value: Any) -> Any:
    """A stored document as what it holds; what is none stays text."""
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError:
        return value


def _as_it_is(value: Any) -> Any:
    return value


_MAKERS: dict[Kind, Callable[[Any], Any]] = {Kind.FLAG: _flag, Kind.JSON: _document}
