"""The activation server without a socket: what it lets in, what it answers, what it writes down; its time is given."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from contextlib import closing
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from services.licensor import desk
from services.licensor.books import Books
from services.licensor.limits import Limits
from services.licensor.server import ActivationServer
from shared.db.sqlite import sqlite3
from shared.licensing.signing import opened
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
from tests.support.licensing.shop import NOW, Shop, machine, plain

PATHS = {ActivationRequest: "/v1/activate", CheckRequest: "/v1/check", ReleaseRequest: "/v1/release"}


class Clock:
    """Seconds since a start, as the test sets them."""

    def __init__(self) -> None:
        self.s = 1000.0

    def __call__(self) -> float:
        return self.s


class Site:
    """The server, asked as uvicorn would ask it."""

    def __init__(self, shop: Shop, limits: Limits) -> None:
        self.clock = Clock()
        self.server = ActivationServer(shop.home, shop.chest, limits, now=lambda: NOW, steady_s=self.clock)
        self._app = self.server.app()

    def close(self) -> None:
        self.server.close()

    def ask(self, request: AnyRequest, **more: Any) -> tuple[int, dict[str, str], Any]:
        """One request; status, headers and document."""
        return self.send(PATHS[type(request)], msgspec.json.encode(request), **more)

    def send(self, path: str, body: bytes, **more: Any) -> tuple[int, dict[str, str], Any]:
        """Any body."""
        return asyncio.run(self.sent(path, body, **more))

    def together(self, requests: list[AnyRequest]) -> list[tuple[int, dict[str, str], Any]]:
        """All requests at once, of one address."""

        async def run() -> list[tuple[int, dict[str, str], Any]]:
            return await asyncio.gather(*(self.sent(PATHS[type(one)], msgspec.json.encode(one)) for one in requests))

        return asyncio.run(run())

    async def sent(
        self,
        path: str,
        body: bytes,
        *,
        host: str = "203.0.113.9",
        method: str = "POST",
        headers: dict[str, str] | None = None,
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]] | None = None,
    ) -> tuple[int, dict[str, str], Any]:
        said: list[MutableMapping[str, Any]] = []
        chunks = aiter(_body(body))

        async def send(message: MutableMapping[str, Any]) -> None:  # ASGI wants it so
            said.append(message)

        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in (headers or {}).items()],
            "client": (host, 4711),
            "server": ("127.0.0.1", 443),
            "scheme": "https",
        }
        await self._app(scope, receive or (lambda: anext(chunks)), send)
        found = {name.decode(): value.decode() for name, value in said[0]["headers"]}
        return said[0]["status"], found, json.loads(b"".join(one.get("body", b"") for one in said[1:]) or b"null")


async def _body(body: bytes) -> AsyncIterator[MutableMapping[str, Any]]:
    yield {"type": "http.request", "body": body[:1000], "more_body": True}
    yield {"type": "http.request", "body": body[1000:], "more_body": False}


@pytest.fixture
def site(shop: Shop) -> Iterator[Site]:
    """The server with the limits that it has by itself."""
    with closing(Site(shop, Limits(request_s=0.2))) as one:
        yield one


@pytest.fixture
def generous(shop: Shop) -> Iterator[Site]:
    """The server with limits that no test reaches."""
    with closing(Site(shop, Limits(per_minute=1000, wrong_keys_per_minute=1000, request_s=0.2))) as one:
        yield one


def activation(key: str, number: int = 1) -> ActivationRequest:
    return ActivationRequest(key=key, machine=machine(number), nonce=f"n{number}", host=f"mat-{number}")


WRONG = "RSTK-00000-00000-00000-0000{}"


def test_activate_check_and_release(site: Site, shop: Shop) -> None:
    """Each answer is signed, echoes the nonce, and is for nobody's cache."""
    _, key = shop.issue()
    status, headers, said = site.ask(activation(key))
    assert (status, headers["content-type"], headers["cache-control"]) == (200, "application/json", "no-store")
    activated = opened(said["answer"], shop.ring(), Activation)
    assert activated.nonce == "n1"
    ask = {"license": activated.license, "machine": machine(1), "nonce": "n2"}
    checked = opened(site.ask(CheckRequest(**ask))[2]["answer"], shop.ring(), Checked)
    assert (checked.nonce, checked.standing) == ("n2", Standing.GOOD)
    released = opened(site.ask(ReleaseRequest(**ask))[2]["answer"], shop.ring(), Released)
    assert released.nonce == "n2"
    assert [one[0] for one in shop.audit()] == ["anna", *["203.0.113.9"] * 3]


