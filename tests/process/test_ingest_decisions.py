"""What people decide stands in the ring's journal, in one order with the datagrams: edits, matches entered by hand,
and how the ring is read and judged.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.errors import RestrikeError
from shared.messages.commands import ApplyInterpretation, GetRings, StartRing, StopRing
from shared.messages.decisions import CloseMatch, EditMatch, EnterMatch, UndoEdit
from shared.messages.edits import Changes
from shared.messages.facts import (
    CloseAsked,
    EditMade,
    EditTakenBack,
    InterpretationChosen,
    MatchEntered,
    SessionBroken,
    SessionClosed,
)
from shared.messages.requests import Command
from shared.messages.rules import Dialect, Interpretation, Strictness
from shared.rules import DEFAULT_RULES, shipped
from tests.support.service import House, facts
from tests.support.wait import eventually

MATCH = "ring-1.0a1b2c3d.7"
WHY: dict[str, str] = {"author": "Ana", "reason": "video review"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path / "home") as made:
        yield made


def _edit(**changes: Any) -> EditMatch:
    return EditMatch(ring="ring-1", match_id=MATCH, changes=Changes(**changes), **WHY)


def _enter(changes: Changes, *, total_rounds: int | None = 3, round_ms: int | None = 120_000) -> EnterMatch:
    return EnterMatch(
        ring="ring-1",
        author=WHY["author"],
        reason=WHY["reason"],
        changes=changes,
        total_rounds=total_rounds,
        round_ms=round_ms,
    )


def _send(house: House, body: bytes) -> None:
    with house.sender() as sender:
        sender.send(body)
    eventually(lambda: list(house.entries().values())[-1].body, equals=body, within=5)


def test_decisions_stand_where_they_were_made(house: House) -> None:
    """Between the datagrams before and after them, in the journal before the answer; the ids name session and entry."""
    house.start("udp-ingest")
    _send(house, b"before")
    commands: list[Command[Any]] = [
        _edit(winner=1, decision="PTF", round_winners=(None, 2)),
        UndoEdit(ring="ring-1", match_id=MATCH, edit_id="ring-1.0a1b2c3d.9", **WHY),
        _enter(Changes(match_number="101", chong_name="Đuro")),
        CloseMatch(ring="ring-1", match_id=MATCH, **WHY),
    ]
    for number, command in enumerate(commands, 4):
        done = house.client.call(command)
        assert (done.ring, done.entry) == ("ring-1", number)
        assert number in house.stored_entries()
        session = house.status().session or ""
        makes = isinstance(command, EditMatch | EnterMatch)
        assert done.id == (f"ring-1.{session[:8]}.{number}" if makes else None)
    _send(house, b"after")
    told = [entry.fact or entry.body for number, entry in sorted(house.stored_entries().items()) if number > 2]
    edit, undo, enter = commands[0].changes, commands[1].edit_id, commands[2].changes  # type: ignore[attr-defined]  # of these kinds
    assert told == [
        b"before",
        EditMade(match_id=MATCH, changes=edit, **WHY),
        EditTakenBack(edit_id=undo, match_id=MATCH, **WHY),
        MatchEntered(changes=enter, total_rounds=3, round_ms=120_000, **WHY),
        CloseAsked(match_id=MATCH, **WHY),
        b"after",
    ]


def test_a_decision_is_published_like_a_datagram(house: House) -> None:
    """Who follows the wire gets it in its place."""
    house.start("udp-ingest")
    wire = house.subscriber(b"wire.datagrams/", endpoint=house.paths.wire_socket("udp-ingest"))
    eventually(lambda: list(wire.drain()), within=5, what="the wire's standing batch")
    entry = house.client.call(_edit(winner=2)).entry

    def told() -> list[Any]:
        batches = [delivery.envelope.event for delivery in wire.drain()]
        return [(batch.first, batch.entries[0].fact) for batch in batches if batch.entries]

    fact = EditMade(match_id=MATCH, changes=Changes(winner=2), **WHY)
    assert eventually(told, within=5) == [(entry, fact)]


def test_a_ring_that_does_not_listen(house: House) -> None:
    """It has its journal: decisions stand in the session that was closed, and break none, not even at a kill."""
    ingest = house.start("udp-ingest")
    session = house.status().session or ""
    house.client.call(StopRing(ring="ring-1"))
    done = house.client.call(_edit(winner=1))
    assert done.id == f"ring-1.{session[:8]}.{done.entry}"
    for _ in range(3):
        house.client.call(CloseMatch(ring="ring-1", match_id=MATCH, **WHY))
    ingest.kill()
    house.start("udp-ingest")
    entries = house.entries()
    assert (len(facts(entries, SessionClosed)), facts(entries, SessionBroken)) == (1, [])


def test_a_kill_after_a_decision_breaks_the_session(house: House) -> None:
    """The ring listened when it was killed, though the last word in its journal is a person's."""
    ingest = house.start("udp-ingest")
    session = house.status().session
    house.client.call(_edit(winner=1))
    ingest.kill()
    house.start("udp-ingest")
    assert [fact.broken_session for fact in facts(house.entries(), SessionBroken)] == [session]


