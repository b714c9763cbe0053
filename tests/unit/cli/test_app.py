"""How commands end: codes, one sentence on standard error, one document on standard output."""

import json
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from services.cli import app, udp
from shared.config import Config, Ring, load, save
from tests.unit.cli.conftest import Run


def _groups(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words that lead to each command group, groups in groups too."""
    yield path
    for name in command.list_commands(None):
        inner = command.get_command(None, name)
        if hasattr(inner, "list_commands"):
            yield from _groups(inner, (*path, name))


GROUPS = list(_groups(get_command(app.app)))


def test_version(run: Run) -> None:
    installed = version("restrike-vta")
    assert run("--version")[:2] == (0, f"restrike {installed}\n")
    assert run("version")[:2] == (0, f"restrike {installed}\n")
    assert run("version", "--json").document == {"name": "restrike-vta", "version": installed}


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("udp", "start"),
        ("db", "rollback"),
        ("match", "list", "--limit", "0"),
        ("replay", "x", "--port", "0"),
    ],
)
def test_wrong_usage_is_2(run: Run, arguments: tuple[str, ...]) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert "Usage: restrike" in err


@pytest.mark.parametrize(
    "arguments",
    [("udp", "bind", "ring-1", "eth0"), ("replay", "x", "--speed", "fast"), ("replay", "x", "--to", "8888")],
)
def test_values_that_make_no_sense_are_2(run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("udp", "status"),
        ("udp", "stop", "ring-1"),
        ("match", "show"),
        ("match", "show", "ring-1"),
    ],
)
def test_no_service_is_3(run: Run, arguments: tuple[str, ...]) -> None:
    """One sentence with what to do; with --json the error is the document, too."""
    code, out, err = run(*arguments)
    assert (code, out) == (3, "")
    assert len(err.splitlines()) == 1
    assert "restrike up" in err
    code, out, _ = run(*arguments, "--json")
    assert (code, json.loads(out)["error"]["code"]) == (3, "service.not_running")


def test_refused_is_1_and_debug_shows_where(run: Run, tmp_path: Path) -> None:
    code, out, err = run("replay", tmp_path / "none.jsonl")
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert "No such file" in err
    assert "Traceback" in run("replay", tmp_path / "none.jsonl", "--debug").err


def test_an_os_error_is_a_sentence(run: Run, home: Path) -> None:
    """A home that is a file: no traceback, no Python class names."""
    home.write_text("")
    code, _, err = run("udp", "bind", "ring-1", "auto")
    assert (code, len(err.splitlines())) == (1, 1)
    assert str(home) in err


@pytest.mark.usefixtures("run")
def test_a_fault_of_ours_is_a_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What no command foresaw reaches the hook, which prints a line; --debug leaves Python's traceback."""

    def fail() -> None:
        raise KeyError("x")

    monkeypatch.setattr(udp, "Client", lambda _: fail())
    with pytest.raises(KeyError) as caught:
        app.main(["udp", "status"])
    sys.excepthook(caught.type, caught.value, caught.tb)
    out, err = capsys.readouterr()
    assert ("This is a fault" in err, out) == (True, "")
    with pytest.raises(KeyError) as caught:
        app.main(["udp", "status", "--json"])
    sys.excepthook(caught.type, caught.value, caught.tb)
    out, err = capsys.readouterr()
    assert "This is a fault" in err
    assert json.loads(out)["error"]["code"] == "internal"


@pytest.mark.parametrize("group", GROUPS)
def test_every_command_has_an_example(run: Run, group: tuple[str, ...]) -> None:
    code, out, _ = run(*group, "--help")
    assert code == 0
    listed = out.partition("Commands:\n")[2].partition("\n\n")[0]
    names = [line.split()[0] for line in listed.splitlines() if line.startswith("  ") and line[2] != " "]
    assert names
    for name in (name for name in names if (*group, name) not in GROUPS):
        shown = run(*group, name, "--help").out
        assert "Example: restrike" in shown, name
        assert "--json" in shown, name


def test_bind_edits_the_file_and_keeps_the_rest(run: Run, home: Path) -> None:
    rings = [Ring(name="ring-1", port=9001, allow=["10.0.0.0/8"]), Ring(name="ring-2", port=9002)]
    save(home / "restrike.json", Config(rings=rings, log_level="debug"))
    done = run("udp", "bind", "ring-2", "auto", "--json")
    assert (done.code, done.document["bind"], done.document["status"]) == (0, "auto", None)
    after = load(home / "restrike.json")
    assert after == Config(rings=[rings[0], Ring(name="ring-2", port=9002, bind="auto")], log_level="debug")
    assert "next start" in run("udp", "bind", "ring-1", "192.0.2.7").out
    assert run("udp", "bind", "ring-3", "auto").code == 1
    assert load(home / "restrike.json").rings[0].bind == "192.0.2.7"


def test_config_show_and_check(run: Run, home: Path) -> None:
    shown = run("config", "show", "--json").document
    assert (shown["exists"], shown["config"]["rings"][0]["port"]) == (False, 8888)
    assert run("config", "check").code == 0
    home.mkdir()
    (home / "restrike.json").write_text('{"log_level": "loud", "colour": 1}')
    code, _, err = run("config", "check")
    assert (code, len(err.splitlines())) == (1, 2)
    done = run("config", "check", "--json")
    assert (done.code, len(done.document["faults"])) == (1, 2)
    assert run("config", "show").code == 1
    assert run("config", "check", home / "none.json").code == 1


def test_config_keys_never_shows_a_secret(run: Run, home: Path) -> None:
    told = run("config", "keys", "--client", "tablet").out + run("config", "keys", "--client", "other", "--json").out
    secrets = [path.read_text().strip() for path in (home / "keys").glob("*.secret")]
    assert len(secrets) == 3
    assert not any(secret in told for secret in secrets)
    assert "secret_key_file" in told
    assert run("config", "keys", "--client", "tablet").code == 1
