"""Every point of a ring that the journal still holds, oldest first: how to fetch what you missed.

pip install pyzmq msgspec
python history.py --ring ring-1
"""

import argparse
import time
import uuid
from collections.abc import Iterator
from typing import Any

import msgspec
import zmq


def ask(socket: "zmq.Socket[bytes]", command: str, body: dict[str, Any]) -> Any:
    """One command's result from pss-parser."""
    request = {"service": "pss-parser", "command": command, "id": uuid.uuid4().hex, "body": body}
    socket.send(msgspec.msgpack.encode(request))
    if not socket.poll(6000):
        raise SystemExit("The command gateway does not answer. Is the suite up?")
    reply = msgspec.msgpack.decode(socket.recv())
    if not reply["ok"]:
        raise SystemExit(reply["error"]["message"])
    return reply["result"]


def entries(socket: "zmq.Socket[bytes]", ring: str, journal_id: str, after: int) -> Iterator[tuple[int, Any]]:
    """Number and result of every entry after `after`, page by page, to the newest."""
    while True:
        body = {"ring": ring, "journal_id": journal_id, "after_entry": after}
        page = ask(socket, "replay_events", body)
        journal_id = page["journal_id"]
        for _, _, _, _, first, results, *through in page["batches"]:
            yield from enumerate(results, first)
            after = max([first + len(results) - 1, *through])
        if page["warming_up"]:
            time.sleep(0.05)  # the parser is on its way there: ask again
        elif after >= page["end"]:
            return


def main() -> None:
    """Print the points."""
    parser = argparse.ArgumentParser(description="Every point of a ring that the journal still holds.")
    parser.add_argument("--commands", default="tcp://127.0.0.1:5557")
    parser.add_argument("--ring", default="ring-1")
    parser.add_argument("--journal", default="", help="journal_id that --after belongs to")
    parser.add_argument("--after", type=int, default=0, help="only what followed this entry")
    options = parser.parse_args()
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.set(zmq.LINGER, 0)
        socket.connect(options.commands)
        for number, entry in entries(socket, options.ring, options.journal, options.after):
            for message in entry[1]:
                raw, data, match_id, round_, clock_ms = message[2:7]
                if data["type"] == "point_scored":
                    print(f"{number}: {match_id} round {round_}, {clock_ms} ms left: {raw}")


if __name__ == "__main__":
    main()
