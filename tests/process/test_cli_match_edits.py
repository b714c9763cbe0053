"""`restrike match edit`, `undo`, `new`, `close` and `restrike pss set` against real services."""

import getpass
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.config import load
from shared.messages.commands import GetMatchState
from shared.messages.edits import Changes
from shared.messages.facts import (
    AnyFact,
    CloseAsked,
    EditMade,
    EditTakenBack,
    InterpretationChosen,
    MatchEntered,
    QueriesSent,
)
from tests.support.cli import WITHIN_S, Home, home_in
from tests.support.wait import eventually

LOAD = (
    b"pre;FightLoaded;",
    b"at1;A. ONE;Anna ONE;CRO;at2;B. TWO;Bea TWO;KOR;",
    b"mch;101;Final;W -57kg;1;;;;;null;Senior;3;120;cntDown;18;5;",
    b"rdy;FightReady;",
)
WHY = ("--reason", "video review")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with home_in(tmp_path / "home") as home:
        home.start("udp-ingest", "pss-parser")
        yield home


def _load(home: Home) -> str:
    for body in LOAD:
        home.send("ring-1", body)
    return str(eventually(lambda: _match(home), within=WITHIN_S, what="the match"))


def _match(home: Home) -> str | None:
    return home.client.call(GetMatchState(ring="ring-1")).match_id


def _last(home: Home, kind: type[AnyFact]) -> Any:
    return [entry.fact for entry in home.entries("ring-1") if isinstance(entry.fact, kind)][-1]


def test_the_loaded_match_is_edited(home: Home) -> None:
    """By the ring's name; the fact holds what was asked, by the login name; it says how to undo it."""
    match = _load(home)
    done = home.run(
        *("match", "edit", "ring-1", "--round-winner", "2=hong", "--winner", "chong", "--decision", "PTF"),
        *("--number", "102", "--chong", "Đana ONE", "--chong-noc", "SRB", *WHY),
    )
    assert done.returncode == 0, done.stderr
    made = _last(home, EditMade)
    changes = Changes(
        match_number="102",
        chong_name="Đana ONE",
        chong_noc="SRB",
        round_winners=(None, 2),
        winner=1,
        decision="PTF",
    )
    assert (made.match_id, made.changes) == (match, changes)
    assert (made.author, made.reason) == (getpass.getuser(), "video review")
    entry = len(home.entries("ring-1"))
    said = done.stdout.splitlines()
    assert said[0].startswith(f"Edited {match}: round 2 hong, ")
    assert f"restrike match undo {match.rpartition('.')[0]}.{entry}" in said[1]


def test_an_edit_is_taken_back(home: Home) -> None:
    """By its id as it was told, though no database has it yet; an edit that is not there is refused."""
    match = _load(home)
    edit = home.document("match", "edit", match, "--winner", "hong", "--author", "Ana", *WHY)["id"]
    eventually(lambda: home.client.call(GetMatchState(ring="ring-1")).edits, within=WITHIN_S, what="the edit")
    undone = home.document("match", "undo", edit, "--author", "Eva", "--reason", "mistake")
    assert (undone["ring"], undone["match_id"]) == ("ring-1", match)
    assert _last(home, EditTakenBack) == EditTakenBack(edit_id=edit, match_id=match, author="Eva", reason="mistake")


def test_a_match_by_hand(home: Home) -> None:
    """Entered, it is the ring's match under the id that was told; closed by that id, there is none."""
    done = home.document(
        *("match", "new", "ring-1", "--number", "7", "--chong", "One", "--hong", "Two", "--weight", "M -68kg"),
        *("--rounds", "3", "--round-s", "90", *WHY),
    )
    entered = _last(home, MatchEntered)
    assert (entered.total_rounds, entered.round_ms) == (3, 90_000)
    assert entered.changes == Changes(match_number="7", chong_name="One", hong_name="Two", weight_class="M -68kg")
    eventually(lambda: _match(home), equals=done["id"], within=WITHIN_S, what="the entered match")
    assert home.run("match", "close", done["id"], *WHY).returncode == 0
    assert _last(home, CloseAsked).match_id == done["id"]
    eventually(lambda: _match(home) is None, within=WITHIN_S, what="no match")
    refused = home.run("match", "edit", "ring-1", "--winner", "hong", *WHY)
    assert (refused.returncode, "No match is loaded" in refused.stderr) == (1, True)


