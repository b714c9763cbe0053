"""What the server's socket lets in, over real connections: so many of an address, so many of all, and no more."""

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
from structlog.testing import capture_logs

from services.licensor.turnstile import OWN_FILES, TELL_EVERY_S, Turnstile, files_for

WITHIN_S = 5.0


class Site:
    """A turnstile with time that is given, and those who come."""

    def __init__(self, **limits: Any) -> None:
        self.now_s = 0.0
        self._open = ExitStack()
        bound = socket.create_server(("127.0.0.1", 0))
        self.turnstile = self._open.enter_context(Turnstile(bound, **limits, steady_s=lambda: self.now_s))

    def close(self) -> None:
        self._open.close()

    def come(self, address: str) -> tuple[socket.socket, socket.socket | None]:
        """One more connection of an address: its end there, and the one here, if it is let in."""
        there = socket.create_connection(self.turnstile.getsockname(), WITHIN_S, source_address=(address, 0))
        self._open.enter_context(there)
        try:
            here, _ = self.turnstile.accept()
        except BlockingIOError:
            return there, None
        return there, self._open.enter_context(here)


@pytest.fixture
def site() -> Iterator[Site]:
    """Three at once, two of one address."""
    with closing(Site(most=3, most_per_address=2)) as one:
        yield one


def test_one_address_does_not_take_all_places(site: Site) -> None:
    """The third of an address is closed at once; another one is let in, until there are too many of all."""
    assert all(site.come("127.0.0.1")[1] for _ in range(2))
    there, here = site.come("127.0.0.1")
    assert here is None
    assert there.recv(1) == b"", "closed, without waiting for a word"
    assert site.come("127.0.0.2")[1] is not None
    assert site.come("127.0.0.3")[1] is None
    assert site.turnstile.closed == {"closed_too_many_of_address": 1, "closed_too_many": 1}


def test_a_place_is_free_when_its_connection_is_closed(site: Site) -> None:
    """Whoever closed it: the server that let go of it, or forgot it."""
    for _ in range(5):
        _, here = site.come("127.0.0.1")
        assert here is not None
        here.close()
    assert not site.turnstile.closed


def test_behind_a_proxy_all_are_of_one_address() -> None:
    """There is a limit of all only."""
    with closing(Site(most=3, most_per_address=None)) as site:
        assert [site.come("127.0.0.1")[1] is not None for _ in range(4)] == [True, True, True, False]


def test_a_flood_is_a_line_a_minute(site: Site) -> None:
    """With the numbers; the log is on the disk that has the books."""
    with capture_logs() as lines:
        for _ in range(20):
            site.come("127.0.0.1")
        site.now_s = TELL_EVERY_S
        site.come("127.0.0.1")
    assert [(line["last_of"], line["closed_too_many_of_address"]) for line in lines] == [
        ("127.0.0.1", 1),
        ("127.0.0.1", 19),
    ]


@pytest.mark.parametrize(
    ("soft", "hard", "raised", "connections"),
    [
        (1024, 4096, None, 500),
        (256, 4096, 500 + OWN_FILES, 500),
        (256, resource.RLIM_INFINITY, 500 + OWN_FILES, 500),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, None, 500),
        (256, 256, None, 256 - OWN_FILES),
        (128, 300, 300, 300 - OWN_FILES),
    ],
)
def test_files_are_enough_for_all_connections(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, raised: int | None, connections: int
) -> None:
    """The process's limit is raised as far as needed; where that is not far enough there are fewer connections."""
    found: list[int] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: found.append(limits[0]))
    assert files_for(500) == connections
    assert found == ([] if raised is None else [raised])
