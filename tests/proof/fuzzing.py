"""Fuzzing of framing, decoding and reducing: what must hold for any bytes, and the corpus of bytes that matter.

`python -P -m tests.proof.fuzzing [SECONDS]` fuzzes from `tests/corpus/fuzz/` on and keeps the minimised corpus there.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from services.pss_parser.datagram import split
from services.pss_parser.dialects import kind_of, sign_of
from services.pss_parser.encoding import encode, sample_line
from services.pss_parser.explain import explain
from services.pss_parser.ring import RingParser
from services.pss_parser.streams import KEYWORDS, OLD_STREAMS, STREAMS, read
from shared.messages.pss import ResultKind, UnknownReceived
from shared.messages.rules import Dialect
from shared.messages.wire import Entry
from tests.support.golden import CAPTURES, JOURNAL_ID, RING, SESSION, datagrams

CORPUS: Final = Path(__file__).parents[1] / "corpus" / "fuzz" / "corpus.jsonl"
"""One input a line, as a JSON text of its bytes as latin-1 characters."""
SEPARATOR: Final = b"\x1e"
"""Between the datagrams of an input."""
TABLES: Final = {Dialect.A: STREAMS | OLD_STREAMS, Dialect.B: STREAMS}
LONGEST_BYTES: Final = 4096
SEED: Final = 1
ROOT: Final = Path(__file__).parents[2]


class BrokenError(Exception):
    """Something that must hold for any bytes does not."""


class Fuzzed(NamedTuple):
    """How a run ended; `output` is the end of what it printed."""

    code: int
    executions: int
    output: str


def check(data: bytes) -> None:
    """Everything that must hold for `data`, one datagram or several.

    Raises:
        BrokenError: it does not hold; any other exception is as bad.
    """
    bodies = data.split(SEPARATOR)
    for body in bodies:
        _check_reading(body)
        msgspec.json.encode(explain(body))
    _check_reducing(bodies)


def _check_reading(body: bytes) -> None:
    messages = split(body)
    text = "".join(message.raw for message in messages)
    sent = body.decode(errors="ignore") if all(not message.faults for message in messages) else None
    if not messages or (sent is not None and _bare(text) != _bare(sent)):
        raise BrokenError(f"text was lost: {text!r}")
    for dialect, table in TABLES.items():
        for message in split(body):
            data = read(message, dialect)
            kind = kind_of(data, message, dialect)
            sign_of(data, message)
            if isinstance(data, UnknownReceived) != (kind is ResultKind.UNKNOWN):
                raise BrokenError(f"{data} is {kind}")
            if isinstance(data, UnknownReceived):
                continue
            stream = table[message.keyword]
            line = encode(stream, data)
            (again,) = split(line.encode())
            repeated = read(again, dialect)
            if encode(stream, repeated) != line or (not data.faults and repeated != data):
                raise BrokenError(f"{data} became {repeated} by {line!r}")


def _check_reducing(bodies: list[bytes]) -> None:
    parser, half = RingParser(RING, JOURNAL_ID), len(bodies) // 2
    for number, body in enumerate(bodies, 1):
        result = parser.parse(number, SESSION, Entry(number * 1_000_000, number * 1_000_000, "192.0.2.1", 50_000, body))
        if parser.failure is not None:
            raise parser.failure
        msgspec.msgpack.encode(result)
        if number == half:
            parser = RingParser.load(parser.dump())
    msgspec.msgpack.encode(parser.state())


def _bare(text: str) -> str:
    return text.replace("\r", "").replace("\n", "")


def inputs() -> list[bytes]:
    """The kept inputs."""
    return [json.loads(line).encode("latin-1") for line in CORPUS.read_text(encoding="utf-8").splitlines()]


def keep(found: Iterable[bytes]) -> int:
    """Make `found` the corpus, in an order that does not depend on chance; how many they are."""
    lines = [json.dumps(data.decode("latin-1"), ensure_ascii=True) for data in sorted(set(found), key=_by_length)]
    CORPUS.parent.mkdir(parents=True, exist_ok=True)
    CORPUS.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return len(lines)


def _by_length(data: bytes) -> tuple[int, bytes]:
    return len(data), data


def seeds() -> list[bytes]:
    """Where fuzzing begins besides the corpus: a sample of every stream, and the captures in pieces."""
    found = [sample_line(stream, keyword).encode() for table in TABLES.values() for keyword, stream in table.items()]
    for capture in CAPTURES:
        texts = [text.encode() for _, text in datagrams(capture)]
        found += [SEPARATOR.join(texts[at : at + 20]) for at in range(0, len(texts), 20)]
    return found


def words() -> str:
    """The protocol's words as a dictionary for the fuzzer."""
    labels = {label for stream in STREAMS.values() for label in stream.labels}
    constants = {word for stream in STREAMS.values() for field in stream.layout for word in field.words}
    known = sorted({*KEYWORDS, *labels, *constants, "00:00", "null", "1-2 PTF", "MEN -68kg", ";", "\r\n"})
    escaped = [*(word.encode("unicode_escape").decode().replace("\\r\\n", "\\x0d\\x0a") for word in known), "\\x1e"]
    return "".join(f'"{word}"\n' for word in escaped)


def fuzz(folder: Path, *, seconds: int) -> Fuzzed:
    """Fuzz in a process of its own, from the inputs in `folder`/corpus on; what it finds is put there."""
    corpus = folder / "corpus"
    corpus.mkdir(parents=True)
    for number, data in enumerate([*inputs(), *seeds()] if CORPUS.exists() else seeds()):
        (corpus / f"{number:05}").write_bytes(data)
    (folder / "words").write_text(words(), encoding="ascii")
    return _run(folder, [str(corpus), f"-max_total_time={seconds}", f"-dict={folder / 'words'}"])


def minimised(folder: Path) -> list[bytes]:
    """The fewest inputs of `folder`/corpus that reach as much."""
    fewest = folder / "fewest"
    fewest.mkdir()
    merged = _run(folder, ["-merge=1", str(fewest), str(folder / "corpus")])
    if merged.code:
        raise BrokenError(f"the corpus cannot be minimised: {merged.output}")
    return [path.read_bytes() for path in fewest.iterdir()]


def _run(folder: Path, options: list[str]) -> Fuzzed:
    target = folder / "target"
    target.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m tests.proof.fuzz_target "$0" "$@"\n', encoding="utf-8")
    target.chmod(0o700)
    command = [str(target), *options]
    command += [f"-max_len={LONGEST_BYTES}", f"-seed={SEED}", "-timeout=10", f"-artifact_prefix={folder}/found-"]
    log = folder / "log"
    with log.open("w", encoding="utf-8") as output:
        ended = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, check=False, cwd=ROOT)
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    counts = [int(line.split()[0][1:]) for line in lines if line.startswith("#") and line.split()[0][1:].isdecimal()]
    return Fuzzed(ended.returncode, max(counts, default=0), "\n".join(lines[-40:]))


def main() -> int:
    """Fuzz for a while, and keep what was found."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        done = fuzz(folder, seconds=seconds)
        print(done.output)
        found = [path.read_bytes() for path in folder.glob("found-*")]
        print(f"{done.executions} executions, {len(found)} findings: {found}")
        print(f"{keep([*minimised(folder), *found])} inputs are kept in {CORPUS}")
    return done.code


if __name__ == "__main__":
    sys.exit(main())
