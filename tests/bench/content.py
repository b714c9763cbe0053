"""What is sent: the recorded matches one after the other, over and over, so that the mix of messages is a real one."""

from functools import cache

from tests.support.captures import NAMES, capture


@cache
def content() -> list[bytes]:
    """The datagrams of all captures, in order; each holds one message."""
    return [body for name in NAMES for _, body in capture(name)]


@cache
def content_of(ring: int, *, rings: int) -> list[bytes]:
    """What ring number `ring` (from 0) of `rings` hears, in a loop: every ring is at another place of the matches."""
    bodies = content()
    start = len(bodies) // rings * ring
    return bodies[start:] + bodies[:start]
