"""Endpoints beyond loopback: refused without keys; with keys, for the clients on the list and nobody else."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zmq

from shared.messages.commands import GetHealth
from shared.messages.configuration import ReloadConfiguration
from shared.messages.requests import Reply
from shared.messages.topics import SERVICE_FAULT, SERVICE_HEALTH
from tests.support.service import House, next_of, request
from tests.support.suite import free_port

Socket = zmq.Socket[bytes]


class Keys:
    """A suite's key pair as a file, and a client's."""

    def __init__(self, folder: Path) -> None:
        self.server_public, secret = zmq.curve_keypair()
        self.client_public, self.client_secret = zmq.curve_keypair()
        self.secret_file = folder / "server.secret"
        self.secret_file.write_bytes(secret + b"\n")
        self.secret_file.chmod(0o600)

    def settings(self, **other: Any) -> dict[str, Any]:
        clients = {"tablet": self.client_public.decode()}
        curve = {"secret_key_file": str(self.secret_file), "clients": clients, **other}
        return {
            "events": f"tcp://0.0.0.0:{free_port()}",
            "commands": f"tcp://0.0.0.0:{free_port()}",
            "curve": curve,
        }


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


@pytest.fixture
def house(tmp_path: Path, keys: Keys) -> Iterator[House]:
    with House(tmp_path / "home", bus=keys.settings()) as made:
        made.start("broker")
        yield made


@contextlib.contextmanager
def _client(house: House, kind: int, which: str, keys: Keys, pair: tuple[bytes, bytes] | None) -> Iterator[Socket]:
    """A client from another machine: with its own key pair, or without any."""
    with house.context.socket(kind) as client:
        client.set(zmq.LINGER, 0)
        client.set(zmq.RECONNECT_IVL, 20)
        if pair is not None:
            client.set(zmq.CURVE_SERVERKEY, keys.server_public)
            client.set(zmq.CURVE_PUBLICKEY, pair[0])
            client.set(zmq.CURVE_SECRETKEY, pair[1])
        if kind == zmq.SUB:
            client.subscribe(SERVICE_FAULT.prefix)
        client.connect(house.config["bus"][which].replace("0.0.0.0", "127.0.0.1"))  # noqa: S104  # read, not bound
        yield client


@pytest.mark.parametrize("service", ["broker", "udp-ingest"])
@pytest.mark.parametrize("which", ["events", "commands"])
def test_without_keys_the_configuration_is_refused(tmp_path: Path, service: str, which: str) -> None:
    """Bound beyond loopback without bus.curve: exit 2 with one sentence, and nothing is bound."""
    with House(tmp_path / "home", bus={which: f"tcp://0.0.0.0:{free_port()}"}) as house:
        refused = house.launch(service)
        assert refused.ends(within=5) == 2
    (line,) = refused.output().splitlines()
    assert f"bus.{which} is bound beyond loopback (0.0.0.0): set bus.curve, or bind 127.0.0.1." in line


def _open_file(keys: Keys) -> None:
    keys.secret_file.chmod(0o644)


def _no_file(keys: Keys) -> None:
    keys.secret_file.unlink()


def _short_key(keys: Keys) -> None:
    keys.secret_file.write_text("short")


def _no_key(keys: Keys) -> None:
    keys.secret_file.write_bytes(b"~" * 40)


@pytest.mark.parametrize(
    ("damage", "told"),
    [(_open_file, "chmod 600"), (_no_file, "cannot be read"), (_short_key, "Z85"), (_no_key, "Z85")],
)
def test_a_secret_key_that_cannot_be_used(tmp_path: Path, keys: Keys, damage: Any, told: str) -> None:
    """Readable by others, missing, or no key: exit 2 with one sentence, which does not show the key."""
    damage(keys)
    with House(tmp_path / "home", bus=keys.settings()) as house:
        refused = house.launch("broker")
        assert refused.ends(within=5) == 2
    (line,) = refused.output().splitlines()
    assert told in line
    assert "~~~~" not in line


def test_a_client_key_that_is_none(tmp_path: Path, keys: Keys) -> None:
    """40 characters that are no Z85: exit 2, and the sentence names the client."""
    with House(tmp_path / "home", bus=keys.settings(clients={"tablet": "~" * 40})) as house:
        refused = house.launch("broker")
        assert refused.ends(within=5) == 2
    assert refused.output().startswith("broker: bus.curve.clients: tablet's public key is no Z85 key.")


def test_who_is_on_the_list_gets_events_and_nobody_else(house: House, keys: Keys) -> None:
    """A listed client hears events over TCP; one with another key and one without keys hear nothing meanwhile."""
    house.tiny(say_every=0.01)
    stranger = zmq.curve_keypair()
    with (
        _client(house, zmq.SUB, "events", keys, stranger) as unlisted,
        _client(house, zmq.SUB, "events", keys, None) as keyless,
        _client(house, zmq.SUB, "events", keys, (keys.client_public, keys.client_secret)) as listed,
    ):
        for _ in range(50):
            assert listed.poll(5000), "an event"
            assert listed.recv_multipart()[0] == SERVICE_FAULT.frame("tiny")
        assert not unlisted.poll(0)
        assert not keyless.poll(0)


def test_who_is_on_the_list_is_answered_and_nobody_else(house: House, keys: Keys) -> None:
    """A listed client's commands are answered; the same from others reaches nobody."""
    body = request(GetHealth(), service="broker", request_id="r")
    with (
        _client(house, zmq.DEALER, "commands", keys, zmq.curve_keypair()) as unlisted,
        _client(house, zmq.DEALER, "commands", keys, None) as keyless,
        _client(house, zmq.DEALER, "commands", keys, (keys.client_public, keys.client_secret)) as listed,
    ):
        for client in (unlisted, keyless):
            with contextlib.suppress(zmq.Again):  # it was refused already, and has nobody to send to
                client.send_multipart([b"", body], zmq.NOBLOCK)
        for _ in range(20):
            listed.send_multipart([b"", body])
            assert listed.poll(5000), "an answer"
            assert msgspec.msgpack.decode(listed.recv_multipart()[-1], type=Reply).ok
        assert not unlisted.poll(0)
        assert not keyless.poll(0)


