"""A live scoreboard line for each change of a ring's match, and for each point.

pip install pyzmq msgspec
python scoreboard.py --ring ring-1
"""

import argparse
import time
import uuid
from collections.abc import Iterator
from typing import Any

import msgspec
import zmq

ASK_TIMEOUT_MS = 3000
MARK_TIMEOUT_MS = 50
RETRY_S = 1.0


class Lost(Exception):
    """Something was missed: take a new snapshot and go on from there."""


class Bus:
    """One ring's events, joined without gap or overlap, however late we come."""

    def __init__(self, events: str, commands: str, ring: str) -> None:
        self.commands, self.ring = commands, ring
        self.context = zmq.Context()
        self.sub = self.context.socket(zmq.SUB)
        self.sub.set(zmq.RCVHWM, 20_000)
        self.sub.connect(events)
        self.last: dict[bytes, tuple[str, int]] = {}  # topic frame -> boot_id and seq of its last event
        for topic in ("match.state", "pss.point"):
            self.sub.subscribe(f"{topic}/{ring}/".encode())

    def join(self) -> dict[str, Any]:
        """The match as it stands. What `events` gives from here on is what happened after that."""
        self.last.clear()
        nonce = uuid.uuid4().hex
        mark = f"~mark/{nonce}/".encode()
        self.sub.subscribe(mark)  # last: when a mark arrives, the subscriptions before it are in force, too
        while True:
            snapshot = self.ask("pss-parser", "snapshot", {"ring": self.ring, "nonce": nonce})
            deadline = time.monotonic() + MARK_TIMEOUT_MS / 1000
            while snapshot and self.sub.poll(max(0, int((deadline - time.monotonic()) * 1000))):
                frame, envelope = self.receive()
                if frame == mark:
                    self.sub.unsubscribe(mark)
                    return dict(snapshot)
                self.last[frame] = (envelope["boot_id"], envelope["seq"])  # thrown away: it is in the snapshot

    def events(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each event with its topic frame; raises Lost when one is missing."""
        while True:
            frame, envelope = self.receive()
            before = self.last.get(frame)
            self.last[frame] = (envelope["boot_id"], envelope["seq"])
            if before and before[0] != envelope["boot_id"]:
                raise Lost(f"{envelope['producer']} was restarted")
            if before and envelope["seq"] != before[1] + 1:
                raise Lost(f"{envelope['seq'] - before[1] - 1} events of {frame.decode()} did not reach us")
            yield frame.decode(), envelope["event"]

    def receive(self) -> tuple[bytes, dict[str, Any]]:
        """The next event."""
        frame, body = self.sub.recv_multipart()
        envelope: dict[str, Any] = msgspec.msgpack.decode(body)
        return frame, envelope

    def ask(self, service: str, command: str, body: dict[str, Any]) -> Any:
        """One command's result; None after a pause when it could not be had."""
        request = {"service": service, "command": command, "id": uuid.uuid4().hex, "body": body}
        with self.context.socket(zmq.REQ) as socket:  # a new socket for each request
            socket.set(zmq.LINGER, 0)
            socket.connect(self.commands)
            socket.send(msgspec.msgpack.encode(request))
            if not socket.poll(ASK_TIMEOUT_MS):
                print("The command gateway does not answer. Is the suite up?", flush=True)
                return None
            reply = msgspec.msgpack.decode(socket.recv())
        if not reply["ok"]:
            print(reply["error"]["message"], flush=True)
            time.sleep(RETRY_S)
            return None
        return reply["result"]


def board(state: dict[str, Any]) -> str:
    """A match as one line. A field that is missing has its default."""
    if not state.get("match_id"):
        return f"{state['ring']}: no match"
    sides = []
    for colour, side in (("blue", state.get("chong", {})), ("red", state.get("hong", {}))):
        name = side.get("short_name") or colour
        sides.append(f"{name} {side.get('score', 0)} ({side.get('gam_jeoms', 0)} gj, {side.get('rounds_won', 0)} won)")
    clock = state.get("clock_ms")
    time_left = "-:--" if clock is None else f"{clock // 60000}:{clock // 1000 % 60:02}"
    number, stage, round_ = state.get("match_number") or "?", state.get("stage") or "", state.get("round") or "-"
    return f"{state['ring']}: match {number}, round {round_}, {time_left} {stage}: {' : '.join(sides)}"


def point(event: dict[str, Any]) -> str:
    """A point as one line."""
    data = event["data"]
    return f"{event['ring']}: point for {'blue' if data['athlete'] == 1 else 'red'}: {data.get('technique') or '?'}"


def lines(bus: Bus) -> Iterator[str]:
    """The scoreboard's lines, for ever."""
    while True:
        snapshot = bus.join()
        state = snapshot["state"]
        yield board(state)
        try:
            for frame, event in bus.events():
                is_state = frame.startswith("match.state/")
                if is_state and state["journal_id"] not in ("", event["journal_id"]):
                    raise Lost("the ring has a new journal")  # its entries are counted from 1 again
                if event["entry"] <= snapshot["entry"]:
                    continue  # it is in the snapshot already
                if not is_state:
                    yield point(event)
                    continue
                if board(event) != board(state):
                    yield board(event)
                state = event
        except Lost as loss:
            yield f"{bus.ring}: {loss}; taking a new snapshot"


def main() -> None:
    """Print lines until interrupted, or `--count` of them."""
    parser = argparse.ArgumentParser(description="A live scoreboard line for each change of a ring's match.")
    parser.add_argument("--events", default="tcp://127.0.0.1:5556")
    parser.add_argument("--commands", default="tcp://127.0.0.1:5557")
    parser.add_argument("--ring", default="ring-1")
    parser.add_argument("--count", type=int, default=0, help="end after so many lines")
    options = parser.parse_args()
    for number, line in enumerate(lines(Bus(options.events, options.commands, options.ring)), 1):
        print(line, flush=True)
        if number == options.count:
            return


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
