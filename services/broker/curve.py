"""CURVE keys for the broker's TCP endpoints: who is on the list may connect, nobody else.

The answer to ZeroMQ's authentication requests (ZAP, RFC 27) is given in broker's loop.
"""

import struct
from pathlib import Path

import zmq
from zmq.utils import z85

from shared.config import Bus, Curve
from shared.errors import ConfigError
from shared.meter_list import BUS_KEYS_REFUSED
from shared.runtime import Runtime

ZAP_ENDPOINT = "inproc://zeromq.zap.01"


def secure(socket: "zmq.Socket[bytes]", bus: Bus) -> None:
    """Ask clients of the endpoints that are bound from here on for a key; without keys configured, do nothing."""
    if bus.curve is None:
        return
    secret = _secret_key(bus.curve)
    socket.set(zmq.CURVE_SERVER, 1)
    socket.set(zmq.CURVE_SECRETKEY, secret)
    socket.set(zmq.ZAP_DOMAIN, b"restrike")


def _secret_key(curve: Curve) -> bytes:
    path = Path(curve.secret_key_file)
    try:
        mode = path.stat().st_mode & 0o077
        secret = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("curve.unreadable", f"bus.curve.secret_key_file cannot be read: {error}.") from error
    if mode:
        raise ConfigError("curve.open", f"{path} holds a secret and others may read it: chmod 600 {path}")
    try:
        zmq.curve_public(secret.encode())
    except (ValueError, zmq.ZMQError) as error:
        raise ConfigError(
            "curve.malformed", f"{path} must hold one Z85 secret key of 40 characters, as `restrike config keys` makes."
        ) from error
    return secret.encode()


def _public_key(name: str, key: str) -> bytes:
    try:
        return z85.decode(key.encode())
    except (KeyError, ValueError, struct.error) as error:
        raise ConfigError("curve.malformed", f"bus.curve.clients: {name}'s public key is no Z85 key.") from error


def _names(clients: dict[str, str]) -> dict[bytes, str]:
    return {_public_key(name, key): name for name, key in clients.items()}


class Gatekeeper:
    """Answers which public keys may connect. `refused` counts the others."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", curve: Curve) -> None:
        self.refused = 0
        self._names = _names(curve.clients)
        self._requests = context.socket(zmq.REP)
        self._requests.bind(ZAP_ENDPOINT)

    def register(self, runtime: Runtime) -> None:
        """Have the runtime's loop answer."""
        runtime.on_readable(self._requests, self.answer)

        def change(clients: dict[str, str] | None) -> None:
            for name in self.change(clients):
                runtime.log.warning("client_removed", client=name, help="It stays connected until broker starts again.")

        runtime.on_config("bus.curve.clients", change)
        runtime.meters.follow(BUS_KEYS_REFUSED, lambda: self.refused)

    def change(self, clients: dict[str, str] | None) -> list[str]:
        """Let these connect from here on; None: as before. Returns who may connect no more: they stay connected until
        broker starts again.
        """
        before = set(self._names.values())
        if clients is not None:
            self._names = _names(clients)
        return sorted(before.difference(self._names.values()))

    def answer(self) -> None:
        """Answer one request: its frames are version, id, domain, address, identity, mechanism, key."""
        version, request_id, _, _, _, mechanism, *credentials = self._requests.recv_multipart()
        name = self._names.get(credentials[0]) if mechanism == b"CURVE" and credentials else None
        if name is None:
            self.refused += 1
            self._requests.send_multipart([version, request_id, b"400", b"this key is not on the list", b"", b""])
        else:
            self._requests.send_multipart([version, request_id, b"200", b"OK", name.encode(), b""])
