"""A journal that cannot be used is set aside, never deleted, and a new one begun: the ring is heard all the same."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.db.sqlite import connect_writer
from shared.messages.facts import SessionOpened
from shared.messages.wire import Datagrams
from tests.support.service import House, bodies, numbered
from tests.support.wait import eventually


def _one_byte(path: Path) -> None:
    path.write_bytes(b"x")


def _garbage(path: Path) -> None:
    path.write_bytes(b"no database at all" * 1000)


def _cut(path: Path) -> None:
    _checkpoint(path)
    path.write_bytes(path.read_bytes()[:4096])


def _damaged_pages(path: Path) -> None:
    _checkpoint(path)
    path.write_bytes(path.read_bytes()[:4096] + b"\xa5" * (path.stat().st_size - 4096))


def _other_format(path: Path) -> None:
    with contextlib.closing(connect_writer(path)) as connection:
        connection.execute("UPDATE journal SET format = 99")


def _checkpoint(path: Path) -> None:
    with contextlib.closing(connect_writer(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@pytest.mark.parametrize("damage", [_one_byte, _garbage, _cut, _damaged_pages, _other_format])
def test_a_damaged_journal_is_set_aside(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    """Whatever happened to the file, it is kept under another name, and a new journal with a new id takes its place."""
    with House(tmp_path / "home") as house:
        house.start("udp-ingest").stop()
        before = house.stored()[0].journal_id
        damage(house.paths.journal)
        kept = house.paths.journal.read_bytes()
        ingest = house.start("udp-ingest")
        with house.sender() as sender:
            sender.send(b"heard")
        eventually(lambda: bodies(house.entries()), equals=[b"heard"], within=5)
        assert house.status().journal_id != before
        (told,) = ingest.logged("journal_damaged")
        aside = Path(told["set_aside"])
        assert aside.parent == house.paths.data
        if damage is not _other_format:
            assert aside.read_bytes() == kept
        ingest.stop()
        assert isinstance(house.stored_entries()[1].fact, SessionOpened)


def test_a_journal_that_is_whole_is_kept(tmp_path: Path) -> None:
    """A start after kill -9 goes on in the same file with the same id."""
    with House(tmp_path / "home") as house:
        ingest = house.start("udp-ingest")
        before = house.status().journal_id
        ingest.kill()
        house.start("udp-ingest")
        assert house.status().journal_id == before
        assert [path.name for path in house.paths.data.glob("journal.db.damaged*")] == []


def _damage_while_it_runs(path: Path) -> None:
    with contextlib.closing(connect_writer(path)) as connection:
        (version,) = connection.execute("PRAGMA schema_version").fetchone()
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = 'x' WHERE name = 'batches'")
        connection.execute(f"PRAGMA schema_version = {version + 1}")


def test_a_journal_that_is_damaged_while_it_is_written(tmp_path: Path) -> None:
    """Every datagram is published; the ring goes on in a new journal with a new session, and the old file is kept."""
    with House(tmp_path / "home") as house:
        ingest = house.start("udp-ingest")
        wire = house.subscriber(b"wire.datagrams/", endpoint=house.paths.wire_socket("udp-ingest"))
        eventually(lambda: list(wire.drain()), within=5, what="the wire's standing batch")
        before = house.status()
        _damage_while_it_runs(house.paths.journal)
        heard: list[Datagrams] = []

        def published() -> list[bytes]:
            heard.extend(delivery.envelope.event for delivery in wire.drain())
            return [body for batch in heard for body in bodies(numbered(batch))]

        with house.sender() as sender:
            sender.send(b"one")
            eventually(lambda: house.status().journal_id != before.journal_id, within=5)
            sender.send(b"two")
            eventually(published, equals=[b"one", b"two"], within=5)
        assert house.status().session != before.session
        assert bodies(house.entries()) == [b"two"]
        (told,) = ingest.logged("journal_damaged")
        assert Path(told["set_aside"]).exists()
        assert ingest.stop() == 0
        (opened, *_) = house.stored_entries().values()
        assert isinstance(opened.fact, SessionOpened)
