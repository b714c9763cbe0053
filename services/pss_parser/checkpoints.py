"""Saved states of a ring's parser: `data/parser/<ring>/<entry>.state`, one a load and round end, as far back as the
journal is kept, and `data/parser/<ring>.state`, from in between.

From a saved state and the journal's entries after it, the parser arrives at the same results again. An unreadable file
is as good as none.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

FORMAT: Final = 1


class Checkpoint(Struct, frozen=True, kw_only=True):
    """A parser's state after `entry` of `session`, received at `received_at_us`; `state` is its dump."""

    format: int = FORMAT
    journal_id: str
    session: str
    entry: int
    received_at_us: int
    state: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Checkpoint).decode


class Checkpoints:
    """The saved states of one ring. Writing one that fails is not an error: an older one serves as well."""

    def __init__(self, folder: Path, ring: str) -> None:
        self._newest = folder / f"{ring}.state"
        self._folder = folder / ring
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._entries = sorted(int(path.stem) for path in self._folder.glob("*.state") if path.stem.isdecimal())

    def newest(self) -> Checkpoint | None:
        """The state saved last."""
        between = _read(self._newest)
        boundary = _read(self._path(self._entries[-1])) if self._entries else None
        if between is None or boundary is None:
            return between or boundary
        return max(between, boundary, key=lambda checkpoint: checkpoint.received_at_us)

    def before(self, entry: int, *, journal_id: str) -> Iterator[Checkpoint]:
        """Saved states of that journal at or before `entry`, the one that is furthest first."""
        between = _read(self._newest)
        for number in [*reversed(self._entries), -1]:
            if between is not None and number < between.entry <= entry:
                if between.journal_id == journal_id:
                    yield between
                between = None
            if 0 <= number <= entry:
                checkpoint = _read(self._path(number))
                if checkpoint is not None and checkpoint.journal_id == journal_id:
                    yield checkpoint

    def save(self, checkpoint: Checkpoint, *, at_boundary: bool) -> None:
        """Keep `checkpoint`: for good when it is `at_boundary`, else until the next one."""
        with contextlib.suppress(OSError):  # disk full: the journal has everything, a rebuild only takes longer
            _replace(self._path(checkpoint.entry) if at_boundary else self._newest, _encode(checkpoint))
            if at_boundary and checkpoint.entry not in self._entries:
                self._entries = sorted([*self._entries, checkpoint.entry])

    def prune(self, *, journal_id: str, before_us: int, now_us: int) -> Checkpoint | None:
        """Forget states that are older than `before_us`, but for the youngest of them in that journal, which is
        returned: the journal needs nothing at or before it. A time beyond `now_us` is a clock that was ahead: old.
        """
        boundary: Checkpoint | None = None
        for number in list(self._entries):
            checkpoint = _read(self._path(number))
            if checkpoint is not None and before_us <= checkpoint.received_at_us <= now_us:
                continue
            if checkpoint is None or checkpoint.journal_id != journal_id:
                self._forget(number)
                continue
            if boundary is not None:
                self._forget(boundary.entry)
            boundary = checkpoint
        return boundary

    def _forget(self, number: int) -> None:
        self._path(number).unlink(missing_ok=True)
        self._entries.remove(number)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.state"


def _read(path: Path) -> Checkpoint | None:
    try:
        checkpoint = _decode(path.read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
    return checkpoint if checkpoint.format == FORMAT else None


def _replace(path: Path, body: bytes) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_bytes(body)
    fresh.replace(path)
