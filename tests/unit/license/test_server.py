"""The vendor's server, asked by real HTTPS: whatever it does, there is an answer with a code and a sentence."""

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final
from unittest.mock import Mock

import msgspec
import pytest

from services.license import server as module
from services.license.server import Server, ServerRefusedError, exchange
from shared.clock import monotonic_s
from shared.errors import NetworkError
from shared.licensing.statements import (
    Activation,
    ActivationRequest,
    AnyRequest,
    Checked,
    CheckRequest,
    Released,
    ReleaseRequest,
    Standing,
)
from tests.support.licensing.https import Call, Https
from tests.support.licensing.vendor import ISSUED_AT, Vendor
from tests.support.suite import free_port
from tests.support.wait import eventually, lenient

VENDOR: Final = Vendor.new()
FORGER: Final = Vendor.new()
STRANGER: Final = Vendor.new("stranger")
TEXT: Final = VENDOR.text(VENDOR.license())
KEY: Final = "RSTK-MARKD-KEY00-00000-00001"
CHECK: Final = CheckRequest(license=TEXT, machine="os-1", nonce="n-1")
GOOD: Final = Checked(nonce="n-1", at=ISSUED_AT, license_id="L-2026-0001", machine="os-1", standing=Standing.GOOD)


@pytest.fixture
def https(tmp_path: Path) -> Iterator[Https]:
    with Https(tmp_path / "tls", lambda call: call.sign(VENDOR, GOOD)) as running:
        yield running


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STEP_S", 0.15)
    monkeypatch.setattr(module, "WHOLE_S", 0.25)


def ask(
    https: Https,
    request: AnyRequest = CHECK,
    kind: Any = Checked,
    *,
    url: str | None = None,
    ca_file: str | None = None,
) -> Any:
    url, ca_file = https.url if url is None else url, https.ca_file if ca_file is None else ca_file
    return exchange(url, ca_file, request, kind, VENDOR.ring)


def refused(
    https: Https, say: Callable[[Call], None] | None = None, *, url: str | None = None, ca_file: str | None = None
) -> NetworkError:
    """The error that follows when the server does `say`; its sentence is fit to be shown."""
    if say is not None:
        https.say = say
    with pytest.raises(NetworkError) as error:
        ask(https, url=url, ca_file=ca_file)
    assert error.value.message.isprintable()
    assert "\ufffd" not in error.value.message
    assert len(error.value.message) < 400
    return error.value


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (ActivationRequest(key=KEY, machine="m", nonce="n-1"), Activation(nonce="n-1", at=ISSUED_AT, license=TEXT)),
        (CHECK, GOOD),
        (ReleaseRequest(license=TEXT, machine="m", nonce="n-1"), Released(nonce="n-1", at=1, license_id="L")),
    ],
    ids=["activate", "check", "release"],
)
def test_what_is_asked_is_answered(https: Https, request_: AnyRequest, answer: Any) -> None:
    """Each at its own path, as JSON; below a path of the server's own, too."""
    seen: list[AnyRequest] = []

    def say(call: Call) -> None:
        seen.append(call.request)
        call.sign(VENDOR, answer)

    https.say = say
    assert ask(https, request_, type(answer)) == answer
    assert seen == [request_]

    def say_below(call: Call) -> None:
        call.path = call.path.removeprefix("/restrike")
        say(call)

    https.say = say_below
    assert ask(https, request_, type(answer), url=f"{https.url}/restrike/") == answer


@pytest.mark.parametrize(
    ("name", "answer", "vendor"),
    [
        ("a wrong signature", GOOD, FORGER),
        ("an old answer", msgspec.structs.replace(GOOD, nonce="n-0"), VENDOR),
        ("another answer", Released(nonce="n-1", at=1, license_id="L"), VENDOR),
        ("a licence", VENDOR.license(), VENDOR),
    ],
)
def test_a_server_that_lies(https: Https, name: str, answer: Any, vendor: Vendor) -> None:
    """Only what the vendor signed, as the answer to this question, counts."""
    error = refused(https, lambda call: call.sign(vendor, answer))
    assert error.code == "license.server_lies", name
    assert "127.0.0.1" in error.message


def test_a_key_that_is_not_known(https: Https) -> None:
    """The vendor's newer one, or somebody else's: it is told apart from what was changed on the way."""
    error = refused(https, lambda call: call.sign(STRANGER, GOOD))
    assert error.code == "license.unknown_key"
    assert "upgrade, or ask the vendor" in error.message


