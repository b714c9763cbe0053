"""What rules would have done in a recorded match: its datagrams parsed as pss-parser would, the rules as obs-bridge
would take them; nothing is sent anywhere. For `restrike obs rules test`.
"""

import subprocess
import sys
from collections.abc import Iterator
from itertools import chain
from typing import Final

import msgspec
from msgspec import Struct

from services.cli.captures import Capture
from shared.automation.engine import Engine, Firing
from shared.automation.filling import filled
from shared.automation.happenings import Follower, Happened
from shared.automation.match_view import MatchView, Venue
from shared.automation.placeholders import text_values
from shared.clock import unix_ns
from shared.errors import RestrikeError
from shared.messages.automation import Happening, Rule
from shared.messages.obs_actions import AnyAction
from shared.messages.wire import ParsedEntries

PARSER: Final = "services.pss_parser.recorded"
NOT_RECORDED: Final = frozenset(
    {Happening.RECORDING_STARTED, Happening.RECORDING_ENDED, Happening.CLIP_READY, Happening.OBS_CONNECTED}
)
"""What OBS does stands in no recording of datagrams."""


class Would(Struct, frozen=True, kw_only=True):
    """A firing as it would have been: `at_ms` after the first datagram its actions begin. `is_dropped`: another match
    was loaded before its delay was over.
    """

    at_ms: int
    rule: str
    event: Happening
    label: str
    match_number: str | None
    round: int | None
    clock_ms: int | None
    is_dropped: bool
    actions: tuple[AnyAction, ...]


def would_fire(rules: list[Rule], capture: Capture, *, ring: str, venue: Venue) -> list[Would]:
    """What `rules` would have done, in the order in which it would have begun.

    Raises:
        RestrikeError: the parser failed.
    """
    began_us = unix_ns() // 1000
    datagrams = [(began_us + round(one.at_s * 1e6), one.body) for one in capture.datagrams]
    follower = Follower(MatchView(ring=ring), lambda: venue)
    happened = list(follower.take(_parsed(ring, datagrams)))
    loads = [one for one in happened if one.what is Happening.MATCH_LOADED]
    found = [_would(firing, began_us, loads) for firing in _firings(rules, happened)]
    return sorted(found, key=lambda one: one.at_ms)


def _firings(rules: list[Rule], happened: list[Happened]) -> Iterator[Firing]:
    engine = Engine(rules)
    for one in happened:
        yield from engine.due(one.at_us)
        yield from engine.on(one, one.at_us, lambda _rule, _ring: None)
    yield from chain.from_iterable(_rest(engine))


def _rest(engine: Engine) -> Iterator[list[Firing]]:
    """What still waits for quiet at the end of the recording."""
    while (due_us := engine.next_due_us) is not None:
        yield engine.due(due_us)


def _would(firing: Firing, began_us: int, loads: list[Happened]) -> Would:
    happened, rule = firing.happened, firing.rule
    starts_us = firing.fired_at_us + rule.delay_ms * 1000
    values = text_values(happened)
    return Would(
        at_ms=round((starts_us - began_us) / 1000),
        rule=rule.rule,
        event=happened.what,
        label=happened.label,
        match_number=happened.view.match_number,
        round=happened.view.round,
        clock_ms=happened.view.clock_ms,
        is_dropped=any(
            happened.at_us < load.at_us <= starts_us and load.view.match_id != happened.view.match_id for load in loads
        ),
        actions=tuple(filled(action, values) for action in rule.actions),
    )


def _parsed(ring: str, datagrams: list[tuple[int, bytes]]) -> ParsedEntries:
    """What the parser makes of them; a process of its own, as the command line has no part of the parser."""
    command = [sys.executable, "-P", "-m", PARSER, ring]
    ended = subprocess.run(command, input=msgspec.msgpack.encode(datagrams), capture_output=True, check=False)
    if ended.returncode:
        raise RestrikeError("rules.not_parsed", f"The parser failed: {ended.stderr.decode(errors='replace').strip()}")
    return msgspec.msgpack.decode(ended.stdout, type=ParsedEntries)
