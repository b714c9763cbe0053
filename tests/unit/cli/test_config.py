"""`restrike config` without a suite: in force, versions, going back, editing."""

import json
import socket
from pathlib import Path

import jsonschema
import pytest

from shared.config.history import History
from shared.paths import Paths
from tests.unit.cli.conftest import Run

FIRST = {"rings": [{"name": "mat-1"}]}
SECOND = {"rings": [{"name": "mat-1", "port": 9000}, {"name": "mat-2"}]}


@pytest.fixture
def paths(home: Path, run: Run) -> Paths:  # noqa: ARG001  # the home is not there before run looked
    """A home with two accepted versions, the second in the file."""
    made = Paths(home)
    home.mkdir()
    for content in (FIRST, SECOND):
        _write(made, content)
        History(made.config_history).keep(made.config.read_bytes(), most=9)
    return made


def _write(paths: Paths, content: object) -> None:
    paths.config.write_text(content if isinstance(content, str) else json.dumps(content))


def test_show_tells_where_each_value_comes_from(run: Run, paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file, a variable, the default; and what is in force when the file cannot be used."""
    monkeypatch.setenv("RESTRIKE__LOG_LEVEL", "debug")
    document = run("config", "show", "--json").document
    values = {one["path"]: (one["value"], one["origin"]) for one in document["values"]}
    assert values["rings.mat-1.port"] == (9000, "file")
    assert values["log_level"] == ("debug", "RESTRIKE__LOG_LEVEL")
    assert values["journal.keep_hours"] == (48, "default")
    assert "journal.keep_hours" not in run("config", "show", "--changed").out
    _write(paths, "{")
    shown = run("config", "show")
    assert (shown.code, "not in force" in shown.out, "Line 1" in shown.err) == (0, True, True)
    assert run("config", "show", "--json").document["source"] == "accepted"


def test_history_and_differences(run: Run, paths: Paths) -> None:
    """What each version changed; a file that was not accepted yet is said."""
    document = run("config", "history", "--json").document
    assert [one["changed"] for one in document["versions"]] == [[], ["rings.mat-1.port", "rings.mat-2"]]
    assert (document["is_accepted"], run("config", "diff").out) == (True, "They say the same.\n")
    assert "in force" in run("config", "history").out.splitlines()[1]
    assert run("config", "diff", "1", "2").out.splitlines() == [
        "  rings.mat-1.port: 8888 -> 9000",
        '+ rings.mat-2: {"name": "mat-2"}',
    ]
    _write(paths, FIRST)
    assert "restrike config diff" in run("config", "history").out
    changes = run("config", "diff", "--json").document["changes"]
    assert [one["path"] for one in changes] == ["rings.mat-1.port", "rings.mat-2"]
    assert run("config", "diff", "7").code == 1


def test_going_back(run: Run, paths: Paths) -> None:
    """From a file that is as accepted: the one before. From any other: what was accepted last, and the file is kept."""
    done = run("config", "rollback")
    assert (done.code, "is version 1 of" in done.out, "not running" in done.out) == (0, True, True)
    assert json.loads(paths.config.read_text()) == FIRST
    _write(paths, '{"rings": [')
    document = run("config", "rollback", "--json").document
    assert (document["version"]["number"], Path(document["set_aside"]).read_text()) == (2, '{"rings": [')
    assert json.loads(paths.config.read_text()) == SECOND
    _write(paths, '{"rings": {')
    other = run("config", "rollback", "--json").document["set_aside"]
    kept = [Path(file).read_text() for file in (document["set_aside"], other)]
    assert kept == ['{"rings": [', '{"rings": {']
    assert run("config", "rollback", "99").code == 1


def test_a_version_that_cannot_be_used_any_more(run: Run, paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is checked like any file; nothing is changed."""
    monkeypatch.setenv("RESTRIKE__BUS__EVENTS", "tcp://0.0.0.0:9")
    refused = run("config", "rollback", "1")
    assert (refused.code, "RESTRIKE__BUS__EVENTS" in refused.err) == (1, True)
    assert json.loads(paths.config.read_text()) == SECOND


def test_nothing_was_accepted_yet(run: Run) -> None:
    assert "No version" in run("config", "history").out
    assert run("config", "history", "--json").document["versions"] == []
    assert run("config", "rollback").code == 1
    assert run("config", "reload").code == 3


def test_up_refuses_a_bad_file_and_offers_the_way_back(run: Run, paths: Paths) -> None:
    """All faults at once, and nothing is started though there is a version that would do."""
    _write(paths, {"rings": [{"name": "mat-1", "prot": 1}], "log_level": "loud"})
    refused = run("up", "-d")
    assert (refused.code, "prot" in refused.err, "log_level" in refused.err) == (1, True, True)
    assert "restrike config rollback" in refused.err
    paths.config.unlink()
    assert "It is gone" in run("up", "-d").err


@pytest.mark.parametrize(
    ("options", "variables"), [(["--unattended"], {}), ([], {"NOTIFY_SOCKET": "/run/systemd/notify"})]
)
def test_up_goes_on_where_nobody_is_there(
    run: Run, paths: Paths, monkeypatch: pytest.MonkeyPatch, options: list[str], variables: dict[str, str]
) -> None:
    """A reboot with a bad file: what was accepted last is taken, and said. Its port is held, so that nothing starts."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with socket.create_server(("127.0.0.1", 0)) as holder:
        endpoint = f"tcp://127.0.0.1:{holder.getsockname()[1]}"
        _write(paths, {"bus": {"events": endpoint}})
        History(paths.config_history).keep(paths.config.read_bytes(), most=9)
        _write(paths, {"rings": [{"name": "mat-1", "prot": 1}]})
        refused = run("up", "-d", *options)
    accepted, reason = refused.err.splitlines()
    assert "which was accepted last, is in force: rings[0].prot is no setting" in accepted
    assert reason.startswith(f"{endpoint} (events) cannot be used: Address already in use.")


def test_edit_puts_in_place_what_is_sound(run: Run, paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """An editor that writes nonsense changes nothing, and the next edit goes on from there."""
    monkeypatch.setenv("EDITOR", "sed -i s/9000/0/")
    refused = run("config", "edit")
    assert (refused.code, "rings[0].port" in refused.err, json.loads(paths.config.read_text())) == (1, True, SECOND)
    monkeypatch.setenv("EDITOR", "sed -i 's/: 0/: 9001/'")
    assert run("config", "edit").code == 0
    assert json.loads(paths.config.read_text())["rings"][0]["port"] == 9001
    assert not (paths.home / "restrike.json.draft").exists()
    monkeypatch.setenv("EDITOR", "false")
    assert run("config", "edit").code == 1
    monkeypatch.setenv("EDITOR", "no-such-editor")
    assert "set EDITOR" in run("config", "edit").err


def test_a_draft_never_undoes_what_others_changed(run: Run, paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file was changed since the draft was begun, or while it is edited: it stays, and the draft is not lost."""
    monkeypatch.setenv("EDITOR", "sed -i s/9000/0/")
    assert run("config", "edit").code == 1
    third = {**SECOND, "journal": {"keep_hours": 96}}
    _write(paths, third)
    monkeypatch.setenv("EDITOR", "sed -i 's/: 0/: 9001/'")
    refused = run("config", "edit")
    assert (refused.code, "restrike config edit --fresh" in refused.err) == (1, True)
    assert json.loads(paths.config.read_text()) == third
    monkeypatch.setenv("EDITOR", "sed -i s/9000/9002/")
    assert run("config", "edit", "--fresh").code == 0
    assert json.loads(paths.config.read_text())["rings"][0]["port"] == 9002
    assert json.loads(paths.config.read_text())["journal"] == {"keep_hours": 96}
    assert '"port": 0' in (paths.home / "restrike.json.draft-old").read_text()
    editor = paths.home / "editor"
    editor.write_text(f'#!/bin/sh\nsed -i s/9002/9003/ "$1"\necho \'{{"history": 7}}\' > {paths.config}\n')
    editor.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(editor))
    refused = run("config", "edit")
    assert (refused.code, "while you edited it" in refused.err) == (1, True)
    assert json.loads(paths.config.read_text()) == {"history": 7}
    assert "9003" in (paths.home / "restrike.json.draft").read_text()