DEEP: Final = b'{"answer":' + b"[" * 60_000


@pytest.mark.parametrize(
    ("status", "body", "code", "words"),
    [
        (200, b"<html><title>Welcome</title>", "license.server_not_understood", "is no licence server: <html>"),
        (200, b"", "license.server_not_understood", "is no licence server: nothing"),
        (200, b"{}", "license.server_not_understood", "is no licence server: {}"),
        (200, b'{"answer":7}', "license.server_not_understood", "is no licence server"),
        (200, b'{"answer":"\xff\xfe"}', "license.server_not_understood", "is no licence server"),
        (200, DEEP, "license.server_not_understood", "is no licence server"),
        (200, b'{"answer":"nothing"}', "license.server_lies", "cannot be trusted"),
        (200, b'{"answer":"' + b"A" * 5_000_000, "license.server_not_understood", "is no licence server"),
        (500, b"Internal Server Error", "license.server_failed", "answered 500: Internal Server Error"),
        (500, DEEP, "license.server_failed", "answered 500"),
        (502, b"<html>\x1b[31m\x00bad\xff", "license.server_failed", "answered 502: <html> [31m bad"),
        (204, b"", "license.server_failed", "answered 204: nothing"),
        (403, b'{"code":"license.no_seat","message":"All 2 seats are taken."}', "license.server.license.no_seat",
         "All 2 seats are taken."),
        (429, b'{"code":"../\\u001b[2J","message":"slow\\u001b[2J\\ndown"}', "license.server...2J", "slow [2J down"),
        (418, b'{"code":"","message":""}', "license.server.refused", ""),
    ],
)  # fmt: skip
def test_a_server_that_is_none(https: Https, status: int, body: bytes, code: str, words: str) -> None:
    """Or a sick one: the code for programs, a sentence for people, without what would move a terminal's cursor."""
    error = refused(https, lambda call: call.answer(status, body))
    assert error.code == code
    assert words in error.message
    assert isinstance(error, ServerRefusedError) == (code.startswith("license.server."))


def test_no_redirection_is_followed(https: Https) -> None:
    """The question holds a licence or a key: it goes to the server that was set, and nowhere else."""
    error = refused(https, lambda call: call.answer(302, b"", Location=f"{https.url}/v1/elsewhere"))
    assert (error.code, https.calls) == ("license.server_not_understood", 1)


@pytest.mark.slow
@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    "say",
    [
        Call.hang,
        lambda call: call.raw(b""),
        lambda call: call.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"),
        lambda call: call.raw(b"SSH-2.0-OpenSSH_9.6\r\n"),
        lambda call: call.raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n"),
        lambda call: call.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        lambda call: call.trickle(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1000, every_s=0.03),
        lambda call: call.trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + b"y" * 1000, every_s=0.03),
    ],
    ids=["hangs", "hangs up", "half", "no http", "headers", "bad chunks", "trickled headers", "a trickled answer"],
)
def test_a_slow_or_broken_server(https: Https, say: Callable[[Call], None]) -> None:
    """It takes no longer than it may, however it trickles."""
    began = monotonic_s()
    error = refused(https, say)
    assert error.code in ("license.server_not_reached", "license.server_not_understood")
    assert monotonic_s() - began < lenient(1.5)


def test_a_server_that_is_not_there(https: Https) -> None:
    nowhere = f"https://127.0.0.1:{free_port()}"
    error = refused(https, url=nowhere)
    assert (error.code, error.message) == ("license.server_not_reached", "127.0.0.1: Connection refused")


def test_a_host_that_nobody_knows(https: Https, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", unknown)
    error = refused(https, url="https://licence.example.invalid")
    assert error.message == "licence.example.invalid: Name or service not known"


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1", "127.0.0.1", "https://", "https://[1.2.3]", "https://[::1", "https://127.0.0.1:99999",
     "https://a..b", "file:///etc/passwd", "https://" + "a" * 300],
)  # fmt: skip
def test_no_address_to_ask(https: Https, url: str) -> None:
    """Nothing is sent in clear, and a thread that asks never ends without an answer."""
    error = refused(https, url=url)
    assert (error.code, https.calls) == ("license.server_not_reached", 0)


def test_nothing_is_asked_in_clear(https: Https) -> None:
    error = refused(https, url=https.url.replace("https://", "http://"))
    assert (error.message, https.calls) == ("127.0.0.1: it must be asked by https", 0)


