"""Settings are changed all or none, with history, audit and events; secrets are nowhere in clear."""

from typing import Any

import pytest

from services.db_writer.office import settings as module
from services.db_writer.office.catalogue_rows import bring_up_to_date
from services.db_writer.office.desk import Desk
from services.db_writer.office.settings import change_settings, rotate_key
from shared.errors import RestrikeError, ValidationError
from shared.messages.settings import ChangeSettings, RotateKey, SettingChanged, SettingValue
from shared.paths import Paths
from shared.settings.catalogue import CATALOGUE, CLIENTS_KEPT, COMMIT_REST_MS, WRITER_NICE
from shared.settings.key import Category, Key, Kind
from shared.settings.reader import Settings
from shared.settings.secrets import Secrets
from shared.settings.values import MASK

Published = list[tuple[str, Any]]
PASSWORD = Key(
    name="test.password",
    category=Category.OBS,
    title="Password",
    description="Of this test.",
    kind=Kind.STRING,
    default="",
    is_sensitive=True,
)
CLEAR = "chong-hong-4711"


@pytest.fixture(autouse=True)
def _catalogue(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CATALOGUE, PASSWORD.name, PASSWORD)
    bring_up_to_date(desk)


def change(
    desk: Desk, values: dict[str, SettingValue], *, author: str = "ana", reason: str | None = "asked"
) -> list[SettingChanged]:
    """Change settings; what changed."""
    return change_settings(desk, ChangeSettings(author=author, reason=reason, values=values)).changed


def history(desk: Desk) -> list[tuple[Any, ...]]:
    """Every change, the oldest first."""
    select = """SELECT k.key_name, h.old_value, h.new_value, h.changed_by, h.change_reason
        FROM settings_history h JOIN settings_keys k ON k.id = h.key_id ORDER BY h.id"""
    return desk.connection.execute(select).fetchall()


def stored(desk: Desk) -> dict[str, str]:
    """The stored texts by key."""
    select = "SELECT k.key_name, v.value FROM settings_values v JOIN settings_keys k ON k.id = v.key_id"
    return dict(desk.connection.execute(select).fetchall())


def audit(desk: Desk) -> list[tuple[Any, ...]]:
    """The audit, the oldest first."""
    return desk.connection.execute("SELECT action, target, details, outcome FROM operator_audit ORDER BY id").fetchall()


def test_a_change_is_stored_told_and_remembered(desk: Desk, published: Published) -> None:
    """In one act; who asks the desk has the new value at once, and what has it already is left out."""
    assert desk.settings.get(CLIENTS_KEPT) == 1_000
    (first, second) = change(desk, {"udp.clients_kept": 500, "advanced.writer_nice": 7})
    assert (first.key, first.value, first.is_default, first.author, first.reason) == (
        *("udp.clients_kept", 500, False),
        *("ana", "asked"),
    )
    assert second.needs_restart == ["db-writer"]
    assert (desk.settings.get(CLIENTS_KEPT), desk.settings.get(WRITER_NICE)) == (500, 7)
    assert published == [("settings.changed", first), ("settings.changed", second)]
    assert [one.key for one in change(desk, {"udp.clients_kept": 500, "advanced.writer_nice": 8})] == [
        "advanced.writer_nice"
    ]
    assert stored(desk) == {"udp.clients_kept": "500", "advanced.writer_nice": "8"}
    assert history(desk) == [
        ("udp.clients_kept", None, "500", "ana", "asked"),
        ("advanced.writer_nice", None, "7", "ana", "asked"),
        ("advanced.writer_nice", "7", "8", "ana", "asked"),
    ]
    details = '{"udp.clients_kept":{"from":null,"to":"500"},"advanced.writer_nice":{"from":null,"to":"7"}}'
    assert audit(desk)[0] == ("setting.change", "udp.clients_kept, advanced.writer_nice", details, "done")


@pytest.mark.parametrize("value", [None, 1_000])
def test_the_default_is_not_stored(desk: Desk, value: SettingValue) -> None:
    """Asked for by name or by value: a later program's default is then in force."""
    change(desk, {"udp.clients_kept": 500})
    (event,) = change(desk, {"udp.clients_kept": value})
    assert (event.is_default, event.value) == (True, None)
    assert stored(desk) == {}
    assert history(desk)[-1][1:3] == ("500", None)
    assert change(desk, {"udp.clients_kept": value}) == []


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"udp.clients_kept": 500, "advanced.writer_nice": 99}, "setting.refused"),
        ({"udp.clients_kept": 500, "advanced.writer_nice": "7"}, "setting.refused"),
        ({"udp.clients_kept": 500, "udp.nothing": 1}, "setting.unknown"),
    ],
)
def test_one_refused_value_refuses_all(
    desk: Desk, published: Published, values: dict[str, SettingValue], code: str
) -> None:
    """Nothing is changed, nobody is told, and the audit keeps that it was tried."""
    with pytest.raises(ValidationError) as refused:
        change(desk, values)
    assert refused.value.code == code
    assert (stored(desk), history(desk), published) == ({}, [], [])
    assert [row[3] for row in audit(desk)] == ["refused"]


@pytest.mark.parametrize("who", [{"author": ""}, {"author": "a" * 201}, {"author": "a\nb"}, {"reason": " "}])
def test_nobody_changes_anything(desk: Desk, who: dict[str, str]) -> None:
    """An act has its author."""
    with pytest.raises(ValidationError, match="must be one line of up to 200 characters"):
        change(desk, {"udp.clients_kept": 500}, **who)