def test_a_ring_that_never_listened(tmp_path: Path) -> None:
    """It has no session and no match; the refusal says what to do."""
    with House(tmp_path / "home", rings=[{"auto_start": False}]) as house:
        house.start("udp-ingest")
        with pytest.raises(RestrikeError, match="restrike udp start ring-1") as refusal:
            house.client.call(_edit(winner=1))
        assert refusal.value.code == "ring.never_listened"
        assert house.entries() == {}


REFUSED: list[tuple[Command[Any], str]] = [
    (_edit(), "edit.empty"),
    (_edit(round_winners=(None, None)), "edit.empty"),
    (_edit(winner=3), "edit.invalid"),
    (_edit(round_winners=(1, -1)), "edit.invalid"),
    (_edit(round_winners=(1,) * 11), "edit.invalid"),
    (_edit(decision="ptf"), "edit.invalid"),
    (_edit(decision="PTFXX"), "edit.invalid"),
    (_edit(chong_noc="CROA"), "edit.invalid"),
    (_edit(hong_noc="cr"), "edit.invalid"),
    (_edit(match_number="x" * 33), "edit.invalid"),
    (_edit(chong_name="two\nlines"), "edit.invalid"),
    (_edit(hong_name=" "), "edit.invalid"),
    (EditMatch(ring="ring-1", match_id=MATCH, changes=Changes(winner=1), author="", reason="x"), "edit.invalid"),
    (EditMatch(ring="ring-1", match_id=MATCH, changes=Changes(winner=1), author="x", reason="x" * 201), "edit.invalid"),
    (EditMatch(ring="ring-1", match_id="ring-2.0a1b2c3d.7", changes=Changes(winner=1), **WHY), "edit.invalid"),
    (EditMatch(ring="ring-9", match_id=MATCH, changes=Changes(winner=1), **WHY), "ring.unknown"),
    (UndoEdit(ring="ring-1", match_id=MATCH, edit_id="7", **WHY), "edit.invalid"),
    (CloseMatch(ring="ring-1", match_id="", **WHY), "edit.invalid"),
    (_enter(Changes()), "edit.empty"),
    (_enter(Changes(match_number="1"), total_rounds=0), "edit.invalid"),
    (_enter(Changes(match_number="1"), round_ms=3_600_001), "edit.invalid"),
]


def test_what_cannot_be_is_refused(house: House) -> None:
    """A code and a sentence each; nothing of it reaches the journal."""
    house.start("udp-ingest")
    before = house.entries()
    for command, code in REFUSED:
        with pytest.raises(RestrikeError) as refusal:
            house.client.call(command)
        assert refusal.value.code == code, command
        assert refusal.value.message.endswith((".", "ring-1")), refusal.value.message
    assert house.entries() == before


# How a ring is read and judged


