"""supervisord, which starts again what ended: whether it is there and answers; cpu-monitor. No I/O."""

from collections.abc import Iterator
from typing import Final

from services.cpu_monitor.health.view import Verdict, View, duration, failed, ok
from shared.supervised import ANEW, GONE

NAME: Final = "supervisord"


def judge_supervisor(view: View) -> Iterator[Verdict]:
    """Its item; none where cpu-monitor was started without it."""
    known = view.picture.supervisor
    if known is None:
        return
    if not known.is_there:
        yield failed(NAME, GONE, ANEW)
    elif known.is_silent:
        silent = duration(view.now_s - known.answered_at_s)
        what = f"supervisord (process {known.pid}) has not answered for {silent}"
        yield failed(NAME, f"{what}: services that end are not started again.", ANEW)
    else:
        yield ok(NAME)


def starts_again(view: View) -> bool:
    """Whether somebody starts a service again that ended."""
    known = view.picture.supervisor
    return known is not None and known.starts_again
