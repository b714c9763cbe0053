"""Settings with real services: in force without a restart, kept secret, and whole whatever is killed."""

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import psutil
import pytest
import zmq

from services.db_writer.database import open_database
from services.db_writer.office.catalogue_rows import bring_up_to_date
from services.db_writer.office.desk import Desk
from services.db_writer.office.settings import change_settings
from shared.bus import Subscriber
from shared.db.migrate import migrate
from shared.db.sqlite import connect_reader
from shared.messages.commands import BeginReplay, EndReplay, GetRings
from shared.messages.settings import ChangeSettings, SettingChanged, SettingValue
from shared.rpc import RefusedError
from shared.settings.catalogue import OFFSITE_OPTIONS
from shared.settings.reader import Settings
from shared.settings.secrets import Secrets
from tests.support.cli import WITHIN_S, Home, home_in, restrike
from tests.support.service import House
from tests.support.wait import eventually, pause

SUITE = ("broker", "udp-ingest", "pss-parser", "db-writer")
APPLIED_WITHIN_S = 5.0
"""By the event; a service that heard none looks by itself every 10 s."""
CLEAR = "chong-hong-4711"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with home_in(tmp_path / "home") as home:
        yield home


@pytest.fixture
def events(home: Home) -> "Iterator[Subscriber]":
    """Everything on the bus."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    subscriber = Subscriber(context, home.paths.socket("broker.sub"), queue=50_000)
    subscriber.subscribe(b"")
    yield subscriber
    subscriber.socket.close()
    context.term()


def flood(home: Home, *, senders: int) -> None:
    """One datagram from each of so many source ports."""
    for _ in range(senders):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"clk;01:59;", ("127.0.0.1", home.ports["ring-1"]))


def told_apart(home: Home) -> int:
    """Senders of the ring that udp-ingest names, the crowd being one."""
    (ring,) = (ring for ring in home.client.call(GetRings()).rings if ring.ring == "ring-1")
    return len(ring.senders)


def stored_clients(home: Home) -> list[str]:
    """Addresses of the clients in the database, by their first datagram."""
    with closing(connect_reader(home.paths.database)) as connection:
        rows = connection.execute("SELECT client_address FROM udp_client_connections ORDER BY id").fetchall()
    return [address for (address,) in rows]


def changes_heard(events: Subscriber, *, count: int) -> list[SettingChanged]:
    """So many changes that were told on the bus."""
    heard: list[SettingChanged] = []

    def look() -> int:
        heard.extend(d.envelope.event for d in events.drain(50_000) if d.frame.startswith(b"settings.changed/"))
        return len(heard)

    eventually(look, within=WITHIN_S, equals=count)
    return heard


def replay(home: Home) -> bool:
    """Whether a replay is let in, and out again."""
    home.client.call(BeginReplay(ring="ring-1", address="127.0.0.1", port=9, file="x"))
    home.client.call(EndReplay(ring="ring-1", address="127.0.0.1", port=9))
    return True


def test_a_change_is_in_force_without_a_restart(home: Home, events: Subscriber) -> None:
    """In db-writer and in udp-ingest, each of which does something else from then on; all hear of it on the bus."""
    assert home.run("settings", "set", "advanced.writer_nice", "9").stdout.endswith("in force when the suite starts.\n")
    home.start(*SUITE)
    assert psutil.Process(int(home.paths.lock("db-writer").read_text())).nice() == 9
    flood(home, senders=3)
    eventually(lambda: stored_clients(home), within=WITHIN_S, equals=["127.0.0.1"] * 3)
    with pytest.raises(RefusedError, match=r"hears 127\.0\.0\.1"):
        replay(home)
    refused = home.run("settings", "set", "udp.clients_kept", "9")
    assert (refused.returncode, refused.stderr) == (
        *(1, "udp.clients_kept must be at least 10 (rule min). (got: '9')\n"),
    )
    done = home.run("settings", "set", "udp.clients_kept", "10", "--reason", "a scan", "--author", "ana")
    assert done.stdout == "udp.clients_kept is 10: in force now.\n", done.stderr
    assert home.run("settings", "set", "udp.heard_within_s", "0").returncode == 0
    eventually(lambda: replay(home), within=APPLIED_WITHIN_S)
    flood(home, senders=20)
    eventually(lambda: stored_clients(home), within=WITHIN_S, equals=["127.0.0.1"] * 10 + ["0.0.0.0"])  # noqa: S104  # the crowd's
    assert told_apart(home) <= 12  # ten, the crowd, and the replay's
    done = home.run("settings", "set", "advanced.writer_nice", "7")
    assert done.stdout == (
        "advanced.writer_nice is 7: takes effect when db-writer starts again: restrike down, then restrike up.\n"
    )
    first, _, last = changes_heard(events, count=3)
    assert (first.key, first.value, first.author, first.reason) == ("udp.clients_kept", 10, "ana", "a scan")
    assert (last.key, last.needs_restart) == ("advanced.writer_nice", ["db-writer"])
    history = home.document("settings", "history", "udp.clients_kept")["changes"]
    assert [(one["old_value"], one["new_value"], one["changed_by"], one["reason"]) for one in history] == [
        (None, "10", "ana", "a scan")
    ]


def test_two_at_once_are_one_after_the_other(home: Home) -> None:
    """Each is done whole; the history has both, the one following from the other."""
    home.start("broker", "db-writer")
    commands = [
        subprocess.Popen(restrike("settings", "set", "udp.clients_kept", str(value)), env=home.environment, stdout=-3)
        for value in (100, 200, 300)
    ]
    assert [process.wait(WITHIN_S) for process in commands] == [0, 0, 0]
    changes = home.document("settings", "history")["changes"][::-1]
    assert [one["old_value"] for one in changes] == [None, *(one["new_value"] for one in changes[:-1])]
    assert {one["new_value"] for one in changes} == {"100", "200", "300"}
    assert home.document("settings", "get", "udp.clients_kept")["value"] == int(changes[-1]["new_value"])


def test_a_secret_is_seen_by_nobody(home: Home, events: Subscriber) -> None:
    """Neither with the suite nor without: not in files, logs, events, answers, nor in what runs beside it."""
    options = json.dumps({"type": "webdav", "pass": CLEAR})
    environment = {**home.environment, "RESTRIKE_SETTING_VALUE": options}
    seen: set[str] = set()
    home.start("broker", "udp-ingest", "db-writer")
    for is_running in (True, False):
        if not is_running:
            home.end()
            environment["RESTRIKE_SETTING_VALUE"] = options = json.dumps({"type": "sftp", "pass": CLEAR})
        command = restrike("settings", "set", "backup.offsite_options")
        with subprocess.Popen(command, env=environment, stdout=-1, stderr=-2, text=True) as process:
            while process.poll() is None:
                pause(0.02)
                seen |= {" ".join(one.info["cmdline"] or ()) for one in psutil.process_iter(["cmdline"])}
            assert process.stdout is not None
            said = process.stdout.read()
        assert process.returncode == 0, said
        seen.add(said)
    for words in (["list"], ["history", "--json"], ["set", "backup.offsite_options", options]):
        done = home.run("settings", *words)
        seen |= {done.stdout, done.stderr}
    (told,) = changes_heard(events, count=1)
    assert (told.value, told.is_sensitive) == (None, True)
    assert Settings.of_file(home.paths).get(OFFSITE_OPTIONS) == {"type": "sftp", "pass": CLEAR}
    assert not [text for text in seen if CLEAR in text]
    files = [path for path in home.paths.home.rglob("*") if path.is_file()]
    assert len(files) > 5
    assert not [path for path in files if CLEAR.encode() in path.read_bytes()]


def test_a_rotation_killed_anywhere_loses_no_value(tmp_path: Path) -> None:
    """By kill -9, ten times: every value is readable each time, and the next rotation leaves one key."""
    with House(tmp_path / "home") as house:
        house.paths.prepare()
        migrate(house.paths.database, backups=house.paths.backups)
        secrets = Secrets(house.paths)
        with closing(open_database(house.paths)) as connection:
            desk = Desk(connection, paths=house.paths)
            bring_up_to_date(desk)
            values: dict[str, SettingValue] = {"backup.offsite_options": json.dumps({"pass": CLEAR})}
            change_settings(desk, ChangeSettings(author="test", values=values))
            rows = [(f"obs {n}", secrets.encrypt(f"password {n}")) for n in range(40)]
            insert = "INSERT INTO obs_connections (name, host, port, password) VALUES (?, 'localhost', 4455, ?)"
            connection.executemany(insert, rows)
        random = Random(4)
        for _ in range(10):
            rotating = house.launch("rotations", "tests.support.rotations")
            eventually(lambda: rotating.output().count("41") >= 2, within=WITHIN_S, what=rotating.output())  # noqa: B023  # called at once
            pause(random.uniform(0, 0.05))
            rotating.kill()
            with closing(connect_reader(house.paths.database)) as connection:
                stored = connection.execute("SELECT password FROM obs_connections ORDER BY id").fetchall()
                assert [secrets.decrypt(text) for (text,) in stored] == [f"password {n}" for n in range(40)]
            assert Settings.of_file(house.paths).get(OFFSITE_OPTIONS) == {"pass": CLEAR}
        done = subprocess.run(
            restrike("settings", "rotate-key", "--json"),
            env={**os.environ, "RESTRIKE_HOME": str(house.home)},
            capture_output=True,
            check=True,
        )
        assert json.loads(done.stdout) == {"values": 41}
        assert len(secrets.path.read_bytes().split()) == 1
        assert not list(house.home.glob(".secret.key*")), "a copy of a key was left behind"
