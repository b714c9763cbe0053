"""Connections: made, changed, shown and removed; their password comes where nobody can read it, and is never shown."""

import io
import os
from contextlib import closing

import pytest

from shared.db.obs_config import password_of
from shared.db.sqlite import connect_reader
from shared.messages.obs import LinkState
from shared.paths import Paths
from shared.settings.secrets import Secrets
from tests.unit.cli.conftest import Run
from tests.unit.cli.obs.conftest import Bridge, status_of

CLEAR = "chong-hong-4711"
VARIABLE = "RESTRIKE_OBS_PASSWORD"


def _password(paths: Paths, name: str = "main") -> str | None:
    with closing(connect_reader(paths.database)) as connection:
        return password_of(connection, name, Secrets(paths))


def _on_stdin(monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(body)))


@pytest.mark.usefixtures("paths")
def test_a_new_connection_needs_only_its_name(run: Run) -> None:
    """OBS on this machine, for everything, of all rings; `list` and `--json` say the same."""
    done = run("obs", "add", "main")
    assert done.code == 0, done.err
    assert "Made main.\n" in done.out
    assert "127.0.0.1:4455, no password" in done.out
    assert "restrike obs test main" in done.out
    listed = run("obs", "list")
    assert listed.out.splitlines()[1].split() == ["main", "127.0.0.1:4455", "all", "all", "-"]
    assert "obs-bridge is not running" in listed.err
    (one,) = run("obs", "list", "--json").document["connections"]
    assert (one["roles"], one["rings"], one["is_active"]) == (["recording", "replay", "streaming", "scenes"], [], True)
    assert (one["recording"]["records_matches"], one["state"], one["reason"]) == (True, None, None)


@pytest.mark.usefixtures("paths")
def test_fields_are_changed_one_by_one(run: Run) -> None:
    """What is not named stays; an empty map takes all folders away, `all` all rings."""
    made = run(
        *("obs", "add", "left", "--host", "10.0.0.5", "--port", "4456", "--roles", "recording, replay"),
        *("--rings", "ring-1,ring-2", "--map", "D:\\Rec=/mnt/rec", "--map", "E:\\a=b=/mnt/e", "--json"),
    ).document["connection"]
    assert (made["host"], made["port"], made["roles"]) == ("10.0.0.5", 4456, ["recording", "replay"])
    assert made["rings"] == ["ring-1", "ring-2"]
    assert made["path_map"] == {"D:\\Rec": "/mnt/rec", "E:\\a=b": "/mnt/e"}
    assert "left        10.0.0.5:4456  rec,replay  ring-1,ring-2  -" in run("obs", "list").out
    changed = run("obs", "edit", "left", "--rings", "all", "--rename", "right", "--json").document["connection"]
    assert changed == made | {"connection": "right", "rings": []}
    changed = run("obs", "edit", "right", "--map", "", "--roles", "all", "--json").document["connection"]
    assert (changed["path_map"], len(changed["roles"]), changed["port"]) == ({}, 4, 4456)
    assert run("obs", "remove", "right").out == "Removed right. What was recorded through it stays.\n"
    assert "There is no connection to OBS yet" in run("obs", "list").out