def test_nobody_is_told_before_it_is_committed(desk: Desk) -> None:
    """Who hears of a change can read it."""
    seen: list[int] = []
    reader = Settings.of_file(desk.paths)

    def publish(*_: object) -> None:
        assert not desk.connection.in_transaction
        reader.look()
        seen.append(reader.get(COMMIT_REST_MS))

    desk.publish = publish
    change(desk, {"advanced.commit_rest_ms": 9})
    assert seen == [9]


def test_a_secret_is_nowhere_in_clear(desk: Desk, published: Published) -> None:
    """Neither in the files of the home, nor in what is answered, told or refused; the desk alone has it."""
    (event,) = change(desk, {"test.password": CLEAR})
    assert (event.value, event.is_sensitive, event.is_default) == (None, True, False)
    assert change(desk, {"test.password": CLEAR}) == []
    assert desk.settings.get(PASSWORD) == CLEAR
    change(desk, {"test.password": CLEAR + "2"})
    change(desk, {"test.password": None})
    with pytest.raises(ValidationError) as refused:
        change(desk, {"test.password": CLEAR + "\n"})
    assert history(desk) == [
        ("test.password", before, after, "ana", "asked") for before, after in ((None, MASK), (MASK, MASK), (MASK, None))
    ]
    shown = f"{published} {audit(desk)} {history(desk)} {refused.value} {refused.value.value}"
    assert CLEAR not in shown
    for path in desk.paths.home.rglob("*"):
        assert not path.is_file() or CLEAR.encode() not in path.read_bytes(), path


def test_a_rotation_encrypts_everything_anew(desk: Desk, paths: Paths) -> None:
    """Settings and OBS passwords; what nobody can read stays as it is, and is not counted."""
    secrets = Secrets(paths)
    change(desk, {"test.password": CLEAR})
    insert = "INSERT INTO obs_connections (name, host, port, password) VALUES (?, 'localhost', 4455, ?)"
    for name, password in (("one", secrets.encrypt("obs")), ("two", "in clear, of an old program"), ("three", None)):
        desk.connection.execute(insert, (name, password))
    before, key = stored(desk), secrets.path.read_bytes()
    assert rotate_key(desk, RotateKey(author="ana")).values == 2
    assert stored(desk) != before
    assert secrets.path.read_bytes() != key
    assert len(secrets.path.read_bytes().split()) == 1
    assert desk.settings.get(PASSWORD) == CLEAR
    passwords = [row[0] for row in desk.connection.execute("SELECT password FROM obs_connections ORDER BY id")]
    assert secrets.decrypt(passwords[0]) == "obs"
    assert passwords[1:] == ["in clear, of an old program", None]
    assert audit(desk)[-1] == ("setting.rotate_key", str(secrets.path), '{"values":2}', "done")
    assert desk.connection.execute("PRAGMA synchronous").fetchone() == (1,)


@pytest.mark.parametrize("step", ["begin_rotation", "_encrypt_anew", "end_rotation"])
def test_a_rotation_that_breaks_off_leaves_all_readable(desk: Desk, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Whichever step fails; and the next rotation finishes it."""
    change(desk, {"test.password": CLEAR})

    def fail(*_: object, **__: object) -> None:
        raise RestrikeError("test.broken", "It broke.")

    with monkeypatch.context() as patched:
        patched.setattr(module if step.startswith("_") else Secrets, step, fail)
        with pytest.raises(RestrikeError, match="It broke"):
            rotate_key(desk, RotateKey(author="ana"))
    desk.settings.forget()
    assert desk.settings.get(PASSWORD) == CLEAR
    rotate_key(desk, RotateKey(author="ana"))
    desk.settings.forget()
    assert desk.settings.get(PASSWORD) == CLEAR
    assert len(Secrets(desk.paths).path.read_bytes().split()) == 1


def test_a_lost_key_costs_only_secrets(desk: Desk) -> None:
    """All else is read and changed, and a secret can be set again."""
    change(desk, {"test.password": CLEAR, "udp.clients_kept": 500})
    Secrets(desk.paths).path.unlink()
    desk.settings.forget()
    assert (desk.settings.get(PASSWORD), desk.settings.get(CLIENTS_KEPT)) == ("", 500)
    assert "put that file back, or set the value again" in str(desk.settings.faults["test.password"])
    assert len(change(desk, {"udp.clients_kept": 600})) == 1
    assert len(change(desk, {"test.password": CLEAR})) == 1
    assert desk.settings.get(PASSWORD) == CLEAR


def test_the_rows_of_the_catalogue_follow_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written only when something differs; a key that is no more keeps its value and history, without a category."""
    select = "SELECT key_name, category_id IS NOT NULL, is_sensitive FROM settings_keys ORDER BY id"
    assert desk.connection.execute(select).fetchall() == [
        (key.name, 1, int(key.is_sensitive)) for key in CATALOGUE.values()
    ]
    change(desk, {"test.password": CLEAR})
    written = desk.connection.total_changes
    bring_up_to_date(desk)
    assert desk.connection.total_changes == written
    monkeypatch.delitem(CATALOGUE, PASSWORD.name)
    bring_up_to_date(desk)
    assert desk.connection.execute(select).fetchall()[-1] == (PASSWORD.name, 0, 1)
    assert len(stored(desk)) == len(history(desk)) == 1
    written = desk.connection.total_changes
    bring_up_to_date(desk)
    assert desk.connection.total_changes == written
    monkeypatch.setitem(CATALOGUE, PASSWORD.name, PASSWORD)
    bring_up_to_date(desk)
    assert desk.settings.get(PASSWORD) == CLEAR
