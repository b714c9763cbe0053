"""The vendor's program as a vendor runs it: real commands, and the activation server as a process, with TLS."""

import contextlib
import http.client
import json
import signal
import socket
import ssl
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import pytest

from shared.licensing.key_ring import KeyRing
from shared.licensing.signing import opened
from shared.licensing.statements import (
    Activation,
    ActivationRequest,
    AnyRequest,
    Checked,
    CheckRequest,
    License,
    ReleaseRequest,
    Standing,
)
from tests.support.certificates import own_certificate
from tests.support.licensing.shop import machine, plain
from tests.support.wait import eventually

WITHIN_S: Final = 20.0
WORDS: Final = "tiger stone window river seven"
CONNECTION_S: Final = 2.0
REQUEST_S: Final = 3.0
IDLE: Final = 300
PATHS: Final = {ActivationRequest: "/v1/activate", CheckRequest: "/v1/check", ReleaseRequest: "/v1/release"}


class Firm:
    """A vendor in a folder: a key with a passphrase, public keys that are published, a certificate."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.words = folder / "passphrase"
        self.words.write_text(WORDS)
        self.words.chmod(0o600)
        _, self.certificate = own_certificate(folder)
        self.trust = ssl.create_default_context(cafile=str(self.certificate))
        self.run("keys", "create", "k1", "--passphrase-file", str(self.words))
        self.run("keys", "publish", "--to", str(folder / "keys.json"))
        self.ring = KeyRing.shipped(folder / "keys.json")

    def run(self, *arguments: str) -> Any:
        """One command of the vendor, which succeeds: the document that it prints."""
        done = subprocess.run(
            [*self.command(*arguments), "--json"], capture_output=True, text=True, timeout=WITHIN_S, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def command(self, *arguments: str) -> list[str]:
        """The words of a command."""
        licensor = str(Path(sys.executable).with_name("restrike-licensor"))
        return [licensor, "--home", str(self.folder / "home"), *arguments]

    def issue(self, *options: str) -> tuple[str, str]:
        """A new licence of a year: its id and activation key."""
        found = self.run("issue", "--customer", "Union", "--plan", "12", *options)
        return found["license"]["license_id"], found["activation_key"]

    @contextlib.contextmanager
    def serving(self, name: str, *options: str) -> Iterator["Site"]:
        """The server as a process, on a free port; ended in order, and with 0."""
        log = self.folder / f"{name}.log"
        command = self.command("serve", "--json", "--port", "0", "--passphrase-file", str(self.words), *options)
        with log.open("wb") as file, subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=file) as process:
            try:
                url = eventually(lambda: _url(log), within=WITHIN_S, what="the activation server")
                yield Site(self, url, log, process)
                process.send_signal(signal.SIGTERM)
                assert process.wait(WITHIN_S) == 0
            finally:
                process.kill()


class Site:
    """A running server, asked by TLS from any address of this machine."""

    def __init__(self, firm: Firm, url: str, log: Path, process: "subprocess.Popen[bytes]") -> None:
        self.firm = firm
        self.process = process
        self.url = urlsplit(url)
        self.log = log

    @property
    def place(self) -> tuple[str, int]:
        """Address and port."""
        return self.url.hostname or "", self.url.port or 0

    def ask(self, request: AnyRequest, *, come_from: str = "127.0.0.1") -> tuple[int, Any]:
        """Status and document of one request."""
        return self.send(PATHS[type(request)], msgspec.json.encode(request), come_from=come_from)

    def send(self, path: str, body: bytes | None, *, come_from: str = "127.0.0.1", **headers: str) -> tuple[int, Any]:
        """Any body; a GET without one."""
        host, port = self.place
        source = (come_from, 0)
        link: http.client.HTTPConnection
        if self.url.scheme == "https":
            link = http.client.HTTPSConnection(
                host, port, timeout=WITHIN_S, context=self.firm.trust, source_address=source
            )
        else:
            link = http.client.HTTPConnection(host, port, timeout=WITHIN_S, source_address=source)
        with contextlib.closing(link):
            link.request("GET" if body is None else "POST", path, body, headers)
            answer = link.getresponse()
            return answer.status, json.loads(answer.read())

    def activated(self, key: str, number: int, **more: Any) -> tuple[int, Any]:
        """What a machine hears that activates."""
        nonce = f"n{number}"
        return self.ask(ActivationRequest(key=key, machine=machine(number), nonce=nonce, host=f"mat-{number}"), **more)

    def text(self, key: str, number: int) -> str:
        """The signed licence that a machine gets for a key."""
        status, said = self.activated(key, number)
        assert status == 200, said
        activation = opened(said["answer"], self.firm.ring, Activation)
        assert activation.nonce == f"n{number}"
        return activation.license

    def checked(self, text: str, number: int) -> Checked:
        """What a machine hears that checks."""
        status, said = self.ask(CheckRequest(license=text, machine=machine(number), nonce="c"))
        assert status == 200, said
        return opened(said["answer"], self.firm.ring, Checked)

    def connected(self) -> ssl.SSLSocket:
        """A connection by TLS."""
        host, _ = self.place
        return self.firm.trust.wrap_socket(socket.create_connection(self.place, timeout=WITHIN_S), server_hostname=host)

    def is_well(self) -> bool:
        """Whether it says so."""
        return self.send("/v1/health", None) == (200, {"status": "ok"})


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    """One vendor for all tests."""
    return Firm(tmp_path_factory.mktemp("firm"))


@pytest.fixture(scope="module")
def site(firm: Firm) -> Iterator[Site]:
    """One server for all tests, with TLS. When it has ended, nothing that it wrote has a secret in it."""
    secret = str(firm.folder / "own.key")
    options = ("--host", "127.0.0.1", "--cert", str(firm.certificate), "--key", secret, "--per-minute", "1000")
    with firm.serving(
        "server",
        *options,
        "--connection-s",
        str(CONNECTION_S),
        "--request-s",
        str(REQUEST_S),
        "--most-per-address",
        "20",
    ) as one:
        yield one
    lines = [json.loads(line) for line in one.log.read_text().splitlines()]
    assert lines[-1]["event"] == "ended"
    assert lines[-1]["closed_too_many_of_address"] >= IDLE - 20
    faults = [line["event"] for line in lines if line["level"] in ("error", "critical")]
    assert set(faults) <= {"certificate_kept"}


@pytest.fixture(scope="module", autouse=True)
def silent(site: Site) -> Iterator[ssl.SSLSocket]:
    """A connection on which nothing is ever said."""
    with site.connected() as link:
        yield link


@pytest.fixture(scope="module", autouse=True)
def unspoken(site: Site) -> Iterator[list[socket.socket]]:
    """Connections of one address on which not even TLS is begun, far more than the server has places."""
    with contextlib.ExitStack() as links:
        yield [
            links.enter_context(socket.create_connection(site.place, WITHIN_S, source_address=("127.0.3.1", 0)))
            for _ in range(IDLE)
        ]


def test_a_customer_from_the_first_day_to_the_last(firm: Firm, site: Site) -> None:
    """Activated, checked, revoked, restored, renewed, moved to another machine: commands of the vendor are heard at the
    next check while the server runs, and nothing that is written down has a secret in it.
    """
    license_id, key = firm.issue("--seats", "1")
    text = site.text(key, 1)
    first = opened(text, firm.ring, License)
    assert (first.license_id, first.machines) == (license_id, (machine(1),))
    assert site.checked(text, 1).standing == Standing.GOOD
    firm.run("revoke", license_id, "--why", "charged back")
    revoked = site.checked(text, 1)
    assert (revoked.standing, revoked.why) == (Standing.REVOKED, "charged back")
    assert site.activated(key, 1)[0] == 403
    firm.run("restore", license_id)
    firm.run("renew", license_id, "--plan", "12")
    newer = site.checked(text, 1).license
    assert newer is not None
    assert (opened(newer, firm.ring, License).expires_at or 0) > (first.expires_at or 0)
    status, said = site.activated(key, 2)
    assert (status, said["code"]) == (409, "license.no_seat")
    assert "mat-1 since" in said["message"]
    assert site.ask(ReleaseRequest(license=newer, machine=machine(1), nonce="r"))[0] == 200
    site.text(key, 2)
    assert site.checked(newer, 1).standing == Standing.RELEASED
    traces = firm.run("audit", "--license", license_id)["audit"]
    assert Counter(trace["outcome"] for trace in traces) == {"done": 11, "license.revoked": 1, "license.no_seat": 1}
    written = site.log.read_bytes() + b"".join(one.read_bytes() for one in (firm.folder / "home").glob("licensor.db*"))
    for secret in (key, plain(key), key[5:17], text, text[-60:], WORDS):
        assert secret.encode() not in written


def test_ten_machines_at_once_for_three_seats(firm: Firm, site: Site) -> None:
    """Over ten connections: three have one, seven hear that there is none, and the books count three."""
    license_id, key = firm.issue("--seats", "3")
    with ThreadPoolExecutor(10) as pool:
        found = list(pool.map(lambda number: site.activated(key, number, come_from=f"127.0.0.{number}"), range(1, 11)))
    assert Counter(status for status, _ in found) == {200: 3, 409: 7}
    assert firm.run("show", license_id)["taken"] == 3


def test_wrong_keys_are_slowed_down(site: Site) -> None:
    """Of one address; others are served."""
    found = [site.activated("RSTK-00000-00000-00000-00000", 1, come_from="127.0.1.1") for _ in range(7)]
    assert [status for status, _ in found] == [404] * 5 + [429] * 2
    assert found[-1][1]["code"] == "key.too_many_wrong"
    assert site.activated("RSTK-00000-00000-00000-00000", 1, come_from="127.0.1.2")[0] == 404


def test_what_is_no_request(site: Site) -> None:
    """HTML, wrong types, too much, cut off, no HTTP, no TLS, not trusted: refused, and the server is well."""
    assert site.send("/v1/activate", b"<html>captive portal</html>")[0] == 400
    assert site.send("/v1/check", b'{"license":1,"machine":2,"nonce":3}')[0] == 400
    assert site.send("/v1/check", b"x", **{"Content-Length": "70000"})[0] == 413
    assert site.send("/nothing", b"{}")[1]["code"] == "request.path"
    for raw in (b"\x00" * 100, b"POST /v1/check HTTP/1.1\r\nContent-Length: 50\r\n\r\n{", b"GET / HTTP/9.9\r\n\r\n"):
        with site.connected() as link:
            link.sendall(raw)
    with socket.create_connection(site.place, timeout=WITHIN_S) as link, contextlib.suppress(ConnectionError):
        link.sendall(b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"ok" not in link.recv(1000)
    with pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(socket.create_connection(site.place), server_hostname="127.0.0.1")
    assert site.is_well()


def test_who_says_nothing_is_cut_off(silent: ssl.SSLSocket) -> None:
    """A connection that was made before all else, and never used, is closed by the server."""
    with contextlib.suppress(ConnectionError):
        assert silent.recv(1) == b""


def test_connections_that_do_not_even_begin_tls(site: Site, unspoken: list[socket.socket]) -> None:
    """Those that were too many of their address were closed at once, all others when TLS had its time; the log has a
    line about them, and not one for each.
    """
    for link in unspoken:
        with contextlib.suppress(ConnectionError):
            assert link.recv(1) == b""
    told = [line for line in site.log.read_text().splitlines() if "connections_closed" in line]
    assert len(told) == 1
    assert json.loads(told[0])["last_of"] == "127.0.3.1"
    assert site.send("/v1/health", None, come_from="127.0.3.1")[0] == 200


def test_a_certificate_is_renewed_while_it_serves(firm: Firm, site: Site) -> None:
    """SIGHUP: the new one is shown to whoever comes, and a broken one is not taken."""
    old = firm.trust
    (firm.folder / "own.key").write_text("broken")
    site.process.send_signal(signal.SIGHUP)
    eventually(lambda: "certificate_kept" in site.log.read_text(), within=WITHIN_S)
    assert site.is_well()
    own_certificate(firm.folder)
    firm.trust = ssl.create_default_context(cafile=str(firm.certificate))
    site.process.send_signal(signal.SIGHUP)
    eventually(lambda: "certificate_read" in site.log.read_text(), within=WITHIN_S)
    assert site.is_well()
    firm.trust = old
    with pytest.raises(ssl.SSLError):
        site.is_well()


def test_behind_a_proxy(firm: Firm) -> None:
    """Without TLS on loopback only; who asks is whom the proxy names, and it is counted by that."""
    with firm.serving("proxied", "--behind-proxy", "--per-minute", "2") as site:
        assert (site.url.scheme, site.url.hostname) == ("http", "127.0.0.1")
        asked = [site.send("/v1/check", b"{}", **{"X-Forwarded-For": f"1.2.3.4, 203.0.113.{i // 3}"}) for i in range(6)]
        assert [status for status, _ in asked] == [400, 400, 429] * 2
    who = {trace["who"] for trace in firm.run("audit", "--last", "10")["audit"]}
    assert {"203.0.113.0", "203.0.113.1"} <= who
    assert "1.2.3.4" not in who


def _url(log: Path) -> str:
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return next((str(line["url"]) for line in lines if line["event"] == "listening"), "")
