"""Waiting with a deadline, for tests."""

import os
import time
from collections.abc import Callable
from typing import Final, TypeVar

from shared.errors import RestrikeError

T = TypeVar("T")
LENIENCE: Final = float(os.environ.get("RESTRIKE_TEST_LENIENCE", "6"))
"""Deadlines are what a quiet machine keeps. Where other tests run beside, a thing may take so many times as long."""
ENOUGH_S: Final = 60.0
"""What did not happen by then, however busy the machine is, will not."""


def lenient(seconds: float) -> float:
    """How long a test gives what takes `seconds` at most on a quiet machine; `make proof` gives just these."""
    return max(seconds, min(seconds * LENIENCE, ENOUGH_S))


def eventually(look: Callable[[], T], *, within: float, what: str = "", equals: object = None) -> T:
    """Call `look` until it is truthy (or equals `equals`), for `lenient(within)` seconds; AssertionError says what it
    saw.
    """
    deadline = time.monotonic() + lenient(within)
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
            raise AssertionError(f"after {lenient(within):g} s {what or look!r} was still {seen!r}{expected}")
        time.sleep(0.01)


def pause(seconds: float) -> None:
    """Let time pass, where a test is about time itself."""
    time.sleep(seconds)
