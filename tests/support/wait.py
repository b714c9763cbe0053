"""Waiting with a deadline, for tests."""

import time
from collections.abc import Callable
from typing import TypeVar

from shared.errors import RestrikeError

T = TypeVar("T")


def eventually(look: Callable[[], T], *, within: float, what: str = "", equals: object = None) -> T:
    """Call `look` until it is truthy (or equals `equals`), for `within` seconds; AssertionError says what it saw."""
    deadline = time.monotonic() + within
    seen: object = None
    while True:
        try:
            seen = look()
        except (OSError, AssertionError, RestrikeError) as error:
            seen = error
        else:
            if (seen == equals) if equals is not None else seen:
                return seen
        if time.monotonic() > deadline:
            expected = f" (expected {equals!r})" if equals is not None else ""
            raise AssertionError(f"after {within:g} s {what or look!r} was still {seen!r}{expected}")
        time.sleep(0.01)


def pause(seconds: float) -> None:
    """Let time pass, where a test is about time itself."""
    time.sleep(seconds)
