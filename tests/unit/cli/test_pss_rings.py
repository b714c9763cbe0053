"""`restrike pss set`, `show`, `rules` without a suite: what they write, show and refuse."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.config import Config, Ring, load, save
from shared.messages.rules import Strictness
from shared.paths import Paths
from shared.rules import shipped
from tests.unit.cli.conftest import Run


@pytest.fixture
def paths(home: Path, run: Run) -> Paths:  # noqa: ARG001  # the home is not there before run looked
    made = Paths(home)
    save(made.config, Config(rings=[Ring(name="mat-1"), Ring(name="mat-2", port=8889)]))
    return made


def _own(paths: Paths, **changes: Any) -> Path:
    rules = {**json.loads(_shipped_text()), "name": "club", "title": "Club cup", **changes}
    paths.rules.mkdir()
    file = paths.rules / "club.json"
    file.write_text(json.dumps(rules))
    return file


def _shipped_text() -> str:
    return (Path(__file__).parents[3] / "shared" / "rules" / "wt-2022.json").read_text()


def test_one_ring_is_set(run: Run, paths: Paths) -> None:
    """Everything at once, of that ring only; what is not named stays; it is said that nothing runs."""
    options = ("--rules", "wt-2018", "--dialect", "a", "--unknown", "error", "--encodings", "cp1252, iso8859-2")
    done = run("pss", "set", "mat-1", *options, "--resync-port", "9000")
    assert (done.code, "udp-ingest is not running" in done.out) == (0, True)
    first, second = load(paths.config).rings
    assert (first.rules, first.dialect, first.unknown_streams) == ("wt-2018", "a", Strictness.ERROR)
    assert (first.encodings, first.resync_port, first.port) == (["cp1252", "iso8859-2"], 9000, 8888)
    assert second == Ring(name="mat-2", port=8889)
    document = run("pss", "set", "mat-1", "--resync-port", "off", "--json").document
    assert (document["applied"], document["rings"][0]["resync_port"]) == (False, None)
    again = load(paths.config).rings[0]
    assert (again.resync_port, again.rules) == (None, "wt-2018")


def test_a_tournament_is_set(run: Run, paths: Paths) -> None:
    """--all: every ring."""
    assert run("pss", "set", "--all", "--rules", "wt-2017").code == 0
    assert [ring.rules for ring in load(paths.config).rings] == ["wt-2017", "wt-2017"]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("mat-9", "--rules", "wt-2018"), 1, "no ring mat-9"),
        (("mat-1", "--rules", "moon"), 1, "no rule set moon"),
        (("mat-1", "--encodings", "hex"), 1, "not 'hex'"),
        (("mat-1", "--encodings", "cp1250,klingon"), 1, "not 'klingon'"),
        (("mat-1",), 2, "something to set"),
        (("--rules", "wt-2018"), 2, "--all"),
        (("mat-1", "--all", "--rules", "wt-2018"), 2, "--all"),
        (("mat-1", "--dialect", "c"), 2, "auto, a, b"),
        (("mat-1", "--resync-port", "0"), 2, "neither a port nor off"),
        (("mat-1", "--unknown", "maybe"), 2, "maybe"),
    ],
)
def test_what_cannot_be_set(run: Run, paths: Paths, words: tuple[str, ...], code: int, says: str) -> None:
    """Refused with a sentence, and the file stays as it was."""
    before = paths.config.read_bytes()
    done = run("pss", "set", *words)
    assert (done.code, says in done.err, done.out) == (code, True, ""), done.err
    assert paths.config.read_bytes() == before


def test_how_rings_are_read_and_judged(run: Run, paths: Paths) -> None:
    """A forced dialect is known without a suite, a detected one is not."""
    run("pss", "set", "mat-1", "--dialect", "b", "--resync-port", "9000")
    lines = run("pss", "show").out.splitlines()
    assert [" ".join(line.split()) for line in lines[1:]] == [
        "mat-1 b (forced) wt-2022 warn cp1250, latin-1 port 9000, every 30 s",
        "mat-2 auto wt-2022 warn cp1250, latin-1 off",
    ]
    (shown,) = run("pss", "show", "mat-2", "--json").document["rings"]
    assert (shown["ring"], shown["dialect_in_force"], shown["rules_in_force"]) == ("mat-2", None, None)
    assert run("pss", "show", "mat-9").code == 1
    assert paths.config.exists()


def test_rule_sets(run: Run, paths: Paths) -> None:
    """Those that ship, which of them is not confirmed, and the home's own; one in full."""
    _own(paths, point_gap=7)
    listed = {one["name"]: one for one in run("pss", "rules", "--json").document["rule_sets"]}
    assert set(listed) == {*shipped(), "club"}
    assert (listed["wt-2022"]["from"], listed["club"]["from"]) == ("restrike", str(paths.rules))
    rows = {line.split()[0]: line.split() for line in run("pss", "rules").out.splitlines()}
    assert "no" in rows["wt-2026"]
    assert "no" not in rows["wt-2022"]
    assert run("pss", "rules", "club", "--json").document["point_gap"] == 7
    settings = [" ".join(line.split()) for line in run("pss", "rules", "club").out.splitlines()]
    assert {"title Club cup", "point gap 7", "is confirmed yes"} <= set(settings)
    assert run("pss", "rules", "moon").code == 1


def test_a_broken_file_of_rules_is_named(run: Run, paths: Paths) -> None:
    """By rules, set and config check, each with the file and what is wrong."""
    file = _own(paths, point_gap=0)
    for words in (("pss", "rules"), ("pss", "set", "mat-1", "--rules", "wt-2018"), ("config", "check")):
        done = run(*words)
        assert (done.code, str(file) in done.err, "point_gap" in done.err) == (1, True, True), done.err


def test_a_broken_file_of_rules_hides_no_other(run: Run, paths: Paths) -> None:
    """The sound ones are listed, the broken ones named on standard error: 1, with --json, too."""
    _own(paths)
    for name, content in (("a.json", "{}"), ("z.json", "\xff")):
        (paths.rules / name).write_text(content, encoding="latin-1")
    done = run("pss", "rules", "--json")
    assert done.code == 1
    assert {one["name"] for one in done.document["rule_sets"]} == {*shipped(), "club"}
    assert [line.split(" is no rule set")[0] for line in done.err.splitlines()] == [
        str(paths.rules / "a.json"),
        str(paths.rules / "z.json"),
    ]
    assert "club" in run("pss", "rules").out
    assert run("config", "check").err == done.err  # the files' own places, not that of restrike.json


def test_config_check_knows_the_rule_sets(run: Run, paths: Paths) -> None:
    """One that is not there is a fault of its ring; a home's own is not."""
    save(paths.config, Config(rings=[Ring(name="mat-1", rules="club")]))
    assert "Ring mat-1: there is no rule set club." in run("config", "check").err
    _own(paths)
    assert run("config", "check").code == 0
