"""Rings that are to listen elsewhere: they go, stay where they are, or go back; nothing is lost for it."""

import socket

from msgspec.structs import replace

from shared.config import Ring
from tests.support.suite import free_port
from tests.unit.udp_ingest.conftest import House, bodies, read, send, sessions


def test_a_place_that_is_taken_leaves_a_ring_where_it_is(house: House) -> None:
    """Another program holds the new port: the ring goes on in its socket and session, says so, and goes when it can."""
    one, two, fixed = (house.rings._ring(name) for name in ("one", "two", "fixed"))
    before = house.rings.status("fixed")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        wanted = replace(fixed, port=holder.getsockname()[1])
        house.rings.take_over([one, two, wanted])
        house.rings.start_wanted()
        status = house.rings.status("fixed")
        assert (status.listening, status.session, status.port) == (True, before.session, before.port)
        assert (status.error or "").startswith(
            f"stays at 127.0.0.1:{before.port}: UDP 127.0.0.1:{wanted.port} is taken"
        )
        send(house, "fixed", b"heard")
        read(house)
        assert bodies(house, "fixed") == [b"heard"]
    house.rings.start_wanted()
    status = house.rings.status("fixed")
    assert (status.error, status.port, sessions(house, "fixed")) == (
        None,
        wanted.port,
        ["127.0.0.1", "moved", "127.0.0.1"],
    )
    assert len(house.readers) == 2


def test_what_is_taken_back_leaves_a_ring_as_it_was(house: House) -> None:
    """It could not go; the file says again what it said: one session, no fault."""
    rings = [house.rings._ring(name) for name in ("one", "two", "fixed")]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        house.rings.take_over([*rings[:2], replace(rings[2], port=holder.getsockname()[1])])
        house.rings.take_over(rings)
    assert (house.rings.status("fixed").error, sessions(house, "fixed")) == (None, ["127.0.0.1"])


def test_another_source_is_heard_in_the_same_socket(house: House) -> None:
    """Nothing of what waits in it is lost: what came before is of the old session, what comes after of the new one."""
    one, two, fixed = (house.rings._ring(name) for name in ("one", "two", "fixed"))
    readers = dict(house.readers)
    send(house, "fixed", b"1", b"2")
    house.rings.take_over([one, two, replace(fixed, source="127.0.0.1")])
    send(house, "fixed", b"3")
    read(house)
    assert house.readers == readers
    assert (house.rings.status("fixed").packets, bodies(house, "fixed")) == (1, [b"3"])
    assert sessions(house, "fixed") == ["127.0.0.1", "moved", "127.0.0.1"]
    house.rings.take_over([one, two, replace(fixed, source="127.0.0.8")])
    send(house, "fixed", b"another's")
    read(house)
    assert (house.rings.status("fixed").packets, bodies(house, "fixed")) == (0, [])


def test_rings_change_places(house: House) -> None:
    """Each goes where the other was, in the sockets that there are; so do sources on one port."""
    one, two, fixed = (house.rings._ring(name) for name in ("one", "two", "fixed"))
    new = Ring(name="new", port=free_port(socket.SOCK_DGRAM))
    house.rings.take_over([one, two, fixed, new])
    readers = dict(house.readers)
    house.rings.take_over(
        [
            replace(one, source=two.source),
            replace(two, source=None),
            replace(fixed, port=new.port),
            replace(new, port=fixed.port),
        ]
    )
    assert house.readers == readers
    assert [house.rings.status(name).error for name in ("one", "two", "fixed", "new")] == [None] * 4
    assert (house.rings.status("fixed").port, house.rings.status("new").port) == (new.port, fixed.port)
    send(house, "two", b"two's")
    read(house)
    assert (bodies(house, "two"), bodies(house, "one")) == ([b"two's"], [])


def test_a_ring_waits_for_one_that_has_to_stay(house: House) -> None:
    """It wants the place of a ring that could not leave it: both stay, are heard, and go together later."""
    one, two, fixed = (house.rings._ring(name) for name in ("one", "two", "fixed"))
    new = Ring(name="new", port=free_port(socket.SOCK_DGRAM))
    house.rings.take_over([one, two, fixed, new])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        away = replace(new, port=holder.getsockname()[1])
        house.rings.take_over([one, two, replace(fixed, port=new.port), away])
        house.rings.start_wanted()
        assert f"UDP 127.0.0.1:{new.port} is taken by new" in (house.rings.status("fixed").error or "")
        for name, port in (("fixed", fixed.port), ("new", new.port)):
            assert house.rings.status(name).port == port
            send(house, name, name.encode())
            read(house)
            assert (bodies(house, name), sessions(house, name)) == ([name.encode()], ["127.0.0.1"])
    house.rings.start_wanted()
    assert (house.rings.status("fixed").port, house.rings.status("new").port) == (new.port, away.port)


def test_all_addresses_of_the_same_port(house: House) -> None:
    """Our own socket has to be closed first; where another program has the port elsewhere, the ring goes back."""
    one, two, fixed = (house.rings._ring(name) for name in ("one", "two", "fixed"))
    wide = replace(fixed, bind="0.0.0.0")  # noqa: S104  # loopback is all that there is here
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.7", fixed.port))
        house.rings.take_over([one, two, wide])
        for _ in range(2):
            status = house.rings.status("fixed")
            assert (status.listening, status.address) == (True, "127.0.0.1")
            assert (status.error or "").startswith("stays at 127.0.0.1")
            house.rings.start_wanted()
        assert sessions(house, "fixed") == ["127.0.0.1", "moved", "127.0.0.1"]
    house.rings.take_over([one, two, fixed])
    house.rings.take_over([one, two, wide])
    assert (house.rings.status("fixed").address, house.rings.status("fixed").error) == (wide.bind, None)


def test_a_ring_with_another_name_keeps_the_socket(house: House) -> None:
    """For the machine it is one that goes and one that comes."""
    one, two, fixed = (house.rings._ring(name) for name in ("one", "two", "fixed"))
    readers = dict(house.readers)
    house.rings.take_over([one, two, replace(fixed, name="mat-1")])
    assert (house.readers, house.rings.status("mat-1").listening) == (readers, True)
    house.rings.take_over([one, two])
    assert len(house.readers) == 1
