"""Queries, on real sockets: answered as TK-Strike does, from another port, with the last packet of the kind."""

import select
import socket
from collections.abc import Iterator

import pytest

from services.cli.simulator.answers import STREAMS, Responder, serve
from shared.errors import NetworkError

SENT = {
    b"clock": b"clk;01:23;",
    b"break": b"brk;00:10;",
    b"period": b"rnd;2;",
    b"scores": b"sc1;3;sc2;4",
    b"gam-jeom": b"wg1;1;wg2;0;",
    b"informations": b"mch;101;Final;",
    b"athletes": b"at1;A;A;CRO;at2;B;B;ESP;",
    b"winmatch": b"wmh;A;2-0 PTF;",
    b"referees": b"ref;ju1;ju2;ta;",
    b"winperiods;": b"wrd;rd1;1;rd2;0;rd3;0",
}


@pytest.fixture
def responder() -> Iterator[Responder]:
    one = Responder("127.0.0.1", 0)
    yield one
    one.close()


@pytest.fixture
def asker() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        one.settimeout(5)
        yield one


def _place(responder: Responder) -> tuple[str, int]:
    host, _, port = responder.place.rpartition(":")
    return host, int(port)


def test_every_query_has_its_last_packet(responder: Responder, asker: socket.socket) -> None:
    """The latest one of its kind, to the asker's own address and port, from another port than was asked."""
    assert SENT.keys() == STREAMS.keys()
    for body in SENT.values():
        responder.remember(body.replace(b"1", b"0"))
        responder.remember(body)
    for query, body in SENT.items():
        asker.sendto(query, _place(responder))
        serve([responder], 0)
        answer, source = asker.recvfrom(1024)
        assert answer == body
        assert source[1] != _place(responder)[1]


def test_no_answer_where_there_is_none(responder: Responder, asker: socket.socket) -> None:
    """Nothing was sent yet, or the query is none: silence; what comes after is answered."""
    responder.remember(b"clk;01:23;")
    for query in (b"scores", b"clock;", b"winperiods", b"", b"\xff\x00", b"clock"):
        asker.sendto(query, _place(responder))
    serve([responder], 0)
    assert asker.recv(1024) == b"clk;01:23;"
    assert select.select([asker], [], [], 0)[0] == []


def test_a_port_that_is_taken(responder: Responder) -> None:
    with pytest.raises(NetworkError, match="Queries cannot be taken"):
        Responder(*_place(responder))
