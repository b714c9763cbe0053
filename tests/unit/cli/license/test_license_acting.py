"""`restrike license activate`, `check`, `deactivate`, `request` and `install`: keys, questions and files."""

import errno
import io
import os
import sys
from pathlib import Path

import msgspec
import pytest

from services.cli.license.files import MOST_BYTES, WrittenFile, text_of
from services.cli.license.typed_key import VARIABLE
from shared.errors import NetworkError, ValidationError
from shared.messages.license import (
    ActivateLicense,
    DeactivateLicense,
    InstallLicense,
    LicenseReleased,
    LicenseRequest,
    LicenseState,
    RequestLicense,
)
from shared.rpc import RefusedError
from tests.unit.cli.conftest import Run
from tests.unit.cli.license.conftest import VALID, Service

KEY = "RSTK-PTXH5-GGQ7K-BVEM0-HQKFV"
TRIAL = msgspec.structs.replace(VALID, state=LicenseState.TRIAL, license_id=None, expires_at_us=None)
RELEASE = '{"format": "restrike-license-request 1"}'
TEXT = "restrike1.k1.eyJ9.c2ln"


@pytest.fixture(autouse=True)
def _answers(service: Service) -> None:
    service.answers |= {
        "get_license": VALID,
        "activate_license": VALID,
        "check_license": VALID,
        "install_license": VALID,
        "request_license": LicenseRequest(request=RELEASE),
        "deactivate_license": LicenseReleased(status=TRIAL, release=None),
    }


def on_stdin(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """What the next command reads."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


# Keys


@pytest.mark.parametrize("typed", [KEY, KEY.lower(), KEY.replace("-", " "), KEY[5:]])
def test_a_key_as_people_type_it(run: Run, service: Service, monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    """In the environment and on standard input; afterwards it is told what is allowed."""
    monkeypatch.setenv(VARIABLE, typed)
    done = run("license", "activate", "--author", "ana")
    assert done.out.startswith("Activated.\n✓ VALID\n")
    assert "allowed     OBS automation, Replay clips" in done.out
    on_stdin(monkeypatch, typed.encode() + b"\r\n")
    assert run("license", "activate", "-", "--author", "ana", "--json").document["license"]["license_id"] == "L-1"
    assert service.asked == [ActivateLicense(key=KEY, author="ana")] * 2


def test_a_key_is_asked_for_and_not_shown(run: Run, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal; elsewhere it is said how it can be given."""
    asked = []

    def prompt(text: str, *, hide_input: bool, err: bool) -> str:
        asked.append((text, hide_input, err))
        return KEY

    monkeypatch.setattr("typer.prompt", prompt)
    done = run("license", "activate")
    assert (done.code, asked, service.asked) == (1, [], [])
    assert "standard input" in done.err
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    assert run("license", "activate").code == 0
    assert asked == [("Activation key (it is not shown)", True, True)]


@pytest.mark.parametrize("typed", ["", "RSTK-1234", KEY + "0", "RSTK-PTXH5-GGQ7K-BVEM0-HQKF!", "ä" * 20])
def test_what_is_no_key_is_not_repeated(
    run: Run, service: Service, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    """It may be most of one."""
    on_stdin(monkeypatch, typed.encode())
    done = run("license", "activate", "-", "--json")
    assert (done.code, done.document["error"]["code"], service.asked) == (1, "license.key", [])
    assert not typed or typed not in done.out + done.err


@pytest.mark.parametrize("act", ["activate", "request"])
def test_a_key_is_no_argument(run: Run, service: Service, act: str) -> None:
    """Others on the machine could read it; it is said how it is given, and the key is not repeated."""
    done = run("license", act, KEY)
    assert (done.code, service.asked, KEY in done.err) == (2, [], False)
    said = " ".join(done.err.split())
    assert "an activation key is no argument" in said
    assert VARIABLE in said


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("license.server_not_reached", "license.server_url"),
        ("license.server_not_reached", "restrike license request"),
        ("license.server_not_understood", "a page to log in"),
        ("license.server_failed", "Try again"),
        ("license.server_lies", "stands between"),
        ("license.ca_file", "license.ca_file"),
    ],
)
def test_what_to_do_about_the_server(run: Run, service: Service, code: str, hint: str) -> None:
    """Behind what the service said."""
    service.answers["check_license"] = RefusedError(code, "licence.example.org: no answer within 8 s.")
    done = run("license", "check")
    assert (done.code, hint in done.err) == (1, True)
    assert done.err.startswith("licence.example.org: no answer within 8 s. ")


