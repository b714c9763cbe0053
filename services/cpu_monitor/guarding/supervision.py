"""supervisord, which starts again what ended: asked whether it lives, and what became of the processes; cpu-monitor.

That it lives is asked every five seconds, whatever happens; the list of processes when something is new. A thread asks,
for supervisord may be frozen. A cpu-monitor that supervisord did not start (shared/supervised.py) has none to watch.
"""

import os
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from services.cpu_monitor.guarding.restarts import ends_in
from services.cpu_monitor.picture import Picture, Supervisor
from shared.clock import monotonic_s
from shared.runtime import Runtime
from shared.supervised import answers, is_supervised, number_of
from shared.supervisor import ask_supervisor

ALIVE_EVERY_S: Final = 5.0
AGAIN_S: Final = 1.0
"""After the first question that was not answered: perhaps this machine was held up."""
LOG_END_BYTES: Final = 32 * 1024
"""Of supervisord's log: some hundred lines."""

Take = Callable[[list[dict[str, Any]], Mapping[str, str]], None]


class Supervision:
    """Keeps `picture.supervisor`. `take` gets the list of processes, and how each ended last."""

    def __init__(self, runtime: Runtime, picture: Picture, take: Take) -> None:
        self._runtime = runtime
        self._take = take
        self._is_asking = self._is_news = False
        self._due_s = monotonic_s()
        if is_supervised(runtime.paths):
            # By its own number: of one that ended before this line the parent is another process already.
            pid = number_of(runtime.paths) or os.getppid()
            picture.supervisor = Supervisor(pid=pid, answered_at_s=self._due_s)
        self._supervisor = picture.supervisor

    def look(self, *, is_news: bool, now_s: float) -> None:
        """Ask what is due, one question at a time. Once it has ended there is nobody to ask: with the next one comes
        another cpu-monitor.
        """
        known = self._supervisor
        if known is not None:
            known.is_there = os.getppid() == known.pid
        self._is_news |= is_news
        is_due = self._is_news or (known is not None and now_s >= self._due_s)
        if self._is_asking or not is_due or (known is not None and not known.is_there):
            return
        self._is_asking = True
        threading.Thread(target=self._ask, args=(self._is_news,), name="supervisor", daemon=True).start()
        self._is_news = False

    def _ask(self, is_news: bool) -> None:  # noqa: FBT001  # a thread's target
        paths, listed, ends, is_alive = self._runtime.paths, None, dict[str, str](), False
        try:
            if is_news:
                listed = ask_supervisor(paths, "getAllProcessInfo")
                ends = ends_in(_end_of(paths.logs / "supervisord.log"))
            is_alive = isinstance(listed, list) or (self._supervisor is not None and answers(paths))
        finally:
            self._runtime.post(partial(self._end, listed, ends, is_alive=is_alive))

    def _end(self, listed: object, ends: Mapping[str, str], *, is_alive: bool) -> None:
        self._is_asking = False
        now_s = monotonic_s()
        known = self._supervisor
        if known is not None:
            known.note(is_alive=is_alive, now_s=now_s)
        self._due_s = now_s + (AGAIN_S if known is not None and known.misses == 1 else ALIVE_EVERY_S)
        if isinstance(listed, list):
            self._take(listed, ends)


def _end_of(path: Path) -> str:
    """The end of a text file; nothing of one that cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LOG_END_BYTES))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