def test_a_password_that_is_no_text_is_not_shown(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that are no UTF-8 are refused in a sentence that does not hold them."""
    monkeypatch.setenv(VARIABLE, f"{CLEAR}\udcff")
    refused = run("obs", "add", "main")
    assert (refused.code, refused.out) == (1, "")
    assert "A password is one line of UTF-8" in refused.err
    assert CLEAR not in refused.err


def test_a_password_is_given_in_secret(run: Run, paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """By standard input or the environment, which nothing that is started has; nothing that is printed holds it."""
    shown = []
    _on_stdin(monkeypatch, f"{CLEAR}\r\n".encode())
    done = run("obs", "add", "main", "--password-stdin")
    assert "with a password" in done.out
    assert _password(paths) == CLEAR
    shown += [done]
    monkeypatch.setenv(VARIABLE, f"{CLEAR}2")
    shown += [run("obs", "edit", "main", "--port", "4457")]
    assert _password(paths) == CLEAR  # an edit does not take it by accident
    assert VARIABLE not in os.environ
    monkeypatch.setenv(VARIABLE, f"{CLEAR}2")
    shown += [run("obs", "edit", "main", "--password", "--json")]
    assert _password(paths) == f"{CLEAR}2"
    monkeypatch.setenv(VARIABLE, f"{CLEAR}3")
    shown += [run("obs", "add", "two"), run("obs", "list", "--json"), run("obs", "list"), run("query", "audit")]
    assert _password(paths, "two") == f"{CLEAR}3"
    assert run("obs", "edit", "main", "--no-password", "--json").document["connection"]["has_password"] is False
    assert _password(paths) is None
    assert not any(CLEAR in done.out + done.err for done in shown)
    assert CLEAR.encode() not in paths.database.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("add", "main", "--roles", "recording,sound"), 2, "'sound' is none of recording, replay"),
        (("add", "main", "--map", "D:\\Rec"), 2, "is not written as 'D:\\Rec=/mnt/rec'"),
        (("add", "main", "--map", "=/mnt/rec"), 2, "is not written as"),
        (("add", "main", "--password-stdin", "--no-password"), 2, "a password is given, too"),
        (("add", "main", "--port", "0"), 2, "--port"),
        (("add", "main", "--password", "x"), 2, "--password"),
        (("add", "old"), 1, "of that name already"),
        (("add", "No Name"), 1, "a-z, 0-9 and -"),
        (("edit", "old"), 1, "Name something to change"),
        (("edit", "old", "--rings", ""), 2, "name rings, or all for every one"),
        (("edit", "old", "--rings", "none"), 1, "is not none"),
        (("edit", "old", "--rename", "-x"), 1, "does not begin with -"),
        (("add", "--", "-x"), 1, "does not begin with -"),
        (("edit", "old", "--password"), 1, "no terminal to ask on"),
        (("edit", "none", "--port", "1"), 1, "no OBS connection of that name"),
        (("remove", "none"), 1, "no OBS connection of that name"),
        (("recording", "none"), 1, "There are: old."),
        (("connect", "none"), 1, "no OBS connection of that name"),
    ],
)
def test_refusals(bridge: Bridge, run: Run, words: tuple[str, ...], code: int, said: str) -> None:  # noqa: ARG001  # a bridge runs
    """In a sentence, with nothing changed."""
    run("obs", "add", "old")
    done = run("obs", *words)
    assert (done.code, done.out) == (code, "")
    assert said in " ".join(done.err.split())
    assert len(run("obs", "list", "--json").document["connections"]) == 1


def test_a_password_that_is_none(run: Run, paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that are no text are refused, and not repeated."""
    _on_stdin(monkeypatch, b"\xff" + CLEAR.encode())
    done = run("obs", "add", "main", "--password-stdin")
    assert (done.code, "one line of UTF-8" in done.err, CLEAR in done.err) == (1, True, False)
    assert not Secrets(paths).path.exists()


def test_the_list_has_states(bridge: Bridge, run: Run) -> None:
    """Of each connection while obs-bridge runs; no table is wider than 100 columns."""
    name = "x" * 32
    for words in (
        ("main",),
        (name, "--host", "h" * 60, "--rings", "ring-1,ring-2,ring-3", "--roles", "replay,streaming,scenes"),
        ("off",),
    ):
        run("obs", "add", *words)
    run("obs", "disconnect", "off")
    bridge.statuses = [status_of("main"), status_of(name, LinkState.AUTHENTICATING, reason="Soon.")]
    listed = run("obs", "list")
    assert (listed.code, listed.err) == (0, "")
    lines = listed.out.splitlines()
    assert max(map(len, lines)) <= 100
    assert name in lines[3]
    assert [line.split("  ")[-1] for line in lines[1:]] == ["connected", "off", "authenticating"]
    last = run("obs", "list", "--json").document["connections"][2]
    assert (last["connection"], last["state"], last["reason"]) == (name, "authenticating", "Soon.")


@pytest.mark.usefixtures("paths")
def test_how_it_records_is_shown_and_changed(run: Run) -> None:
    """Seconds as people write them; what differs from a new connection is marked; an empty text takes a choice back."""
    run("obs", "add", "main")
    shown = run("obs", "recording", "main")
    assert "  --pre-roll       5 s\n" in shown.out
    assert "  --root           as OBS is set\n" in shown.out
    assert "*" not in shown.out.split("\n", 1)[1]
    assert max(map(len, shown.out.splitlines())) <= 100
    changed = run(
        *("obs", "recording", "main", "--pre-roll", "2.5", "--root", "D:\\Rec", "--format", "mkv", "--no-chapters"),
        *("--start-on", "load", "--least-free", "4096", "--file-name", "{ring} {matchNumber}", "--json"),
    ).document["recording"]
    assert (changed["pre_roll_ms"], changed["root"], changed["format"]) == (2500, "D:\\Rec", "mkv")
    assert (changed["chapters"], changed["start_on"], changed["least_free_mib"]) == (False, "load", 4096)
    assert (changed["file_name"], changed["post_roll_ms"]) == ("{ring} {matchNumber}", 10_000)
    after = run("obs", "recording", "main", "--root", "")
    assert "* --pre-roll       2.5 s\n" in after.out
    assert "  --root           as OBS is set\n" in after.out
    assert "* --format         mkv\n" in after.out
    assert run("obs", "recording", "main", "--no-records").code == 0
    assert "  --records        no\n" in run("obs", "recording", "main").out.replace("*", " ")
    assert run("obs", "recording", "main", "--start-on", "decision").code == 2
    assert run("obs", "recording", "main", "--pre-roll", "-1").code == 2
    refused = run("obs", "recording", "main", "--file-name", "{nothing}")
    assert (refused.code, "nothing" in refused.err) == (1, True)
