"""How long a connection to OBS waits, and for what; obs-bridge."""

from typing import Final

from msgspec import Struct


class Limits(Struct, frozen=True, kw_only=True):
    """Every wait of a link, in seconds. A hang is told within 5 s, and mended within 5 s after its cause is gone."""

    connect_s: float = 2.0
    """For TCP: at ringside OBS is on this machine or one switch away; a lost SYN is sent again after 1 s."""
    greet_s: float = 2.0
    """For the websocket's handshake, OBS's greeting and its yes to our password, each: they take milliseconds."""
    attempt_s: float = 10.0
    """For connecting altogether: who answers a byte at a time must not hold it up for ever."""
    request_s: float = 2.0
    """For the answer of a quick request: they take 1 to 50 ms; and with the ping a hang is seen after 3 s at most."""
    slow_request_s: float = 15.0
    """For a slow one: a scene collection with many cameras takes seconds to open."""
    ping_every_s: float = 1.0
    """Its answer is the statistics that are shown each second."""
    not_ready_s: float = 5.0
    """How long a request that OBS is not ready for (207) is sent again before that is told."""
    not_ready_every_s: float = 0.1
    """How often it is sent again."""
    first_retry_s: float = 0.25
    """Before the first new connection: OBS's websocket server alone may have been restarted."""
    most_retry_s: float = 3.0
    """Before any later one, so that with the attempt itself all is well 5 s after the cause is gone."""
    steady_s: float = 3.0
    """A connection that lasted as long was a good one: the next retry is a first one."""


USUAL: Final = Limits()
