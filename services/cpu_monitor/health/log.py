"""Logs: whether they can be written; cpu-monitor."""

from collections.abc import Iterator
from typing import Final

from services.cpu_monitor.health.view import Verdict, View, closed, degraded, ok

NAME: Final = "log"


def judge_log(view: View) -> Iterator[Verdict]:
    """One item."""
    error = view.picture.log_error
    if error is None:
        yield ok(NAME)
        return
    reason = f"Logs cannot be written: {closed(error)} The suite goes on without."
    yield degraded(NAME, reason, "Look at the folder log/ and at the space on its disk.")
