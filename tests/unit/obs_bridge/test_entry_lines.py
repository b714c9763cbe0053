"""What obs-bridge writes about entries, and what came of them."""

import logging
from unittest.mock import Mock

import msgspec
import pytest
import structlog

from services.obs_bridge.entry_lines import write_entries, writing_facts
from shared.messages.automation import FiredAction, FiringOutcome, Happening, RuleFired
from shared.messages.wire import Entry, ParsedEntries, ParsedEntry

FIRED = RuleFired(
    firing_id="f",
    rule="scene",
    happening=Happening.POINT,
    ring="ring-1",
    match_id="m",
    round=1,
    clock_ms=None,
    session="s",
    entry=7,
    index=0,
    happened_at_us=1,
    fired_at_us=2,
    outcome=FiringOutcome.PARTLY,
    actions=[
        FiredAction(action="scene.set", connection="main", ok=True),
        FiredAction(action="text.set", connection="main", ok=False, error="no such source"),
    ],
)


@pytest.mark.parametrize(("happening", "entry"), [(Happening.POINT, 7), (Happening.OBS_CONNECTED, None)])
def test_a_firing_names_its_entry(happening: Happening, entry: int | None) -> None:
    """What a rule did stands under the event that it fired for; what OBS did itself has no entry."""
    rules, then = Mock(spec=structlog.stdlib.BoundLogger), Mock()
    fact = msgspec.structs.replace(FIRED, happening=happening)
    writing_facts(rules, Mock(), then)(fact)
    then.assert_called_once_with(fact)
    (call,) = rules.debug.call_args_list
    assert call.args == ("acted",)
    assert call.kwargs["entry"] == entry
    assert call.kwargs["did"] == ["scene.set", "text.set: no such source"]


@pytest.mark.parametrize("is_on", [True, False])
def test_a_line_for_each_entry(is_on: bool) -> None:  # noqa: FBT001 - a case
    """Also for those of which nothing matters; none while they are off."""
    log = Mock(spec=structlog.stdlib.BoundLogger, isEnabledFor=lambda level: is_on and level == logging.DEBUG)
    results = [ParsedEntry(Entry(1, 1), []) for _ in range(2)]
    write_entries(log, ParsedEntries("ring-1", "j", "s", "s", 7, results), {8: ["point"]})
    told = [(call.kwargs["entry"], call.kwargs["happened"]) for call in log.debug.call_args_list]
    assert told == ([(7, []), (8, ["point"])] if is_on else [])
