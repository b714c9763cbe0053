"""Writes what a ring receives into a file that `restrike replay` takes; for `restrike udp capture`."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from msgspec import Struct

from services.cli import output
from services.cli.capture_files import Destination, Format, JsonLines, Packets, Writer
from services.cli.following import Following, last_entries
from services.cli.new_files import private, refused
from shared.clock import monotonic_s
from shared.config import Config, in_force
from shared.errors import IoError, ValidationError
from shared.interfaces import detect
from shared.messages.facts import DatagramsDropped, EntriesLost, SessionBroken
from shared.messages.wire import Entry, Origin
from shared.paths import Paths

PARTIAL: Final = ".partial"


class Captured(Struct, kw_only=True):
    """What was written; no `file` where nothing was captured and the one that was there stays. `left_out` are answers
    to our own questions, which nobody sends unasked; `holes` say what the ring's journal lacks.
    """

    ring: str
    file: Path | None
    format: Format
    datagrams: int = 0
    bytes: int = 0
    left_out: int = 0
    seconds: float = 0.0
    match_id: str | None = None
    holes: list[str] = []


def capture(  # noqa: PLR0913  # as many as the command has options
    ring: str, *, out: Path | None, kind: Format, seconds: float | None, match: bool, ago_s: int | None, force: bool
) -> Captured:
    """Write into `out`, or on standard output: the last `ago_s` seconds, one match, or all from now on.

    Raises:
        ValidationError: there is no such ring.
        IoError: the file cannot be written, or is there already, and `force` is not given.
        NetworkError: the suite does not run, and it is not the past that is asked for.
    """
    paths = Paths.from_environment()
    config = in_force(paths).config
    if config.ring(ring) is None:
        known = ", ".join(one.name for one in config.rings)
        raise ValidationError("ring.unknown", f"There is no ring {ring}. Configured: {known}.")
    if out is not None and _holds(out) and not force:
        raise IoError("file.exists", f"{out} is there already: name another file, or replace it with --force.")
    done = Captured(ring=ring, file=out.absolute() if out else None, format=kind)
    if ago_s is not None:
        _write(last_entries(paths, ring, ago_s=ago_s), done, config)
        return done
    following = Following(paths, ring, note=output.note)
    output.note(f"Capturing {ring}; Ctrl-C ends it.")
    _write(following.of_match() if match else following.all(seconds), done, config)
    done.match_id = following.match_id
    return done


def _write(taken: Iterator[Entry], done: Captured, config: Config) -> None:
    """Write what is taken, and count it."""
    ring = config.ring(done.ring)
    begun_s = monotonic_s()
    interfaces = detect()
    best = interfaces[0].address if interfaces else ""
    bound = ring.bind if ring is not None else ""
    destination = Destination(best if bound == "auto" else bound, ring.port if ring is not None else 0, interfaces)
    with _opened(done) as file:
        writer: Writer = JsonLines(file) if done.format is Format.JSONL else Packets(file, destination)
        for entry in taken:
            destination.follow(entry.fact)
            if entry.fact is not None:
                _tell_hole(entry.fact, done)
            elif entry.origin is Origin.ANSWER:
                done.left_out += 1
            else:
                writer.write(entry)
                done.datagrams += 1
                done.bytes += len(entry.body)
    done.seconds = round(monotonic_s() - begun_s, 3)


def _tell_hole(fact: object, done: Captured) -> None:
    match fact:
        case DatagramsDropped(count=count):
            hole = f"the kernel dropped {count} datagrams"
        case EntriesLost(from_entry=first, to_entry=last):
            hole = f"{last - first + 1} datagrams could not be journaled and are lost"
        case SessionBroken(from_us=from_us, to_us=to_us):
            hole = f"udp-ingest was away from {output.local_time(from_us)} to {output.local_time(to_us)}"
        case _:
            return
    done.holes.append(hole)


def _holds(path: Path) -> bool:
    """Whether a file would be lost."""
    return path.is_file() and path.stat().st_size > 0


@contextlib.contextmanager
def _opened(done: Captured) -> Iterator[IO[bytes]]:
    """Where to write. A file that is there already is replaced at the end, and only if something was captured."""
    path = done.file
    if path is None:
        yield sys.stdout.buffer
        return
    is_kept = _holds(path)
    target = path.with_name(path.name + PARTIAL) if is_kept else path
    try:
        with private(target) as file:
            yield file
    except OSError as error:
        raise refused(path, error, code="capture.cannot_write") from error
    finally:
        if is_kept:
            _put_in_place(target, done)


def _put_in_place(partial: Path, done: Captured) -> None:
    if done.file is not None and done.datagrams:
        partial.replace(done.file)
        return
    partial.unlink(missing_ok=True)
    output.note(f"{done.file} stays as it was: nothing was captured.")
    done.file = None


def told(done: Captured) -> str:
    """What was written, in words."""
    to = f" into {done.file}" if done.file is not None else ""
    left_out = f" {done.left_out} answers to our own questions are left out." if done.left_out else ""
    holes = "".join(f" Missing: {hole}." for hole in done.holes)
    if not done.datagrams:
        holes += " Does it hear anything? See: restrike udp status"
    return f"{done.ring}: {done.datagrams} datagrams, {done.bytes} bytes in {done.seconds:.1f} s{to}.{left_out}{holes}"
