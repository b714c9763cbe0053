"""The floor of making OBS act: UDP in, a request to OBS out, `python -P -m tests.bench.bare_obs OBS_PORT PASSWORD`.

Splits each datagram at its `;` and asks OBS for a scene when it is a point or a gam-jeom of the mat. It keeps nothing,
knows no match and no rule. Ends when its standard input closes.
"""

import select
import socket
import sys

from msgspec import Struct

from tests.bench.child import answer
from tests.support.obs.probe import Probe

SCENES = {b"pt1": "Fight", b"pt2": "Winner", b"wg1": "Break"}


class Ports(Struct, frozen=True, kw_only=True):
    """Where it listens: to the ring that it acts on, and to all others."""

    mat: int
    others: int


def main(obs_port: str, password: str) -> None:
    """Act until standard input closes."""
    mat, others = _bound(), _bound()
    with Probe(int(obs_port), password, subscriptions=0) as obs, mat, others:
        poller = select.poll()
        for readable in (mat, others, sys.stdin):
            poller.register(readable, select.POLLIN)
        answer(Ports(mat=mat.getsockname()[1], others=others.getsockname()[1]))
        while True:
            ready = {descriptor for descriptor, _ in poller.poll()}
            if others.fileno() in ready:
                others.recv(65535).split(b";")
            if mat.fileno() in ready:
                scene = SCENES.get(mat.recv(65535).split(b";")[0])
                if scene is not None:
                    obs.ask("SetCurrentProgramScene", sceneName=scene)
            if sys.stdin.fileno() in ready:
                return


def _bound() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    return made


if __name__ == "__main__":
    main(*sys.argv[1:])