def test_what_the_vendor_refused(run: Run, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is told as the vendor said it; and a service that is silent may have done it."""
    monkeypatch.setenv(VARIABLE, KEY)
    service.answers["activate_license"] = RefusedError("license.server.seats_taken", "All seats are taken.")
    assert run("license", "activate").err == "All seats are taken.\n"
    service.answers["activate_license"] = NetworkError("service.no_answer", "license did not answer within 30 s.")
    done = run("license", "activate")
    assert (done.code, "restrike license status" in done.err) == (3, True)


# Deactivating


def test_it_asks_before(run: Run, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody can be asked, --yes is needed; a no changes nothing."""
    refused = run("license", "deactivate")
    assert (refused.code, "--yes" in refused.err) == (1, True)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("typer.confirm", lambda *_, **__: False)
    declined = run("license", "deactivate")
    assert (declined.code, "Nothing was changed." in declined.err) == (1, True)
    assert not [one for one in service.asked if isinstance(one, DeactivateLicense)]
    monkeypatch.setattr("typer.confirm", lambda *_, **__: True)
    done = run("license", "deactivate")
    assert (done.code, done.out.splitlines()[:2]) == (0, ["The licence is no longer on this machine.", "✓ TRIAL"])


def test_a_release_is_written(run: Run, service: Service, here: Path) -> None:
    """For its owner alone, and never over another one."""
    service.answers["deactivate_license"] = LicenseReleased(status=TRIAL, release=RELEASE)
    done = run("license", "deactivate", "--offline", "--yes")
    file = here / "license-release.json"
    assert (file.read_text(), file.stat().st_mode & 0o777) == (f"{RELEASE}\n", 0o600)
    assert "Send it to the vendor" in done.out
    again = run("license", "deactivate", "--offline", "--yes", "--json")
    assert (again.code, again.document["error"]["code"]) == (1, "file.exists")
    assert [one.name for one in service.asked] == ["deactivate_license"]
    assert run("license", "deactivate", "--yes", "-o", "elsewhere").code == 2


@pytest.mark.usefixtures("here")
def test_where_there_is_no_place_for_a_release_nothing_is_done(
    run: Run, service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No such folder, a folder, a full disk: the licence stays."""
    assert run("license", "deactivate", "--offline", "--yes", "-o", "none/file").code == 1
    assert run("license", "deactivate", "--offline", "--yes", "-o", tmp_path).code == 1

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    done = run("license", "deactivate", "--offline", "--yes")
    assert (done.code, done.err) == (1, "license-release.json: No space left on device.\n")
    assert (list(tmp_path.iterdir()), service.asked) == ([], [])


@pytest.mark.usefixtures("here")
def test_a_release_that_cannot_be_written_is_printed(
    run: Run, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is but one of it."""
    service.answers["deactivate_license"] = LicenseReleased(status=TRIAL, release=RELEASE)

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fail)
    done = run("license", "deactivate", "--offline", "--yes")
    assert done.code == 1
    assert RELEASE in done.err.splitlines()


@pytest.mark.parametrize("answer", [RefusedError("license.none", "There is none."), None])
def test_no_empty_file_stays(run: Run, service: Service, here: Path, answer: RefusedError | None) -> None:
    """Where there is no licence, or one that could not be read."""
    service.answers["deactivate_license"] = answer or LicenseReleased(status=TRIAL, release=None)
    done = run("license", "deactivate", "--offline", "--yes")
    assert list(here.iterdir()) == []
    assert (done.code, "ask the vendor" in done.err) == ((1, False) if answer else (0, True))


# Requests and answers


def test_a_request_never_takes_the_place_of_another_file(
    run: Run, service: Service, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless that is wanted; and then only once there is a new one."""
    monkeypatch.setenv(VARIABLE, KEY)
    file = here / "license-request.json"
    done = run("license", "request", "--author", "ana")
    assert (done.code, file.stat().st_mode & 0o777, "restrike license install FILE" in done.out) == (0, 0o600, True)
    assert service.asked == [RequestLicense(key=KEY, author="ana")]
    file.write_text("precious")
    assert run("license", "request").code == 1
    service.answers["request_license"] = RefusedError("license.failed", "It failed.")
    assert run("license", "request", "--force").code == 1
    assert [path.read_text() for path in here.iterdir()] == ["precious"]
    service.answers["request_license"] = LicenseRequest(request="new")
    assert run("license", "request", "--force", "--json").document == {"file": file.name}
    assert [path.read_text() for path in here.iterdir()] == ["new\n"]


def test_a_link_is_not_written_through(here: Path) -> None:
    """Not to a file that is there, nor to one that would be made."""
    (here / "link").symlink_to(here / "target")
    with pytest.raises(ValidationError, match="there already"):
        WrittenFile.new(here / "link")
    with WrittenFile.new(here / "link", is_forced=True) as file:
        file.write("x")
    assert not (here / "target").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"\x7fELF\x02\x01\x01\x00\x00\x00", "is no text"),
        (b"\xff\xfe\x00", "is no text"),
        (b"caf\xe9", "is no text"),
        (b"<!DOCTYPE html><html>", "is a web page"),
        (RELEASE.encode(), "send it there"),
        (b'{"format": 1}', "is no licence"),
        (b"[" * 50_000, "is no licence"),
        (KEY.encode(), "restrike license activate -"),
        (b"Dear customer,", "is no licence"),
        (b"x" * (MOST_BYTES + 1), "far too large"),
    ],
)
def test_what_is_no_answer(run: Run, service: Service, here: Path, content: bytes, said: str) -> None:
    """Each is told apart, with what to do; nothing of it is sent."""
    (here / "file").write_bytes(content)
    done = run("license", "install", "file", "--json")
    assert (done.code, done.document["error"]["code"], service.asked) == (1, "license.no_answer_file", [])
    assert done.err.startswith("file ")
    assert said in done.err


@pytest.mark.parametrize("content", [TEXT.encode(), b"\xef\xbb\xbf" + TEXT.encode(), TEXT.encode("utf-16")])
def test_an_answer_is_sent(
    run: Run, service: Service, here: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    """As editors of all systems save it; by file and on standard input."""
    (here / "answer").write_bytes(content)
    assert run("license", "install", "answer", "--author", "ana").out.startswith("Installed.\n✓ VALID\n")
    on_stdin(monkeypatch, content)
    assert run("license", "install", "-", "--author", "ana", "--json").code == 0
    assert service.asked == [InstallLicense(text=TEXT, author="ana")] * 2


def test_a_file_that_cannot_be_read(run: Run, here: Path) -> None:
    """One sentence with its name."""
    for name in ("none", str(here)):
        done = run("license", "install", name)
        assert (done.code, done.err.startswith(f"{name}: "), done.err.count("\n")) == (1, True, 1)
    with pytest.raises(FileNotFoundError):
        text_of("none")


def test_a_fifo_is_not_waited_for(run: Run, service: Service, here: Path) -> None:
    """Nobody may ever write to it."""
    os.mkfifo(here / "fifo")
    done = run("license", "install", "fifo")
    assert (done.code, "no plain file" in done.err, service.asked) == (1, True, [])
