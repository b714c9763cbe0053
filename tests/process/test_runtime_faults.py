"""What a service survives, and how it ends when it does not."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.bus import Delivery
from shared.clock import monotonic_s
from shared.messages.commands import GetHealth
from shared.messages.topics import SERVICE_FAULT, SERVICE_LOSS
from shared.rpc import Client, RefusedError
from tests.support.service import ROOT, House, next_of
from tests.support.tiny import Do
from tests.support.wait import eventually, lenient, pause


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path / "home") as made:
        yield made


def test_a_handler_that_raises(house: House) -> None:
    """Logged with its traceback, counted, published as service.fault; the loop goes on."""
    house.start("broker")
    tiny = house.tiny()
    subscriber = house.subscriber(SERVICE_FAULT.frame("tiny"))
    eventually(lambda: tiny.call(GetHealth()).on_bus, equals=True, within=5)

    def told() -> list[Delivery]:
        """What a subscriber hears who may have come later than the broker."""
        before = tiny.call(GetHealth()).faults
        assert tiny.call(Do(what="fail_later", text="posted")) == "posted"
        eventually(lambda: tiny.call(GetHealth()).faults, equals=before + 1, within=5)
        return list(subscriber.drain())

    fault = eventually(told, within=5)[-1].envelope.event
    assert (fault.error, fault.where) == ("RuntimeError('as asked, later')", "_fail")
    for logged in tiny.logged("fault"):
        assert "Traceback" in logged["exception"]
        assert "as asked, later" in logged["exception"]
    assert tiny.call(Do(what="echo", text="still here")) == "still here"


def test_a_loop_that_is_stuck(house: House) -> None:
    """A handler that never returns: after the allowed time the stacks are on stderr and the process ends, to be started
    again.
    """
    tiny = house.tiny(stuck_after_s=1.5)
    eventually(lambda: tiny.call(GetHealth()).uptime_s > 1, within=3, what="a first turn of the watch")
    started = monotonic_s()
    tiny.call(Do(what="stick"))
    assert tiny.ends(within=6) == 1
    assert monotonic_s() - started < lenient(3)
    assert "most recent call first" in tiny.output()
    assert "in _stick" in tiny.output()
    house.tiny()


def test_a_process_that_was_frozen_goes_on(house: House) -> None:
    """Frozen as a whole for longer than a loop may be stuck (a paused machine): it goes on where it was."""
    tiny = house.tiny(stuck_after_s=1.5)
    before = eventually(lambda: tiny.call(GetHealth()), within=3)
    os.kill(before.pid, signal.SIGSTOP)
    pause(3.0)
    os.kill(before.pid, signal.SIGCONT)
    pause(0.3)
    assert tiny.call(GetHealth()).boot_id == before.boot_id


def test_another_thread_may_post(house: House) -> None:
    """What another thread posts is done by the loop, at once: nothing else wakes it."""
    tiny = house.tiny()
    words = list("abcde")
    for count, word in enumerate(words, 1):
        tiny.call(Do(what="post_from_a_thread", text=word))
        eventually(lambda count=count: len(tiny.logged("posted")) == count, within=3)  # type: ignore[misc]  # called at once
    assert [line["text"] for line in tiny.logged("posted")] == words
    assert min(line["took_s"] for line in tiny.logged("posted")) < 0.1


def test_its_own_losses_are_told(house: House) -> None:
    """A service that was frozen too long misses events of the bus: it publishes how many, of which frame."""
    house.config["bus"]["subscriber_queue"] = 20
    house.write_config()
    house.start("broker")
    ear = house.tiny("ear", hear=1)
    eventually(lambda: ear.call(GetHealth()).on_bus, equals=True, within=5)
    losses = house.subscriber(SERVICE_LOSS.prefix)
    with ear.frozen():
        mouth = house.tiny("mouth", say_every=0.01, say_count=20, say_bytes=4000)
        eventually(lambda: mouth.call(GetHealth()).sent > 2500, within=10, what="more than the queues hold")
    told = next_of(losses, lambda _: True, within=10).envelope.event
    assert (told.service, told.producer, told.frame) == ("ear", "mouth", "service.fault/mouth/")
    assert told.count > 0
    assert ear.call(GetHealth()).lost >= told.count


def test_nobody_reads_its_log(house: House) -> None:
    """Its supervisor is gone, and with it the pipe that it logs to: it works on, and ends in order when asked."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "tests.support.tiny", "tiny"],
        env={**os.environ, "RESTRIKE_HOME": str(house.home), "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        process.stderr.close()
        client = Client(house.paths, house.context)
        eventually(lambda: client.call(GetHealth(), service="tiny"), within=10, what="an answer")
        for _ in range(3):
            with pytest.raises(RefusedError):
                client.call(Do(what="fail"))
        assert client.call(GetHealth(), service="tiny").faults == 3
        process.send_signal(signal.SIGTERM)
        assert process.wait(lenient(2)) == 0
    finally:
        process.kill()
        process.wait(5)