def _answered(client: Socket, body: bytes) -> None:
    client.send_multipart([b"", body])
    assert client.poll(5000), "an answer"
    client.recv_multipart()


def test_a_client_is_added_while_broker_runs(house: House, keys: Keys) -> None:
    """Its key is put into the file: it is answered from then on, whoever was before goes on, and no restart is asked
    for; other endpoints are.
    """
    body = request(GetHealth(), service="broker", request_id="r")
    new = zmq.curve_keypair()
    with _client(house, zmq.DEALER, "commands", keys, (keys.client_public, keys.client_secret)) as old:
        _answered(old, body)
        house.config["bus"]["curve"]["clients"]["other"] = new[0].decode()
        house.write_config()
        state = house.client.call(ReloadConfiguration(), service="broker")
        assert (state.changed, state.needs_restart) == (("bus.curve.clients.other",), ())
        with _client(house, zmq.DEALER, "commands", keys, new) as added:
            _answered(added, body)
        _answered(old, body)
    house.config["bus"]["events"] = f"tcp://127.0.0.1:{free_port()}"
    house.write_config()
    assert house.client.call(ReloadConfiguration(), service="broker").needs_restart == ("bus.events",)


def test_within_the_machine_no_keys_are_asked_for(house: House) -> None:
    """The suite's own sockets work as ever: services are on the bus, subscribers and commands need no keys."""
    tiny = house.tiny(say_every=0.01)
    assert next_of(house.subscriber(SERVICE_FAULT.prefix), lambda _: True).envelope.producer == "tiny"
    assert next_of(house.subscriber(SERVICE_HEALTH.frame("broker")), lambda _: True).envelope.event.on_bus
    assert tiny.call(GetHealth()).on_bus