def _chosen(house: House) -> list[Interpretation]:
    return [fact.interpretation for fact in facts(house.entries(), InterpretationChosen)]


def test_a_session_says_how_it_is_judged(tmp_path: Path) -> None:
    """As restrike.json says, with the whole rule set; at each start of the ring."""
    ring = {"rules": "wt-2018", "dialect": "a", "unknown_streams": "error", "encodings": ["cp1252"]}
    with House(tmp_path / "home", rings=[ring]) as house:
        house.start("udp-ingest")
        house.client.call(StopRing(ring="ring-1"))
        house.client.call(StartRing(ring="ring-1"))
        expected = Interpretation(
            rule_set=shipped()["wt-2018"], dialect=Dialect.A, strictness=Strictness.ERROR, encodings=("cp1252",)
        )
        assert _chosen(house) == [expected, expected]
        assert house.status().error is None


def _own_rules(house: House, **changes: Any) -> None:
    house.paths.rules.mkdir(exist_ok=True)
    rules = {
        "name": "club",
        "version": 1,
        "title": "Club",
        "effective_from": "2026-01-01",
        "format": "best_of_three",
        "points": {"P": 1, "K": 2, "H": 3, "TB": 4, "TH": 5},
        "point_gap": 12,
        "gam_jeom_limit": 5,
        "tie": ["officials"],
        **changes,
    }
    (house.paths.rules / "club.json").write_text(json.dumps(rules))


def test_a_change_is_applied_while_the_ring_listens(house: House) -> None:
    """Rule set of the home's own and dialect: said at its place in the stream; the session and socket stay."""
    house.start("udp-ingest")
    before = house.status()
    _own_rules(house, point_gap=7)
    house.config["rings"][0] |= {"rules": "club", "dialect": "b"}
    house.write_config()
    applied = house.client.call(ApplyInterpretation(ring="ring-1"))
    assert (applied.rule_set.point_gap, applied.dialect) == (7, Dialect.B)
    house.client.call(GetRings())
    assert _chosen(house)[1:] == [applied]
    after = house.status()
    assert (after.session, after.port) == (before.session, before.port)
    _own_rules(house, point_gap=8)
    assert house.client.call(ApplyInterpretation(ring="ring-1")).rule_set.point_gap == 8


@pytest.mark.parametrize(("rules", "gap", "says"), [("club", 0, "point_gap"), ("moon", 12, "no rule set moon")])
def test_a_rule_set_that_cannot_be_used_stops_no_ring(tmp_path: Path, rules: str, gap: int, says: str) -> None:
    """At a start the ring listens, judged by the default, and says why; applying it is refused; mended, it applies."""
    with House(tmp_path / "home", rings=[{"rules": rules}]) as house:
        _own_rules(house, point_gap=gap)
        ingest = house.start("udp-ingest")
        status = house.status()
        assert status.listening
        assert says in (status.error or "")
        assert DEFAULT_RULES in (status.error or "")
        assert [chosen.rule_set for chosen in _chosen(house)] == [shipped()[DEFAULT_RULES]]
        assert len(ingest.logged("rules_not_usable")) == 1
        with pytest.raises(RestrikeError, match=says):
            house.client.call(ApplyInterpretation(ring="ring-1"))
        assert len(_chosen(house)) == 1
        _own_rules(house, name=rules)
        assert house.client.call(ApplyInterpretation(ring="ring-1")).rule_set.name == rules
        assert house.status().error is None
        _send(house, b"heard")


def test_a_ring_that_is_configured_but_not_started(house: House) -> None:
    """It was added to restrike.json: what would be in force is answered, and nothing is journaled."""
    house.start("udp-ingest")
    house.config["rings"].append({"name": "new", "port": house.ports["ring-1"], "source": "127.0.0.3"})
    house.write_config()
    assert house.client.call(ApplyInterpretation(ring="new")).rule_set.name == DEFAULT_RULES
    with pytest.raises(RestrikeError) as refusal:
        house.client.call(ApplyInterpretation(ring="ring-9"))
    assert refusal.value.code == "ring.unknown"
