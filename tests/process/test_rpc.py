"""Commands on a service's own socket: one request, one reply, always answered, never somebody else's."""

import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from shared.clock import monotonic_s
from shared.errors import NetworkError
from shared.messages.commands import GetHealth, GetRings
from shared.messages.requests import Request
from shared.rpc import Client, RefusedError
from tests.support.service import House, Service, ask_raw
from tests.support.tiny import Do
from tests.support.wait import ENOUGH_S, lenient


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path / "home") as made:
        yield made


@pytest.fixture
def tiny(house: House) -> Service:
    return house.tiny()


def test_a_refusal_arrives_whole(tiny: Service) -> None:
    """Code, sentence and offending value of what the handler raised."""
    with pytest.raises(RefusedError) as refusal:
        tiny.call(Do(what="refuse"))
    assert (refusal.value.code, refusal.value.message, refusal.value.value) == (
        "tiny.refused",
        "This is refused.",
        "42",
    )
    assert tiny.call(GetHealth()).faults == 0


@pytest.mark.parametrize("what", ["fail", "answer_nonsense"])
def test_a_handler_that_fails_is_answered_for(tiny: Service, what: str) -> None:
    """It raises, or returns what cannot be sent: the asker is told at once, the fault is counted and logged."""
    with pytest.raises(RefusedError, match="failed inside the service") as refusal:
        tiny.call(Do(what=what))
    assert refusal.value.code == "internal"
    assert tiny.call(GetHealth()).faults == 1
    assert "Traceback" in tiny.logged("fault")[0]["exception"]
    assert tiny.call(Do(what="echo", text="still here")) == "still here"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "command.unreadable"),
        (b"\xc1", "command.unreadable"),
        (b"\x81\xa7service\xa1\xff", "command.unreadable"),
        (b"\x91" * 100_000, "command.unreadable"),
        (Request(service="tiny", command="nothing", id="r", body=msgspec.Raw(b"\x80")), "command.unknown"),
        (Request(service="tiny", command="do", id="r", body=msgspec.Raw(b"\x80")), "command.invalid"),
        (Request(service="tiny", command="do", id="r", body=msgspec.Raw(b"\xc0")), "command.invalid"),
        (Request(service="tiny", command="do", id="r", body=msgspec.Raw(b"\x81\xa4what\xa1\xff")), "command.invalid"),
    ],
)
def test_garbage_is_answered(house: House, tiny: Service, body: bytes | Request, code: str) -> None:
    """Bytes that are no request, an unknown command, fields that do not fit: an answer, and no fault."""
    sent = body if isinstance(body, bytes) else msgspec.msgpack.encode(body)
    reply = ask_raw(house.context, house.paths.command_socket("tiny"), sent)
    assert reply.error is not None
    assert (reply.ok, reply.error.code) == (False, code)
    assert reply.id == ("" if isinstance(body, bytes) else "r")
    assert tiny.call(GetHealth()).faults == 0


def test_a_service_that_does_not_run(house: House) -> None:
    """Known at once, without waiting for a deadline: never started, ended, or killed."""
    for end in (None, Service.stop, Service.kill):
        if end is not None:
            end(house.start("udp-ingest"))
        started = monotonic_s()
        with pytest.raises(NetworkError, match=r"is not running \(yet\); see: restrike ps") as refusal:
            house.client.call(GetRings(), deadline_s=60)
        assert refusal.value.code == "service.not_running"
        assert monotonic_s() - started < lenient(0.5)


def test_a_service_that_does_not_answer(tiny: Service) -> None:
    """Frozen: the caller knows after its deadline, which it may choose; it answers again when it goes on."""
    with tiny.frozen():
        started = monotonic_s()
        with pytest.raises(NetworkError, match=r"tiny did not answer within 0.3 s") as refusal:
            tiny.call(GetHealth(), deadline_s=0.3)
        assert refusal.value.code == "service.no_answer"
        assert 0.3 <= monotonic_s() - started < lenient(0.8)
    assert tiny.call(GetHealth()).service == "tiny"


def test_a_late_reply_meets_no_later_request(tiny: Service) -> None:
    """The first call is given up before it is answered; the next ones get their own answers."""
    with pytest.raises(NetworkError):
        tiny.call(Do(what="sleep", text="late"), deadline_s=0.2)
    assert [tiny.call(Do(what="echo", text=f"{n}")) for n in range(3)] == ["0", "1", "2"]


def test_many_callers_at_once(house: House, tiny: Service) -> None:
    """Eight threads, each with its own client: everybody gets the answers to their own requests."""
    answers: dict[int, list[str]] = {}

    def ask(caller: int) -> None:
        client = Client(house.paths, house.context)
        answers[caller] = [client.call(Do(what="echo", text=f"{caller}/{n}"), deadline_s=10) for n in range(25)]

    callers = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(ENOUGH_S)
    assert answers == {caller: [f"{caller}/{n}" for n in range(25)] for caller in range(8)}
    assert tiny.call(GetHealth()).faults == 0


def test_an_answer_that_comes_later_keeps_nobody_waiting(tiny: Service) -> None:
    """Meanwhile other commands are answered, each asker with his own reply."""
    answers: list[str] = []
    askers = [
        threading.Thread(target=lambda text=text: answers.append(tiny.call(Do(what="answer_later", text=text))))
        for text in ("one", "two")
    ]
    for asker in askers:
        asker.start()
    asked = monotonic_s()
    while monotonic_s() - asked < 0.3:
        assert tiny.call(Do(what="echo", text="now"), deadline_s=lenient(0.2)) == "now"
    assert answers == []
    for asker in askers:
        asker.join(ENOUGH_S)
    assert sorted(answers) == ["one", "two"]


def test_who_waits_when_a_service_ends_is_told(tiny: Service) -> None:
    """At once, and not by a time-out. (The timer that would have answered is cancelled by another one.)"""
    refusals: list[str] = []

    def ask() -> None:
        with pytest.raises(RefusedError, match="ask again") as refusal:
            tiny.call(Do(what="never_answer"), deadline_s=10)
        refusals.append(refusal.value.code)

    asker = threading.Thread(target=ask)
    asker.start()
    asked = monotonic_s()
    while monotonic_s() - asked < 0.5:
        assert tiny.call(Do(what="echo", text="now"), deadline_s=lenient(0.5)) == "now"
    assert tiny.stop() == 0
    asker.join(ENOUGH_S)
    assert refusals == ["service.ended"]
