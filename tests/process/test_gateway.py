"""The command gateway: other programs ask any service over TCP, and always get an answer, their own."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zmq

from shared.clock import monotonic_s
from shared.messages.commands import GetHealth, GetRings, ListInterfaces, Rings
from shared.messages.requests import Command, Reply, Request
from shared.messages.service import ServiceHealth
from tests.support.service import House, ask_raw, request
from tests.support.wait import lenient

INGEST = "udp-ingest"
NESTED = Request(service="broker", command="get_health", id="r", body=msgspec.Raw(b"\x91" * 100_000 + b"\xc0"))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path / "home") as made:
        made.start("broker")
        yield made


def _ask(house: House, command: Command[Any], service: str, *, within: float = 5) -> Reply:
    reply = ask_raw(house.context, house.commands, request(command, service=service, request_id="r"), within=within)
    assert reply.id == "r"
    return reply


def _code(reply: Reply) -> str:
    assert not reply.ok
    assert reply.error is not None
    return reply.error.code


def test_every_service_is_reached(house: House) -> None:
    """Commands are passed to the service that they name, and its answer comes back."""
    house.start(INGEST)
    for name in ("broker", INGEST):
        reply = _ask(house, GetHealth(), name)
        assert msgspec.msgpack.decode(reply.result, type=ServiceHealth).service == name
    rings = msgspec.msgpack.decode(_ask(house, GetRings(), INGEST).result, type=Rings)
    assert [ring.ring for ring in rings.rings] == ["ring-1"]


def test_what_cannot_be_done_is_answered(house: House) -> None:
    """Unknown command, unknown service, one that does not run, a command of another service, a body that is none."""
    house.start(INGEST)
    good = Request(service=INGEST, command="get_rings", id="r", body=msgspec.Raw(b"\x80"))
    asked = [
        (msgspec.structs.replace(good, command="make_coffee"), "command.unknown"),
        (msgspec.structs.replace(good, service="nobody"), "service.unknown"),
        (msgspec.structs.replace(good, service="pss-parser"), "service.unknown"),
        (msgspec.structs.replace(good, service="pss-parser", command="get_health"), "service.not_running"),
        (msgspec.structs.replace(good, service="../../etc/x\x00"), "service.unknown"),
        (msgspec.structs.replace(good, service="broker"), "service.unknown"),
        (msgspec.structs.replace(good, command="start_ring"), "command.invalid"),
    ]
    for wrong, code in asked:
        reply = ask_raw(house.context, house.commands, msgspec.msgpack.encode(wrong))
        assert (_code(reply), reply.id) == (code, "r")
    assert house.client.call(GetHealth(), service="broker").faults == 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "command.unreadable"),
        (b"\xc1\xff\x00", "command.unreadable"),
        (b"\x81\xa7service\xa1\xff", "command.unreadable"),
        (msgspec.msgpack.encode(NESTED), "command.unreadable"),
        (b"GET / HTTP/1.1\r\n\r\n", "command.unreadable"),
        (b"\x00" * (2 * 1024 * 1024), "command.too_long"),
    ],
    ids=["nothing", "no MessagePack", "no UTF-8", "endless nesting", "HTTP", "too long"],
)
def test_garbage_is_answered(house: House, body: bytes, code: str) -> None:
    """Whatever bytes come: an answer that says what is wrong, no fault, and the next request is served."""
    assert _code(ask_raw(house.context, house.commands, body)) == code
    assert _ask(house, GetHealth(), "broker").ok
    assert house.client.call(GetHealth(), service="broker").faults == 0


def test_a_frame_that_is_far_too_long_costs_the_connection_only(house: House) -> None:
    """Beyond what is read at all the client is cut off; the others are served."""
    with house.context.socket(zmq.DEALER) as greedy:
        greedy.set(zmq.LINGER, 0)
        greedy.connect(house.commands)
        greedy.send(b"\x00" * (32 * 1024 * 1024))
        assert _ask(house, GetHealth(), "broker").ok
        assert not greedy.poll(0)


def test_a_service_that_stays_silent_is_answered_for(house: House) -> None:
    """A frozen service: the gateway answers after the command's deadline; meanwhile others are served, and after it
    wakes its late answer goes to nobody.
    """
    ingest = house.start(INGEST)
    with contextlib.ExitStack() as stack:
        asker = stack.enter_context(house.context.socket(zmq.DEALER))
        asker.set(zmq.LINGER, 0)
        asker.connect(house.commands)
        with ingest.frozen():
            started = monotonic_s()
            asker.send_multipart([b"", request(ListInterfaces(), service=INGEST, request_id="late")])
            assert _ask(house, GetHealth(), "broker").ok
            assert asker.poll(5000), "an answer"
            took = monotonic_s() - started
        reply = msgspec.msgpack.decode(asker.recv_multipart()[-1], type=Reply)
        assert (_code(reply), reply.id) == ("service.no_answer", "late")
        assert ListInterfaces.deadline_s <= took < lenient(ListInterfaces.deadline_s + 0.5)
        asker.send_multipart([b"", request(GetHealth(), service=INGEST, request_id="next")])
        assert asker.poll(5000), "the next answer"
        assert msgspec.msgpack.decode(asker.recv_multipart()[-1], type=Reply).id == "next"
        assert not asker.poll(100)


def test_no_reply_crosses(house: House) -> None:
    """200 requests under way at once, of four clients to two services: each client gets the answers to its own."""
    house.start(INGEST)
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(house.context.socket(zmq.DEALER)) for _ in range(4)]
        for client in clients:
            client.set(zmq.LINGER, 0)
            client.connect(house.commands)
        for number in range(50):
            service = ("broker", INGEST)[number % 2]
            for name, client in enumerate(clients):
                body = request(GetHealth(), service=service, request_id=f"{name}/{number}/{service}")
                client.send_multipart([b"", body])
        for name, client in enumerate(clients):
            ids = Counter(_next_id(client) for _ in range(50))
            assert ids == Counter(f"{name}/{number}/{('broker', INGEST)[number % 2]}" for number in range(50))


def _next_id(client: "zmq.Socket[bytes]") -> str:
    assert client.poll(5000), "an answer"
    reply = msgspec.msgpack.decode(client.recv_multipart()[-1], type=Reply)
    assert reply.ok
    health = msgspec.msgpack.decode(reply.result, type=ServiceHealth)
    assert reply.id.endswith(health.service)
    return reply.id


def test_a_service_that_was_started_again_is_reached(house: House) -> None:
    """Killed: `not running`; a new process under the same name answers at once."""
    ingest = house.start(INGEST)
    first = msgspec.msgpack.decode(_ask(house, GetHealth(), INGEST).result, type=ServiceHealth)
    ingest.kill()
    assert _code(_ask(house, GetHealth(), INGEST)) == "service.not_running"
    house.start(INGEST)
    again = msgspec.msgpack.decode(_ask(house, GetHealth(), INGEST).result, type=ServiceHealth)
    assert again.boot_id != first.boot_id


def test_a_port_that_is_taken(house: House, tmp_path: Path) -> None:
    """Another suite's broker on the same command port: a sentence and exit code 1."""
    with House(tmp_path / "second", bus={"commands": house.commands}) as second:
        broker = second.launch("broker")
        assert broker.ends(within=5) == 1
    assert f"{house.commands} (commands) cannot be bound" in broker.output()
