"""Where this process's memory is: traces allocations for a while when it is asked to (`restrike doctor memory`).

Every service's runtime registers it. Until somebody asks, it costs nothing; tracing makes allocations some two to four
times as slow, and ends by itself. A thread looks, so that the loop goes on meanwhile; it stands still only while the
interpreter copies what is traced: about a second for half a million blocks.
"""

import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Final

from shared.messages.memory import MemoryPlace, MemoryTraced, TraceMemory
from shared.paths import PROGRAM_ROOT
from shared.rpc import Later
from shared.timers import Timer

FRAMES: Final = 1
"""The line that allocates: more frames cost more, with each allocation."""
LONGEST_S: Final = 3600
MOST_PLACES: Final = 200
_LOADER: Final = "<frozen importlib._bootstrap"
"""What modules are made of; they stay as they are."""

Held = dict[str, tuple[int, int]]
"""Bytes and blocks by place."""


class MemoryTracing:
    """Answers `TraceMemory`. `after` and `post` are the runtime's.

    What a place has grown by is counted since the first look after tracing began; a place that was new then, since its
    beginning.
    """

    def __init__(
        self, *, after: Callable[[float, Callable[[], None]], Timer], post: Callable[[Callable[[], None]], None]
    ) -> None:
        self._after = after
        self._post = post
        self._end: Timer | None = None
        self._before: Held | None = None

    def answer(self, command: TraceMemory) -> Later | MemoryTraced:
        """Begin, go on or end; what is held is told in any case."""
        was_tracing = tracemalloc.is_tracing()
        if command.is_on:
            self._begin(min(max(command.for_s, 1), LONGEST_S))
        if not was_tracing:
            return _nothing(is_tracing=command.is_on)
        later = Later()
        threading.Thread(target=self._look, args=(command, later), daemon=True).start()
        return later

    def _begin(self, for_s: int) -> None:
        if not tracemalloc.is_tracing():
            tracemalloc.start(FRAMES)
            self._before = None
        if self._end is not None:
            self._end.cancel()
        self._end = self._after(for_s, self.end)

    def end(self) -> None:
        """Trace no more, and forget what was traced."""
        if self._end is not None:
            self._end.cancel()
        self._end, self._before = None, None
        tracemalloc.stop()

    def _look(self, command: TraceMemory, later: Later) -> None:
        held = _held()
        traced, peak = tracemalloc.get_traced_memory()
        self._post(lambda: self._tell(command, later, held, (traced, peak)))

    def _tell(self, command: TraceMemory, later: Later, held: Held, sizes: tuple[int, int]) -> None:
        before = self._before if self._before is not None else held
        self._before = before
        if not command.is_on:
            self.end()
        places = _places(held, before, most=min(max(command.places, 1), MOST_PLACES))
        is_tracing = command.is_on and tracemalloc.is_tracing()
        later.answer(MemoryTraced(is_tracing=is_tracing, traced_bytes=sizes[0], peak_bytes=sizes[1], places=places))


def _nothing(*, is_tracing: bool) -> MemoryTraced:
    return MemoryTraced(is_tracing=is_tracing, traced_bytes=0, peak_bytes=0)


def _held() -> Held:
    """What is held by each line that allocated it; nothing if tracing ended just now."""
    try:
        snapshot = tracemalloc.take_snapshot()
    except RuntimeError:  # it ended after the thread began: by itself, or because somebody else asked
        return {}
    found: Held = {}
    for one in snapshot.statistics("lineno"):
        frame = one.traceback[0]
        if frame.filename not in (tracemalloc.__file__, __file__) and not frame.filename.startswith(_LOADER):
            found[f"{_short(frame.filename)}:{frame.lineno}"] = (one.size, one.count)
    return found


def _short(file: str) -> str:
    """A file as it is named in the project, or within the package that it belongs to."""
    path = Path(file)
    if path.is_relative_to(PROGRAM_ROOT) and "site-packages" not in path.parts:
        return str(path.relative_to(PROGRAM_ROOT))
    if "site-packages" in path.parts:
        return "/".join(path.parts[path.parts.index("site-packages") + 1 :])
    return "/".join(path.parts[-2:]) if path.is_absolute() else file


def _places(held: Held, before: Held, *, most: int) -> tuple[MemoryPlace, ...]:
    """The largest places, and those that grew most."""
    grown = {place: size - before.get(place, (0, 0))[0] for place, (size, _) in held.items()}
    largest = sorted(held, key=lambda place: -held[place][0])[:most]
    risen = [place for place in sorted(held, key=lambda place: -grown[place])[:most] if grown[place] > 0]
    chosen = dict.fromkeys([*largest, *risen])
    return tuple(
        MemoryPlace(place=place, bytes=held[place][0], grown_bytes=grown[place], blocks=held[place][1])
        for place in sorted(chosen, key=lambda place: -held[place][0])
    )