def test_a_stored_match_is_edited_while_nobody_listens(home: Home) -> None:
    """From the database: a match that is loaded no more, of a ring that is stopped; listed, undone once, not twice."""
    home.start("db-writer")
    match = _load(home)
    home.send("ring-1", LOAD[0])
    eventually(lambda: _match(home) is None, within=WITHIN_S, what="another load")
    eventually(lambda: _stored_matches(home), equals=[match], within=WITHIN_S, what="the stored match")
    assert home.run("udp", "stop", "ring-1").returncode == 0
    made = home.document("match", "edit", match, "--winner", "hong", "--author", "Ana", *WHY)
    eventually(lambda: _edits(home), equals=[(made["id"], match, None)], within=WITHIN_S, what="the stored edit")
    undo = ("match", "undo", made["id"], "--author", "Eva", "--reason", "mistake")
    assert home.document(*undo)["match_id"] == match
    eventually(lambda: _edits(home), equals=[(made["id"], match, "Eva")], within=WITHIN_S, what="the undone edit")
    again = home.run(*undo)
    assert (again.returncode, "taken back by Eva" in again.stderr) == (1, True)


def _stored_matches(home: Home) -> list[str]:
    return [match["match_id"] for match in home.document("match", "list")["matches"]]


def _edits(home: Home) -> list[tuple[str, str, str | None]]:
    return [(e["edit_id"], e["match_id"], e["undone_by"]) for e in home.document("match", "edits")["edits"]]


def test_what_udp_ingest_refuses(home: Home) -> None:
    """Its sentence, and 1."""
    _load(home)
    for words, says in (
        (("edit", "ring-1"), "Nothing is changed"),
        (("edit", "ring-1", "--decision", "ptf"), "two to four capital letters"),
        (("edit", "ring-1", "--chong-noc", "CROA"), "three capital letters"),
        (("new", "ring-9", "--number", "1"), "no ring ring-9"),
    ):
        done = home.run("match", *words, *WHY)
        assert (done.returncode, says in done.stderr, done.stdout) == (1, True, ""), done.stderr


def test_a_decided_match_is_not_closed(home: Home) -> None:
    """Refused with the result, by the ring's name and by the match's id; a round that it cannot have is, too."""
    match = _load(home)
    no_round = home.run("match", "edit", "ring-1", "--round-winner", "9=hong", *WHY)
    assert (no_round.returncode, "has 3 rounds" in no_round.stderr) == (1, True), no_round.stderr
    for body in (b"win;RED;", b"wmh;Bea TWO;0-2 PTF;"):
        home.send("ring-1", body)
    eventually(lambda: _decision(home), equals="PTF", within=WITHIN_S, what="the result")
    for named in ("ring-1", match):
        done = home.run("match", "close", named, *WHY)
        says = f"{match} has a result (hong, PTF); correct it with: restrike match edit {match}"
        assert (done.returncode, says in done.stderr, done.stdout) == (1, True, ""), done.stderr
    assert _match(home) == match


def _decision(home: Home) -> str | None:
    return home.client.call(GetMatchState(ring="ring-1")).decision


def test_what_is_no_undo_is_not_called_one(home: Home) -> None:
    """A match by hand can only be ended; and show says where matches are found by number."""
    done = home.run("match", "new", "ring-1", "--number", "7", *WHY)
    assert "To end it without a result: restrike match close ring-1." in done.stdout
    assert "undo" not in done.stdout
    shown = home.run("match", "show", "101")
    assert shown.returncode == 1
    assert "show takes a ring" in shown.stderr
    assert "restrike match findings 101" in shown.stderr


def test_what_is_set_is_in_force_at_once(home: Home) -> None:
    """Written to restrike.json and journaled; pss show knows it; what udp-ingest refuses is put back."""
    assert home.document("pss", "set", "--all", "--rules", "wt-2018", "--dialect", "a")["applied"]
    chosen = _last(home, InterpretationChosen).interpretation
    assert (chosen.rule_set.name, chosen.dialect) == ("wt-2018", "a")
    (shown,) = home.document("pss", "show", "ring-1")["rings"]
    assert (shown["rules"], shown["dialect_in_force"], shown["dialect_is_forced"]) == ("wt-2018", "a", True)
    home.paths.rules.mkdir()
    (home.paths.rules / "broken.json").write_text("{}")
    refused = home.run("pss", "set", "ring-1", "--unknown", "error")
    assert (refused.returncode, "broken.json" in refused.stderr) == (1, True)
    assert load(home.paths.config).rings[0].unknown_streams == "warn"


def test_asking_the_scoring_system(home: Home) -> None:
    """Off by default; switched on, it is asked where it was said, and not again at once."""
    refused = home.run("pss", "resync", "ring-1")
    assert (refused.returncode, "--resync-port" in refused.stderr) == (1, True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(WITHIN_S)
        port = ear.getsockname()[1]
        home.document("pss", "set", "ring-1", "--resync-port", str(port))
        home.send("ring-1", LOAD[0])
        assert ear.recv(100) == b"clock"
        eventually(lambda: _last(home, QueriesSent).port, equals=port, within=WITHIN_S)
    again = home.run("pss", "resync", "ring-1")
    assert (again.returncode, "asked a moment ago" in again.stderr) == (1, True)
