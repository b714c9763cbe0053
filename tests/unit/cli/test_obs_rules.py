"""`restrike obs rules`, `pause` and `resume`: what is stored, what is refused, what is shown; no service runs."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from services.cli.obs.rules.words import MEANINGS
from shared.automation.packs import PACKS
from shared.db.sqlite import connect_writer
from shared.messages.automation import Happening
from shared.paths import Paths
from tests.support.captures import CAPTURES
from tests.unit.cli.conftest import Run

pytestmark = pytest.mark.slow

CAPTURE = CAPTURES / "bo3-1-2-ptf-scores-gamjeom.jsonl"
NOT_LOOKED_UP = "It was not looked up whether what the rules name exists in OBS: obs-bridge is not running."
FIRINGS = """
INSERT INTO pss_matches (id, match_id, ring, match_number) VALUES (1, 'ring-1.a.4', 'ring-1', '101');
INSERT INTO obs_rule_firings (firing_key, rule, happening, ring, match_key, match_id, round_number, clock_ms,
    session_uuid, entry, entry_index, happened_at, fired_at, latency_ms, outcome, actions)
    VALUES ('a', 'start', 'match_loaded', 'ring-1', 'ring-1.a.4', 1, NULL, NULL, 's', 4, 0,
    '2026-03-01T09:30:00.000Z', '2026-03-01T09:30:00.010Z', 9.5, 'done',
    '[{"action":"set_scene","connection":"main","ok":true,"sent_ms":9.5,"confirmed_ms":320.0}]'),
    ('b', 'start', 'match_loaded', 'ring-2', 'ring-2.b.4', NULL, 2, 65000, 's', 4, 0,
    '2026-03-01T09:40:00.000Z', '2026-03-01T09:40:00.010Z', NULL, 'failed',
    '[{"action":"set_scene","connection":"main","ok":false,"error":"main is not connected."}]'),
    ('c', 'late', 'point', 'ring-1', NULL, NULL, NULL, NULL, 's', 5, 0,
    '2026-03-01T09:50:00.000Z', '2026-03-01T09:50:09.000Z', NULL, 'too_old', '[]');