def test_a_certificate_that_is_not_trusted(https: Https, tmp_path: Path) -> None:
    """By this machine's authorities, by another one, for another name; nothing was asked."""
    (tmp_path / "2").mkdir()
    with Https(tmp_path / "2", Call.hang) as other:
        for url, ca_file in ((None, ""), (None, other.ca_file), (f"https://localhost:{https.port}", None)):
            error = refused(https, url=url, ca_file=ca_file)
            assert error.code == "license.server_not_reached"
            assert re.search("its certificate is not trusted .*; see license.ca_file", error.message)
    assert https.calls == 0


def test_a_ca_file_that_cannot_be_used(https: Https, tmp_path: Path) -> None:
    """Not there, no certificate in it, a folder: it is told by its name."""
    (tmp_path / "empty.pem").write_text("nothing")
    for name in ("nowhere.pem", "empty.pem", "."):
        error = refused(https, ca_file=str(tmp_path / name))
        assert "license.ca_file" in error.message
    assert https.calls == 0


def test_no_proxy_is_used(https: Https, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that names one sees neither key nor licence."""
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    assert ask(https) == GOOD


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("form", ["{}", '{{"code":"x","message":"you sent {}"}}', '{{"answer":"{}"}}'])
@pytest.mark.parametrize(
    "request_", [ActivationRequest(key=KEY, machine="m", nonce="n-1"), CHECK], ids=["activate", "check"]
)
def test_a_server_that_repeats_what_it_was_sent(https: Https, request_: Any, form: str, status: int) -> None:
    """As an error page may: neither the key nor the licence is in the sentence, which is logged and shown."""
    secret = request_.key if isinstance(request_, ActivationRequest) else request_.license
    for text in (secret, secret.lower(), json.dumps(msgspec.to_builtins(request_)).replace('"', "'")):
        https.say = partial(Call.answer, status=status, body=form.format(text).encode())
        with pytest.raises(NetworkError) as error:
            ask(https, request_, Activation if isinstance(request_, ActivationRequest) else Checked)
        shown = f"{error.value.code} {error.value.message}".lower()
        assert secret.lower()[:30].removeprefix("restrike1.") not in shown
        assert secret.lower()[-12:] not in shown


def test_asking_never_waits(https: Https, monkeypatch: pytest.MonkeyPatch) -> None:
    """The question is asked in a thread of its own; what was heard comes by `post`, once, error or not."""
    monkeypatch.setattr(module, "STEP_S", 0.15)
    posted: list[Callable[[], None]] = []
    heard: list[tuple[Any, Any]] = []
    server = Server(VENDOR.ring, url=lambda: https.url, ca_file=lambda: https.ca_file, post=posted.append, log=Mock())
    https.say = Call.hang
    began = monotonic_s()
    server.ask(CHECK, Checked, lambda *said: heard.append(said))
    assert monotonic_s() - began < lenient(0.1)
    assert server.is_set
    eventually(lambda: posted, within=5)
    assert heard == []
    posted.pop()()
    assert [(answer, error.code) for answer, error in heard] == [(None, "license.server_not_reached")]
    https.say = lambda call: call.sign(VENDOR, GOOD)
    server.ask(CHECK, Checked, lambda *said: heard.append(said))
    eventually(lambda: posted, within=5)
    posted.pop()()
    assert heard[1:] == [(GOOD, None)]
    eventually(lambda: all(thread.name != "server" for thread in threading.enumerate()), within=5)


def test_a_licence_of_many_machines_goes_through(https: Https) -> None:
    machines = tuple(f"os-{n:012x}.board-{n:012x}.disk-{n:012x}" for n in range(100))
    text = VENDOR.text(VENDOR.license(seats=100, machines=machines))
    renewed = msgspec.structs.replace(GOOD, license=text)
    https.say = lambda call: call.sign(VENDOR, renewed)
    assert ask(https) == renewed


def test_a_machine_without_another_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told as a server that was not reached, and the next try is made."""

    def full(_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", full)
    posted: list[Callable[[], None]] = []
    heard: list[Any] = []
    log: Any = Mock()
    server = module.Server(VENDOR.ring, url=lambda: "https://x", ca_file=lambda: "", post=posted.append, log=log)
    server.ask(CHECK, Checked, lambda answer, error: heard.append((answer, error.code if error else None)))
    posted.pop()()
    assert heard == [(None, "license.server_not_reached")]
