"""`restrike settings`: what it shows, what it refuses, and files of settings. db-writer's part runs in this process."""

import io
import json
import os
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from services.cli import writer
from services.cli.settings.changing import VARIABLE
from services.db_writer.once import _carry_out
from shared.db.sqlite import connect_reader
from shared.paths import Paths
from shared.settings.catalogue import CATALOGUE
from shared.settings.key import Category, Key, Kind
from shared.settings.secrets import Secrets
from shared.settings.values import MASK
from tests.unit.cli.conftest import Run

CLEAR = "chong-hong-4711"
OPTIONS = Key(
    name="test.options",
    category=Category.UI,
    title="Options",
    description="Of this test.",
    kind=Kind.JSON,
    default={"a": 1},
)
PASSWORD = Key(
    name="test.password",
    category=Category.OBS,
    title="Password",
    description="Of this test.",
    kind=Kind.STRING,
    default="",
    is_sensitive=True,
)


@pytest.fixture
def paths(
    run: Run,  # noqa: ARG001  # it must find no home yet
    home: Path,
    migrated: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> Paths:
    """A home with a database, two settings more, and db-writer's part in this process."""
    paths = Paths(home)
    paths.prepare()
    paths.database.write_bytes(migrated)
    for key in (OPTIONS, PASSWORD):
        monkeypatch.setitem(CATALOGUE, key.name, key)
    monkeypatch.setattr(writer, "ask", lambda command, *, paths: _carry_out(command, paths))
    return paths


def test_without_a_database_all_is_default(run: Run, home: Path) -> None:
    """Nothing is made by looking."""
    listed = run("settings", "list", "--json").document["settings"]
    assert [one["name"] for one in listed] == list(CATALOGUE)
    assert all(one["is_default"] and one["fault"] is None for one in listed)
    assert run("settings", "list", "--changed", "--json").document == {"settings": []}
    assert run("settings", "history", "--json").document == {"changes": []}
    done = run("settings", "get", "udp.clients_kept")
    assert (done.code, done.out) == (0, "1000\n")
    assert "Takes a whole number from 10 to 100000; default 1000." in done.err
    assert not home.exists()


@pytest.mark.usefixtures("paths")
def test_a_value_is_set_shown_and_put_back(run: Run) -> None:
    """By what is said to people, and in the documents for programs."""
    done = run("settings", "set", "advanced.writer_nice", "7", "--reason", "busy", "--author", "ana")
    assert done.out == "advanced.writer_nice is 7: in force when the suite starts.\n"
    assert run("settings", "set", "advanced.writer_nice", "7").out == "advanced.writer_nice has this value already.\n"
    assert run("settings", "get", "advanced.writer_nice").out == "7\n"
    (listed,) = run("settings", "list", "--changed", "--json").document["settings"]
    assert (listed["value"], listed["default"], listed["changed_by"]) == (7, 5, "ana")
    assert run("settings", "set", "test.options", ' {"b": [1]}').out.startswith('test.options is {"b":[1]}: ')
    assert run("settings", "get", "test.options", "--json").document["value"] == {"b": [1]}
    assert run("settings", "list", "--category", "ui").out.splitlines()[1].split() == [
        *("test.options", '{"b":[1]}', '{"a":1}', "Options")
    ]
    (changed,) = run("settings", "reset", "advanced.writer_nice", "--json").document["changed"]
    assert (changed["is_default"], changed["needs_restart"]) == (True, ["db-writer"])
    found = run("settings", "history", "advanced.writer_nice", "--json").document["changes"]
    assert [(one["old_value"], one["new_value"], one["reason"]) for one in found] == [
        ("7", None, None),
        (None, "7", "busy"),
    ]


def test_a_refused_value_is_in_the_audit(run: Run, paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the rule that it broke; of a sensitive one the value is not kept."""
    assert run("settings", "set", "advanced.writer_nice", "70", "--author", "ana").code == 1
    monkeypatch.setenv(VARIABLE, "se\ncret")
    assert run("settings", "set", "test.password").code == 1
    with closing(connect_reader(paths.database)) as connection:
        acts = "SELECT action, target, author, outcome, error FROM operator_audit ORDER BY id"
        nice, password = connection.execute(acts).fetchall()
    assert nice[:4] == ("setting.change", "advanced.writer_nice", "ana", "refused")
    assert "at most 19 (rule max)" in nice[4]
    assert (password[1], password[3], "cret" in password[4]) == ("test.password", "refused", False)


@pytest.mark.usefixtures("paths")
def test_a_folder_for_backups_that_is_not_there_is_told(run: Run, tmp_path: Path) -> None:
    """A disk that is not in is no mistake, but until it is, no backup can be made; an empty text is shown as such."""
    done = run("settings", "set", "backup.folder", tmp_path / "usb")
    assert (done.code, "There is no such folder now" in done.err) == (0, True)
    assert run("settings", "set", "backup.folder", tmp_path).err == ""
    assert run("settings", "reset", "backup.folder").err == ""
    assert "default empty." in run("settings", "get", "backup.folder").err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("set", "advanced.writer_nice", "70"), "advanced.writer_nice must be at most 19 (rule max)."),
        (("set", "advanced.writer_mice", "7"), "Did you mean advanced.writer_nice?"),
        (("set", "advanced.writer_nice"), f"Give advanced.writer_nice a value, or --stdin, or set {VARIABLE}."),
        (("get", "x"), "There is no such setting."),
        (("history", "x"), "There is no such setting."),
        (("reset", "x"), "There is no such setting."),
    ],
)
def test_what_is_refused_before_anybody_is_asked(run: Run, arguments: tuple[str, ...], sentence: str) -> None:
    """With one sentence, and 1."""
    done = run("settings", *arguments)
    assert (done.code, done.out) == (1, "")
    assert sentence in done.err


def test_a_secret_comes_by_no_argument(run: Run, paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """By standard input, the environment (which nothing that is started has) or a prompt; it is never shown again."""
    done = run("settings", "set", "test.password", CLEAR)
    assert (done.code, done.out) == (1, "")
    assert "leave the value out to be asked for it" in done.err
    shown = [done.err]
    for text in (f"{CLEAR}\n", f"{CLEAR}2"):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        done = run("settings", "set", "test.password", "--stdin")
        assert done.out == "test.password is ********: in force when the suite starts.\n"
    monkeypatch.setenv(VARIABLE, f"{CLEAR}3")
    assert run("settings", "set", "test.password").code == 0
    assert VARIABLE not in os.environ
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff")))
    assert "takes UTF-8 text" in run("settings", "set", "test.password", "--stdin").err
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\n")))
    assert "restrike settings reset test.password" in run("settings", "set", "test.password", "--stdin").err
    assert run("settings", "set", "test.password").code == 1
    for command in (["list"], ["get", "test.password"], ["history"], ["list", "--json"], ["history", "--json"]):
        done = run("settings", *command)
        assert MASK in done.out
        shown += [done.out, done.err]
    assert CLEAR not in "".join(shown)
    stored = Secrets(paths)
    assert stored.path.exists()


def test_a_lost_key_is_named_with_what_to_do(run: Run, paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything else is shown; the command ends with 1."""
    monkeypatch.setenv(VARIABLE, CLEAR)
    run("settings", "set", "test.password")
    Secrets(paths).path.unlink()
    for command in (("list",), ("get", "test.password")):
        done = run("settings", *command)
        assert done.code == 1
        assert "put that file back, or set the value again" in done.err
        assert "restrike settings set test.password" in done.err
    assert run("settings", "get", "udp.clients_kept").code == 0
    assert run("settings", "reset", "test.password").code == 0
    assert run("settings", "list").code == 0


@pytest.mark.usefixtures("paths")
def test_settings_travel_in_a_file(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sensitive ones stay behind and are named; what the file does not name stays as it is."""
    file = tmp_path / "venue.json"
    monkeypatch.setenv(VARIABLE, CLEAR)
    run("settings", "set", "test.password")
    run("settings", "set", "udp.clients_kept", "500")
    run("settings", "set", "test.options", '{"b":[2]}')
    assert "test.password was left out" in run("settings", "export", file).err
    assert "is there already" in run("settings", "export", file).err
    document = json.loads(file.read_text())
    assert document["values"] == {"udp.clients_kept": 500, "test.options": {"b": [2]}}
    assert document["left_out"] == ["test.password"]
    run("settings", "reset", "udp.clients_kept")
    run("settings", "reset", "test.options")
    run("settings", "set", "advanced.writer_nice", "9")
    would = run("settings", "import", file, "--dry-run", "--json").document["would_change"]
    assert [one["name"] for one in would] == ["udp.clients_kept", "test.options"]
    assert run("settings", "get", "udp.clients_kept").out == "1000\n"
    assert run("settings", "import", file).code == 0
    assert [
        run("settings", "get", name).out for name in ("udp.clients_kept", "test.options", "advanced.writer_nice")
    ] == [*("500\n", '{"b":[2]}\n', "9\n")]
    assert run("settings", "history", "--json").document["changes"][0]["reason"] == "imported from venue.json"


@pytest.mark.usefixtures("paths")
def test_an_import_tells_every_fault_and_changes_nothing(run: Run, tmp_path: Path) -> None:
    """All of them at once, secrets among them."""
    file = tmp_path / "bad.json"
    values: dict[str, Any] = {
        "udp.clients_kept": 500,
        "advanced.writer_nice": 99,
        "advanced.commit_rest_ms": "5",
        "udp.nothing": 1,
        "test.password": CLEAR,
        "udp.heard_within_s": [1],
    }
    header = {"format": "restrike settings", "version": 1, "exported_at": "2026-01-01T00:00:00Z"}
    file.write_text(json.dumps({**header, "values": values}))
    done = run("settings", "import", file)
    assert done.code == 1
    assert len(done.err.splitlines()) == 5
    assert CLEAR not in done.err
    assert len(run("settings", "import", file, "--json").document["faults"]) == 5
    assert run("settings", "list", "--changed", "--json").document == {"settings": []}
    for text in ("", "[]", "{}", json.dumps({**header, "version": 2, "values": {}}), "[" * 100_000):
        file.write_text(text)
        done = run("settings", "import", file)
        assert done.code == 1
        assert "is not a file of settings" in done.err or "another version" in done.err
    assert run("settings", "import", tmp_path / "missing.json").code == 1