GARBAGE = (
    b"",
    b"<html><body>captive portal</body></html>",
    b"null",
    b"[]",
    b"{}",
    b'{"ask":"activate"}',
    b'{"ask":"fly","key":"k","machine":"m","nonce":"n","license":"x"}',
    b'{"key":1,"machine":[],"nonce":{},"license":null}',
    b"[" * 60_000,
    b'{"a":' * 10_000,
    b"\xff\xfe\x00",
    b'{"key":"k","machine":"m","nonce":"\xff","license":"x"}',
    b'{"key":"k","machine":"\\ud800","nonce":"n","license":"x"}',
)


@pytest.mark.parametrize("path", PATHS.values())
def test_garbage_is_refused(generous: Site, shop: Shop, path: str) -> None:
    """400 with a sentence, as a refusal that a client can read; the audit knows of it."""
    for body in GARBAGE:
        status, _, said = generous.send(path, body)
        assert (status, said["code"]) == (400, "request.malformed"), body[:80]
        assert set(said) == {"code", "message"}
    assert shop.audit() == [("203.0.113.9", "ask", "request.malformed")]


def test_bodies_that_are_too_large(generous: Site) -> None:
    """By what the header says, before anything is read; by what comes, when it does not say, or lies."""
    large = b'{"key":"' + b"x" * 70_000
    for headers in ({"content-length": "65537"}, {"content-length": "9" * 300}, {"content-length": "-1"}):
        status, _, said = generous.send("/v1/check", b"{}", headers=headers)
        assert (status, said["code"]) == (413, "request.too_large")
    for honest in ({}, {"content-length": "10"}):
        assert generous.send("/v1/check", large, headers=honest)[0] == 413
    assert generous.send("/v1/check", b"x" * 65_536)[0] == 400


def test_a_body_that_never_comes(site: Site) -> None:
    """408 when its time is over; the same when the client went away."""

    async def silent() -> MutableMapping[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    async def gone() -> MutableMapping[str, Any]:  # ASGI wants it so
        return {"type": "http.disconnect"}

    for receive in (silent, gone):
        status, _, said = site.send("/v1/check", b"", receive=receive)
        assert (status, said["code"]) == (408, "request.slow")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        *(("GET", "/", 404), ("GET", "/v1/activate", 405), ("POST", "/v2/activate", 404)),
        *(("POST", "/v1/activate/", 404), ("GET", "/v1/health/", 404)),
    ],
)
def test_paths_that_are_none(site: Site, method: str, path: str, status: int) -> None:
    """A refusal that a client can read, not a page."""
    found, _, said = site.send(path, b"", method=method)
    assert (found, said["code"]) == (status, "request.path")


def test_an_address_that_asks_too_often(site: Site, shop: Shop) -> None:
    """After 30 requests 429 with the time to wait; others are served; it is again when that time is over."""
    for _ in range(30):
        assert site.send("/v1/check", b"{}")[0] == 400
    status, headers, said = site.send("/v1/check", b"{}")
    assert (status, said["code"], headers["retry-after"]) == (429, "request.too_many", "2")
    assert site.send("/v1/check", b"{}", host="203.0.113.10")[0] == 400
    for _ in range(20):
        site.send("/v1/check", b"{}")
    site.clock.s += 2
    assert site.send("/v1/check", b"{}")[0] == 400
    floods = Counter(shop.audit())
    assert floods["203.0.113.9", "ask", "request.too_many"] == 1, "a flood is one line, not one for each"
    site.close()
    with shop.books() as books:
        assert [trace.times for trace in books.traces(last=99) if trace.outcome == "request.too_many"] == [1, 20]