"""


@pytest.fixture
def paths(home: Path, run: Run, migrated: bytes) -> Paths:  # noqa: ARG001  # the home is not there before run looked
    """A home with an empty database."""
    made = Paths(home)
    made.prepare()
    made.database.write_bytes(migrated)
    return made


def stored(run: Run) -> dict[str, Any]:
    """The rules by name, as `list --json` has them."""
    return {one["rule"]: one for one in run("obs", "rules", "list", "--json").document["rules"]}


def test_a_rule_by_options(paths: Paths, run: Run) -> None:  # noqa: ARG001  # its database is written
    """What is said becomes the rule, actions in their order; what is said later changes it, and can be taken away."""
    words = ["--on", "match_loaded", "--on", "point", "--ring", "ring-1", "--round", "2", "--clock", "0:10-0:00"]
    words += ["--scene", "Match", "--text", "Names={player1} = {player2}", "--hide", "Logo", "--run", "say 'a b'"]
    words += [
        "--athlete",
        "hong",
        "--once-per",
        "round",
        "--delay-ms",
        "50",
        "--priority",
        "-3",
        "--connection",
        "main",
    ]
    made = run("obs", "rules", "add", "start", *words)
    assert (made.code, NOT_LOOKED_UP in made.err) == (0, True), made.err
    assert "Made start." in made.out
    assert stored(run)["start"] == {
        "rule": "start",
        "on": ["match_loaded", "point"],
        "actions": [
            {"do": "set_text", "source": "Names", "text": "{player1} = {player2}"},
            {"do": "set_scene", "scene": "Match"},
            {"do": "show_source", "source": "Logo", "visible": False, "scene": None},
            {"do": "run_command", "command": ["say", "a b"], "within_ms": 5000},
        ],
        "when": {"rings": ["ring-1"], "rounds": [2], "athlete": 2, "clock_at_least_ms": 0, "clock_at_most_ms": 10000},
        "connections": ["main"],
        "priority": -3,
        "delay_ms": 50,
        "once_per": "round",
    }
    words = ["--clear", "round", "--clear", "clock", "--clear", "once-per", "--clear", "delay-ms", "--scene", "Break"]
    assert run("obs", "rules", "edit", "start", *words, "--cooldown-ms", "7").code == 0
    changed = stored(run)["start"]
    assert changed["when"] == {"rings": ["ring-1"], "athlete": 2}
    assert [one["do"] for one in changed["actions"]] == ["set_scene"]
    assert (changed["cooldown_ms"], changed.get("once_per"), changed.get("delay_ms")) == (7, None, None)
    assert run("obs", "rules", "edit", "start", "--scene", "Break").code == 1
    shown = run("obs", "rules", "show", "start").out
    assert "rings ring-1, athlete 2" in shown
    assert "set_scene scene='Break'" in shown


def test_switching_and_removing(paths: Paths, run: Run) -> None:  # noqa: ARG001  # its database is used
    """By name or by pack; what is not there is refused, with what is."""
    assert run("obs", "rules", "install", "scenes", "--off").code == 0
    assert run("obs", "rules", "install", "winner").code == 0
    assert {name for name, one in stored(run).items() if one.get("is_enabled", True)} == {"winner: show"}
    assert run("obs", "rules", "enable", "--pack", "scenes").code == 0
    assert run("obs", "rules", "disable", "winner: show").code == 0
    off = {name for name, one in stored(run).items() if not one.get("is_enabled", True)}
    assert off == {"winner: show"}
    taken = run("obs", "rules", "install", "winner")
    assert (taken.code, "--replace" in taken.err) == (1, True)
    assert run("obs", "rules", "remove", "--pack", "scenes").code == 0
    assert list(stored(run)) == ["winner: show"]
    unknown = run("obs", "rules", "show", "winer")
    assert (unknown.code, "There are: winner: show." in unknown.err) == (1, True)
    assert run("obs", "rules", "remove").code == 1


def test_export_and_import_are_the_same_document(paths: Paths, run: Run, tmp_path: Path) -> None:  # noqa: ARG001  # its database is used
    """What was exported can be imported on another machine; a file that is there is not overwritten."""
    for pack in PACKS:
        assert run("obs", "rules", "install", pack).code == 0
    before = stored(run)
    file = tmp_path / "rules.json"
    assert run("obs", "rules", "export", "--to", file).code == 0
    assert run("obs", "rules", "export", "--to", file).code == 1
    assert run("obs", "rules", "remove", *before).code == 0
    assert run("obs", "rules", "import", file).code == 0
    assert stored(run) == before
    assert run("obs", "rules", "import", file).code == 1
    assert run("obs", "rules", "import", file, "--replace", "--off").code == 0
    assert all(one["is_enabled"] is False for one in stored(run).values())


def test_every_fault_of_a_document_at_once(paths: Paths, run: Run, tmp_path: Path) -> None:  # noqa: ARG001  # its database is used
    """Each with its place and what is allowed; nothing is stored."""
    rules = [
        {"rule": "a", "on": ["match_lost", "point"], "actions": [{"do": "set_sceen"}, {"do": "set_scene"}]},
        {"rule": "a", "on": ["point"], "actions": [{"do": "wait", "for_ms": "5"}], "when": {"athlete": 3, "rnd": 1}},
        {"rule": "b", "on": "point", "action": [], "once_per": "day", "delay_ms": None},
        {
            "rule": "c",
            "on": ["point"],
            "actions": [{"do": "set_text", "source": "S", "text": "{who}"}],
            "priority": 5e9,
        },
        {"rule": "d", "on": ["point"], "actions": [{"do": "wait", "for_ms": 0}], "when": {"leader": 7}},
        7,
    ]
    file = tmp_path / "rules.json"
    file.write_text(json.dumps({"rules": rules}))
    refused = run("obs", "rules", "import", file)
    assert refused.code == 1
    lines = refused.err.splitlines()
    assert lines[0] == "15 faults; nothing was done."
    places = [line.partition(": ")[0] + ": " + line.partition(": ")[2].partition(":")[0] for line in lines[1:]]
    assert places == [
        "rules[1] (a): on[1]",
        "rules[1] (a): actions[1].do",
        "rules[1] (a): actions[2].scene",
        "rules[2] (a): the name is given twice.",
        "rules[2] (a): actions[1].for_ms",
        "rules[2] (a): when.rnd",
        "rules[3] (b): action",
        "rules[3] (b): on",
        "rules[3] (b): actions",
        "rules[3] (b): delay_ms",
        "rules[3] (b): once_per",
        "rules[4] (c): priority",
        "rules[5] (d): when.leader",
        "rules[5] (d): actions[1].for_ms",
        "rules[6]: the rule",
    ], refused.err
    assert "allowed are match_loaded, match_ready" in lines[1]
    assert "'set_sceen' is none of start_recording" in lines[2]
    assert stored(run) == {}


def test_a_rule_as_it_is_shown_is_a_document(paths: Paths, run: Run, tmp_path: Path) -> None:  # noqa: ARG001  # its database is used
    """`show --json` of one suite is what `add --file` of another takes; a single fault is told as one."""
    file = tmp_path / "rule.json"
    rule: dict[str, object] = {"rule": "a", "on": ["point"], "actions": [{"do": "wait", "for_ms": 5}]}
    file.write_text(json.dumps({"rule": rule}))
    assert run("obs", "rules", "add", "a", "--file", file).code == 0
    file.write_text(run("obs", "rules", "show", "a", "--json").out)
    assert run("obs", "rules", "remove", "a").code == 0
    assert run("obs", "rules", "add", "a", "--file", file).code == 0
    assert list(stored(run)) == ["a"]
    file.write_text(json.dumps(rule | {"priority": 5e9}))
    assert run("obs", "rules", "add", "b", "--file", file).err.startswith("1 fault; nothing was done.\n")


@pytest.mark.parametrize("body", ["", "{", '{"rules": []}', "[]", "7", '{"rules": {}}', "\udcff"])
def test_what_is_no_document(paths: Paths, run: Run, tmp_path: Path, body: str) -> None:  # noqa: ARG001  # its database is used
    """One sentence, no traceback."""
    file = tmp_path / "rules.json"
    file.write_bytes(body.encode(errors="surrogateescape"))
    refused = run("obs", "rules", "import", file)
    assert refused.code == 1
    assert refused.err
    assert "Traceback" not in refused.err


@pytest.mark.parametrize(
    "words",
    [
        ["--on", "point"],
        ["--scene", "Match"],
        ["--on", "point", "--text", "{who}"],
        ["--on", "point", "--text", "S={who}"],
        ["--on", "point", "--scene", "Match", "--athlete", "blue"],
        ["--on", "point", "--scene", "Match", "--clock", "soon"],
        ["--on", "lunch", "--scene", "Match"],
        ["--on", "point", "--record", "now"],
        ["--on", "point", "--run", "say 'a"],
    ],
)
def test_what_can_never_work_is_refused(paths: Paths, run: Run, words: list[str]) -> None:  # noqa: ARG001  # its database is used
    """Refused or wrong usage, in a sentence; nothing is stored."""
    refused = run("obs", "rules", "add", "r", *words)
    assert refused.code in (1, 2)
    assert refused.err
    assert stored(run) == {}


def test_a_rule_from_a_file(paths: Paths, run: Run, tmp_path: Path) -> None:  # noqa: ARG001  # its database is used
    """Everything that a rule can be; options change it, and its name is the one that was given."""
    rule = {"rule": "x", "on": ["point"], "actions": [{"do": "set_scene", "scene": "A"}, {"do": "wait", "for_ms": 5}]}
    file = tmp_path / "rule.json"
    file.write_text(json.dumps(rule))
    assert run("obs", "rules", "add", "mine", "--file", file, "--off", "--phase", "*final*").code == 0
    found = stored(run)["mine"]
    assert (found["is_enabled"], found["when"], len(found["actions"])) == (False, {"phases": ["*final*"]}, 2)
    assert run("obs", "rules", "edit", "mine", "--file", file).code == 0
    assert stored(run)["mine"]["when"] == {}


def test_a_dry_run(paths: Paths, run: Run) -> None:  # noqa: ARG001  # its database is used
    """What would have fired when, and with which texts; of stored rules, of packs, of all that are switched on."""
    assert run("obs", "rules", "install", "winner", "--off").code == 0
    done = run("obs", "rules", "test", "winner: show", CAPTURE)
    assert done.code == 0
    line, total = done.out.splitlines()
    assert line.startswith("  7:48.469  R3 00:00  winner: show  <- hong wins  -> set_text source='Winner text'")
    assert "Dunja ĐURIĆ CRO" in line
    assert total == "1 firings of 1 rules out of 1."
    assert run("obs", "rules", "test", "--all", CAPTURE).code == 1
    found = run("obs", "rules", "test", "--pack", "scenes", CAPTURE, "--json").document["firings"]
    assert len(found) == 9
    assert found[0]["event"] == "match_loaded"
    assert found[0]["actions"] == [{"do": "set_scene", "scene": "Match"}]
    assert run("obs", "rules", "test", "nobody", CAPTURE).code == 1
    assert run("obs", "rules", "test", "--pack", "scenes", "no-such-file").code == 1


def test_a_dry_run_as_of_a_day(paths: Paths, run: Run, tmp_path: Path) -> None:  # noqa: ARG001  # its database is used
    """A recording knows its ring and tournament no more: they can be said."""
    file = tmp_path / "rule.json"
    when = {"rings": ["ring-2"], "tournaments": ["Open"], "days": [2]}
    rule = {"rule": "x", "on": ["round_won"], "actions": [{"do": "stop_stream"}], "when": when}
    file.write_text(json.dumps(rule))
    words = ["obs", "rules", "test", "--file", file, CAPTURE, "--json"]
    assert run(*words).document["firings"] == []
    meant = ["--ring", "ring-2", "--tournament", "Open", "--day", "2"]
    assert len(run(*words, *meant).document["firings"]) == 3


def test_the_log(paths: Paths, run: Run) -> None:
    """What rules did, the newest first, with what failed; by match, rule, ring, failure and time."""
    assert run("obs", "rules", "log").out == "No rule has done such a thing.\n"
    with closing(connect_writer(paths.database)) as connection:
        connection.executescript(FIRINGS)

    def found(*words: str) -> list[str]:
        return [one["outcome"] for one in run("obs", "rules", "log", "--json", *words).document["firings"]]

    assert found() == ["too_old", "failed", "done"]
    assert found("--match", "101") == found("--match", "ring-1.a.4") == ["done"]
    assert found("--failed") == ["failed"]
    assert found("--rule", "start", "--ring", "ring-1") == ["done"]
    assert found("--since", "2026-03-01T09:35:00+00:00") == ["too_old", "failed"]
    assert found("--until", "2026-03-01T09:35:00+00:00") == ["done"]
    assert found("--limit", "1") == ["too_old"]
    table = run("obs", "rules", "log").out
    assert "9.5" in table
    assert "start: set_scene on main: main is not connected." in table
    assert max(map(len, table.splitlines())) <= 100
    connections = run("obs", "rules", "log", "--json").document["firings"][2]["actions"]
    assert connections[0]["confirmed_ms"] == 320.0


def test_pause_and_resume(paths: Paths, run: Run) -> None:  # noqa: ARG001  # its database is used
    """One command each; the setting says so, and saying it twice is no fault."""
    assert run("obs", "pause").out == "Automation is paused. It holds when the suite starts.\n"
    assert run("obs", "pause").out == "Automation is paused already. It holds when the suite starts.\n"
    assert run("settings", "get", "obs.paused", "--json").document["value"] is True
    assert run("obs", "resume", "--json").document == {"paused": False, "changed": True}
    assert run("settings", "get", "obs.paused", "--json").document["value"] is False


def test_what_can_be_waited_for_and_written(run: Run) -> None:
    """Every event has its meaning; nothing needs a database."""
    assert set(MEANINGS) == set(Happening)
    assert "match_loaded" in run("obs", "rules", "events").out
    assert "{player1}" in run("obs", "rules", "placeholders").out
    assert "lower-third" in run("obs", "rules", "packs").out
    assert len(run("obs", "rules", "packs", "scenes", "--json").document["packs"][0]["rules"]) == 8
    assert run("obs", "rules", "packs", "scnes").code == 1
    assert "rules yet" in run("obs", "rules", "list").out