def test_a_draft_that_nobody_worked_on_is_begun_anew(run: Run, paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """The editor could not be started; then the file was changed: there is nothing to go on with."""
    monkeypatch.setenv("EDITOR", "false")
    assert run("config", "edit").code == 1
    _write(paths, FIRST)
    monkeypatch.setenv("EDITOR", "sed -i s/mat-1/mat-9/")
    assert run("config", "edit").code == 0
    assert json.loads(paths.config.read_text()) == {"rings": [{"name": "mat-9"}]}


def test_the_schema_takes_what_we_take(run: Run) -> None:
    """Editors accept a file that we accept, with its `$schema`, and refuse what we refuse."""
    schema = run("config", "schema").document
    checker = jsonschema.Draft202012Validator(schema)
    checker.check_schema(schema)
    assert checker.is_valid({"$schema": "restrike.schema.json", **SECOND, "bus": {"curve": None}})
    wrongs: list[object] = [
        {"rings": [{}]},
        {"rings": [{"name": "a", "port": 0}]},
        {"colour": 1},
        {"log_level": "loud"},
    ]
    for wrong in wrongs:
        assert not checker.is_valid(wrong), wrong


def test_every_key_is_described(run: Run) -> None:
    """An editor shows what a key is for, wherever it stands."""
    schema = run("config", "schema").document
    groups = {"restrike.json": schema, **schema["$defs"]}
    found = [
        f"{name}.{key}"
        for name, group in groups.items()
        for key, field in group.get("properties", {}).items()
        if not field.get("description")
    ]
    assert found == []