def test_wrong_keys(site: Site, shop: Shop) -> None:
    """After five within a minute the right one is refused for 12 seconds, too; checks are served all the time."""
    _, key = shop.issue()
    text = shop.activated(key, machine(1))
    for number in range(5):
        assert site.ask(activation(WRONG.format(number)))[2]["code"] == "key.unknown"
    status, headers, said = site.ask(activation(key))
    assert (status, said["code"], headers["retry-after"]) == (429, "key.too_many_wrong", "12")
    assert site.ask(CheckRequest(license=text, machine=machine(1), nonce="n"))[0] == 200
    site.clock.s += 12
    assert site.ask(activation(key))[0] == 200
    assert site.ask(activation(WRONG.format(7)))[0] == 404
    assert site.ask(activation(key))[0] == 429


def test_wrong_keys_that_come_together(shop: Shop) -> None:
    """Twenty at once are five tries, not twenty."""
    with closing(Site(shop, Limits(per_minute=1000))) as site:
        found = Counter(status for status, _, _ in site.together([activation(WRONG.format(i % 10)) for i in range(20)]))
    assert found == {404: 5, 429: 15}


def test_a_venue_that_activates_all_machines_at_once(site: Site, shop: Shop) -> None:
    """Ten with the right key, of one address: none of them is taken for an attack, and each has its seat."""
    entry, key = shop.issue(seats=9)
    found = site.together([activation(key, number) for number in range(1, 11)])
    assert Counter(status for status, _, _ in found) == {200: 9, 409: 1}
    with shop.books() as books:
        assert [seat.number for seat in books.seats(entry.license_id)] == list(range(1, 10))


def test_a_vendor_whose_key_is_gone(generous: Site, shop: Shop) -> None:
    """503 with a time to come again, nothing changed, and its health says so; when the key is back all is well."""
    entry, key = shop.issue()
    path = shop.home.keys / "k1.pem"
    kept = path.read_bytes()
    path.unlink()
    status, headers, said = generous.ask(activation(key))
    assert (status, said["code"], headers["retry-after"]) == (503, "server.unable", "60")
    assert generous.send("/v1/health", b"", method="GET")[::2] == (503, {"status": "unable"})
    with shop.books() as books:
        assert books.seats(entry.license_id) == []
    path.write_bytes(kept)
    path.chmod(0o600)
    assert generous.send("/v1/health", b"", method="GET")[::2] == (200, {"status": "ok"})
    assert generous.ask(activation(key))[0] == 200


def test_a_full_disk(generous: Site, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """503, for what is refused, too; and it goes on as soon as there is space."""
    _, key = shop.issue()

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Books, "note", full)
        assert generous.ask(activation(key))[2]["code"] == "server.unable"
        assert generous.send("/v1/check", b"<html>")[2]["code"] == "request.malformed"
    with shop.books() as books:
        assert books.taken() == {}
    assert generous.ask(activation(key))[0] == 200


def test_health_is_not_counted_against_anybody(site: Site) -> None:
    """Whoever watches may ask each second."""
    assert {site.send("/v1/health", b"", method="GET")[0] for _ in range(50)} == {200}


def test_a_fault_of_ours(generous: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """500 as a refusal that a client can read; the fault itself goes to the log."""

    def broken(*_: object) -> str:
        raise KeyError("inside")

    monkeypatch.setattr(desk.Desk, "answer", broken)
    said: list[int] = []
    with capture_logs() as lines, pytest.raises(KeyError):
        said.append(generous.ask(activation("x"))[0])
    assert lines[-1]["code"] == "server.fault"


def test_the_log_has_no_secret(shop: Shop) -> None:
    """Who asked what, with what outcome and how long it took: no key, no text."""
    with capture_logs() as lines, closing(Site(shop, Limits())) as site:
        _, key = shop.issue()
        text = site.ask(activation(key))[2]["answer"]
        site.ask(activation(WRONG.format(3)))
        site.ask(CheckRequest(license=text, machine=machine(1), nonce="n"))
        site.send(f"/{key}", b"")
    said = repr(lines)
    for secret in (key, plain(key), key[5:17], WRONG.format(3), text, text[:60], text[-40:]):
        assert secret not in said
    assert [(line["path"], line["code"]) for line in lines] == [
        ("/v1/activate", "done"),
        ("/v1/activate", "key.unknown"),
        ("/v1/check", "license.damaged"),
        ("other", "request.path"),
    ]
    assert site.server.counts() == {
        "/v1/activate done": 1,
        "/v1/activate key.unknown": 1,
        "/v1/check license.damaged": 1,
        "other request.path": 1,
        "addresses_forgotten": 0,
    }
