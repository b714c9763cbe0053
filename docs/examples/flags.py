"""The flags of a ring's two athletes, now and whenever they change; the pictures are kept in a folder.

pip install pyzmq msgspec
python flags.py --ring ring-1 --out pictures
"""

import argparse
import uuid
from pathlib import Path
from typing import Any

import msgspec
import zmq

ENDINGS = {"image/svg+xml": ".svg", "image/png": ".png"}


class Flags:
    """Asks db-writer what a code is shown with, and remembers it until it is said to have changed."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", commands: str, folder: Path) -> None:
        self.context, self.commands, self.folder = context, commands, folder
        self.known: dict[str, dict[str, Any]] = {}

    def of(self, code: str) -> dict[str, Any]:
        """Code, name and picture; a code that nobody knows has a neutral tile."""
        if code not in self.known:
            (flag,) = self.ask("get_flags", {"codes": [code]})["flags"]
            picture = self.folder / (flag["checksum"] + ENDINGS[flag["media_type"]])
            if not picture.exists():  # on the suite's own machine, flag["file"] can be read as well
                picture.write_bytes(self.ask("get_flag_picture", {"code": code})["content"])
            self.known[code] = flag | {"picture": picture.name}
        return self.known[code]

    def ask(self, command: str, body: dict[str, Any]) -> Any:
        """One command's result."""
        request = {"service": "db-writer", "command": command, "id": uuid.uuid4().hex, "body": body}
        with self.context.socket(zmq.REQ) as socket:  # a new socket for each request
            socket.set(zmq.LINGER, 0)
            socket.connect(self.commands)
            socket.send(msgspec.msgpack.encode(request))
            if not socket.poll(3000):
                raise SystemExit("The command gateway does not answer. Is the suite up?")
            reply = msgspec.msgpack.decode(socket.recv())
        if not reply["ok"]:
            raise SystemExit(reply["error"]["message"])
        return reply["result"]


def line(flags: Flags, state: dict[str, Any]) -> str:
    """Both athletes with their flags."""
    shown = []
    for side in (state.get("chong", {}), state.get("hong", {})):
        flag = flags.of(side.get("noc") or "")
        shown.append(f"{side.get('short_name') or '?'} {flag['ioc_code'] or '-'} {flag['name']} {flag['picture']}")
    return " : ".join(shown)


def main() -> None:
    """Print a line for each change, for ever."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--ring", default="ring-1")
    parser.add_argument("--out", type=Path, default=Path("pictures"))
    parser.add_argument("--events", default="tcp://127.0.0.1:5556")
    parser.add_argument("--commands", default="tcp://127.0.0.1:5557")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    flags = Flags(context, given.commands, given.out)
    sub = context.socket(zmq.SUB)
    sub.connect(given.events)
    sub.subscribe(f"match.state/{given.ring}/".encode())  # repeated every 5 s, so a late joiner need not ask
    sub.subscribe(b"flags.changed/")
    state: dict[str, Any] = {}
    last = ""
    while True:
        frame, body = sub.recv_multipart()
        event = msgspec.msgpack.decode(body)["event"]
        if frame.startswith(b"flags.changed/"):
            flags.known.clear()
        else:
            state = event
        if state.get("match_id") and (now := line(flags, state)) != last:
            print(now, flush=True)
            last = now


if __name__ == "__main__":
    main()
