"""Connections to OBS: what is stored, what is refused in which words, and a password that is nowhere in clear."""

import json
from typing import Any

import pytest

from services.db_writer.office.desk import Desk
from services.db_writer.office.handlers import HANDLERS
from services.db_writer.office.obs.recording import FIELDS
from services.db_writer.office.predecessor.venue import connection_name
from shared.db.obs_config import connections, password_of, rules
from shared.db.sqlite import connect_reader
from shared.errors import ValidationError
from shared.messages.automation import Happening, Rule
from shared.messages.obs import ObsChanged, ObsConfigured, ObsConnection, RecordingSettings, Role, StartOn
from shared.messages.obs_actions import StartRecording
from shared.messages.obs_commands import RemoveObsConnection, SaveObsConnection, SaveRules
from shared.settings.secrets import Secrets

CLEAR = "a password that nobody sees"
Published = list[tuple[str, Any]]


def save(desk: Desk, name: str = "obs-1", **said: Any) -> ObsConnection:
    """Change a connection."""
    command = SaveObsConnection(connection=name, author="ana", **said)
    answer: ObsConnection = HANDLERS[SaveObsConnection](desk, command)
    return answer


def add(desk: Desk, name: str = "obs-1", **said: Any) -> ObsConnection:
    """Make a connection."""
    return save(desk, name, is_new=True, **said)


def remove(desk: Desk, name: str = "obs-1") -> ObsConnection:
    """Remove a connection."""
    answer: ObsConnection = HANDLERS[RemoveObsConnection](desk, RemoveObsConnection(connection=name, author="ana"))
    return answer


def stored(desk: Desk) -> list[ObsConnection]:
    """What a reader of the file finds."""
    reader = connect_reader(desk.paths.database)
    try:
        return connections(reader)
    finally:
        reader.close()


def audit(desk: Desk) -> list[tuple[Any, ...]]:
    """The audit, the oldest first."""
    select = "SELECT author, action, target, details, outcome, error FROM operator_audit ORDER BY id"
    return list(desk.connection.execute(select).fetchall())


def test_a_new_connection_needs_nothing_but_its_name(desk: Desk, published: Published) -> None:
    """It is OBS on this machine, for everything, and records matches; those who listen hear of it."""
    made = add(desk)
    assert made == ObsConnection(
        connection="obs-1",
        host="127.0.0.1",
        port=4455,
        has_password=False,
        is_active=True,
        roles=(Role.RECORDING, Role.REPLAY, Role.STREAMING, Role.SCENES),
        rings=(),
        path_map={},
        recording=RecordingSettings(),
    )
    assert made.recording.records_matches
    assert stored(desk) == [made]
    changed = ObsChanged(what=ObsConfigured.CONNECTION, names=("obs-1",), author="ana")
    assert published == [("obs.changed", changed)]
    assert [row[:3] + row[4:] for row in audit(desk)] == [("ana", "obs.add", "obs-1", "done", None)]


def test_only_what_is_said_changes(desk: Desk, published: Published) -> None:
    """All else stays; the audit has what was before; what changes nothing is told to nobody."""
    add(desk, rings=("ring-2", "ring-1", "ring-2"))
    save(desk, host="obs-pc.local", roles=(Role.SCENES, Role.RECORDING), path_map={"D:\\Rec\\": "/mnt/rec/"})
    changed = save(desk, recording={"post_roll_ms": 3000, "root": "D:\\Rec", "start_on": "load"}, is_active=False)
    assert (changed.host, changed.port, changed.rings) == ("obs-pc.local", 4455, ("ring-2", "ring-1"))
    assert (changed.roles, changed.is_active) == ((Role.RECORDING, Role.SCENES), False)
    assert changed.path_map == {"D:\\Rec": "/mnt/rec"}
    assert changed.recording == RecordingSettings(post_roll_ms=3000, root="D:\\Rec", start_on=StartOn.LOAD)
    assert stored(desk) == [changed]
    details = json.loads(audit(desk)[-1][3])
    assert details == {
        "is_active": {"from": True, "to": False},
        "post_roll_ms": {"from": 10000, "to": 3000},
        "root": {"from": None, "to": "D:\\Rec"},
        "start_on": {"from": "ready", "to": "load"},
    }
    assert len(published) == 3
    assert save(desk, port=4455) == changed
    assert len(published) == 3
    assert save(desk, recording={"post_roll_ms": None, "root": None}).recording.post_roll_ms == 10_000


def test_a_password_is_nowhere_in_clear(desk: Desk, published: Published) -> None:
    """Encrypted at rest, read with the key file only, in no answer, audit, event or refusal; "" takes it away."""
    secrets = Secrets(desk.paths)
    answers = [add(desk, password=CLEAR), save(desk, port=4456)]
    assert all(answer.has_password for answer in answers)
    assert password_of(desk.connection, "obs-1", secrets) == CLEAR
    assert password_of(desk.connection, "obs-2", secrets) is None
    with pytest.raises(ValidationError) as refused:
        save(desk, password=CLEAR + "\n")
    with pytest.raises(ValidationError) as taken:
        add(desk, password=CLEAR)
    shown = f"{answers} {published} {audit(desk)} {refused.value} {refused.value.value} {taken.value}"
    assert CLEAR not in shown
    for path in desk.paths.home.rglob("*"):
        assert not path.is_file() or CLEAR.encode() not in path.read_bytes(), path
    assert not save(desk, password="").has_password
    assert password_of(desk.connection, "obs-1", secrets) is None
    assert json.loads(audit(desk)[-1][3]) == {"password": {"to": None}}


def test_names_are_taken_once(desk: Desk) -> None:
    """A new one cannot have another's name, one that is changed must be there; a refusal is in the audit."""
    add(desk)
    with pytest.raises(ValidationError, match="already; choose another"):
        add(desk)
    with pytest.raises(ValidationError, match=r"there are: obs-1\..*restrike obs add"):
        save(desk, "obs-2", port=4456)
    with pytest.raises(ValidationError, match="there are: obs-1"):
        remove(desk, "obs-2")
    add(desk, "obs-2")
    with pytest.raises(ValidationError, match="already"):
        save(desk, "obs-2", rename="obs-1", port=1)
    assert [one.port for one in stored(desk)] == [4455, 4455]
    assert [row[4] for row in audit(desk)] == ["done", "refused", "refused", "refused", "done", "refused"]


def test_another_name_takes_recordings_and_rules_along(desk: Desk, published: Published) -> None:
    """What was recorded and what names the connection is found under its present name, its password still read."""
    add(desk, password=CLEAR)
    rule = Rule(
        rule="r", on=(Happening.MATCH_LOADED,), actions=(StartRecording(),), connections=("obs-9", "obs-1"), priority=3
    )
    HANDLERS[SaveRules](desk, SaveRules(rules=[rule], author="ana"))
    for table, columns in (
        ("recorded_videos", "kind, part, is_whole, is_kept) VALUES ('v', ?, 'ring-1', 'match', 1, 1, 0)"),
        ("obs_recording_sessions", "part, by_hand, state) VALUES ('v', ?, 'ring-1', 1, 0, 'idle')"),
    ):
        desk.connection.execute(f"INSERT INTO {table} (video_key, connection, ring, {columns}", ("obs-1",))
    published.clear()
    renamed = save(desk, rename="ring-1-main", port=4460)
    assert (renamed.connection, renamed.port, renamed.has_password) == ("ring-1-main", 4460, True)
    assert stored(desk) == [renamed]
    assert password_of(desk.connection, "ring-1-main", Secrets(desk.paths)) == CLEAR
    for table in ("recorded_videos", "obs_recording_sessions"):
        assert desk.connection.execute(f"SELECT connection FROM {table}").fetchall() == [("ring-1-main",)]
    assert rules(desk.connection)[0].connections == ("obs-9", "ring-1-main")
    assert [(event.what.value, event.names) for _, event in published] == [
        ("connection", ("obs-1", "ring-1-main")),
        ("rules", ("r",)),
    ]


def test_what_was_recorded_outlives_its_connection(desk: Desk, published: Published) -> None:
    """Removed with its password and settings; its recordings stay."""
    made = add(desk, password=CLEAR)
    desk.connection.execute(
        "INSERT INTO recorded_videos (video_key, connection, ring, kind, part, is_whole, is_kept)"
        " VALUES ('v', 'obs-1', 'ring-1', 'match', 1, 1, 0)"
    )
    assert remove(desk) == made
    assert stored(desk) == []
    counts = "SELECT (SELECT count(*) FROM obs_recording_config), (SELECT count(*) FROM recorded_videos)"
    assert desk.connection.execute(counts).fetchone() == (0, 1)
    assert published[-1][1].names == ("obs-1",)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"rename": "OBS 1"}, "1 to 32 characters out of a-z"),
        ({"rename": ""}, "1 to 32 characters"),
        ({"host": "ws://10.0.0.5"}, "address of OBS's machine alone"),
        ({"host": "10.0.0.5:4455"}, "its port is given apart"),
        ({"host": "10.0.0.500"}, "address of OBS's machine alone"),
        ({"host": ""}, "address of OBS's machine alone"),
        ({"port": 0}, "from 1 to 65535"),
        ({"port": 65536}, "from 1 to 65535"),
        ({"roles": ()}, "at least one role: recording, replay"),
        ({"rings": ("Ring 1",)}, "such as ring-1"),
        ({"rings": tuple(f"ring-{n}" for n in range(65))}, "At most 64 rings"),
        ({"path_map": {"D:\\Rec": "mnt/rec"}}, "such as /mnt/rec"),
        ({"path_map": {"D:\\Rec": "/mnt/../rec"}}, "such as /mnt/rec"),
        ({"path_map": {"Rec": "/mnt/rec"}}, r"such as D:\\Rec or /srv/rec"),
        ({"path_map": {"D:Rec": "/mnt/rec"}}, r"such as D:\\Rec"),
        ({"path_map": {"D:\\Re?": "/mnt/rec"}}, r"such as D:\\Rec"),
        ({"path_map": {"D:\\Rec": "/a", "d:\\rec\\": "/b"}}, "mapped twice"),
    ],
)
def test_what_cannot_be_is_refused(desk: Desk, said: dict[str, Any], sentence: str) -> None:
    """In a sentence that says what would do; nothing is changed, and the refusal is in the audit."""
    made = add(desk)
    with pytest.raises(ValidationError, match=sentence):
        save(desk, **said)
    assert stored(desk) == [made]
    assert audit(desk)[-1][4] == "refused"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "fe80::1", "obs-pc", "OBS_PC.local", "obs.example.org"])
def test_hosts(desk: Desk, host: str) -> None:
    """Addresses of both kinds, and names."""
    assert add(desk, host=f" {host} ").host == host


@pytest.mark.parametrize(
    ("folder", "kept"),
    [
        ("D:\\", "D:\\"),
        ("D:/Rec/", "D:/Rec"),
        ("\\\\nas\\rec\\", "\\\\nas\\rec"),
        ("/", "/"),
        ("/srv/rec: a/", "/srv/rec: a"),
    ],
)
def test_folders_of_obs(desk: Desk, folder: str, kept: str) -> None:
    """Of Windows and of Unix, with no separator at the end where it is none of the name."""
    assert add(desk, path_map={folder: "/"}).path_map == {kept: "/"}


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("records_matches", 1, "records_matches is true or false"),
        ("chapters", "yes", "chapters is true or false"),
        ("root", "Rec", "Root is an absolute path on OBS's machine"),
        ("root", 5, "root is a text"),
        ("folder", "/{day}", "folder is at most 8 names"),
        ("folder", "{day}//x", "folder is at most 8 names"),
        ("folder", "..", "ends with a dot"),
        ("folder", "a\\b", "as Windows has no file"),
        ("file_name", "{ring}/{day}", "folders are given by folder"),
        ("file_name", "", "it is not empty"),
        ("file_name", "{score1}", r"may hold these placeholders.*\{matchNumber\}"),
        ("file_name", "{ring", "no other braces"),
        ("file_name", "{round}", "may hold these placeholders"),
        ("file_name", "x" * 201, "at most 200 characters"),
        ("clip_name", "{round}/x", "folders are given by clip_folder"),
        ("format", "avi", "format is one of mkv, mp4"),
        ("start_on", "go", "start_on is one of load, ready, clock"),
        ("pre_roll_ms", -1, "from 0 to 600000"),
        ("pre_roll_ms", True, "a whole number of milliseconds"),
        ("post_roll_ms", 600_001, "milliseconds from 0 to 600000"),
        ("least_free_mib", "much", "a whole number of MiB"),
        ("review_lead_ms", 300_001, "from 0 to 300000"),
        ("picture_delay_ms", -1, "from 0 to 60000"),
        ("volume", 1, "There is no such setting of a recording; there are: records_matches, root"),
    ],
)
def test_settings_of_a_recording_are_checked_one_by_one(desk: Desk, field: str, value: Any, sentence: str) -> None:
    """Types, ranges with their units, placeholders."""
    made = add(desk)
    with pytest.raises(ValidationError, match=sentence):
        save(desk, recording={field: value})
    assert stored(desk) == [made]


def test_settings_of_a_recording_that_are_accepted(desk: Desk) -> None:
    """Each field can be set to something else, and what a new connection has is acceptable itself."""
    usual = RecordingSettings()
    values: dict[str, Any] = {
        "records_matches": False,
        "root": "/rec",
        "folder": "",
        "file_name": "{ring} {matchNumber}",
        "format": "MP4",
        "start_on": "clock",
        "pre_roll_ms": 0,
        "post_roll_ms": 600_000,
        "chapters": False,
        "split_rounds": True,
        "least_free_mib": 0,
        "keeps_replay": False,
        "clip_folder": "{tournament}/{round}",
        "clip_name": "{clock} {side}",
        "review_lead_ms": 1,
        "picture_delay_ms": 60_000,
    }
    assert values.keys() == FIELDS.keys() == set(RecordingSettings.__struct_fields__)
    made = add(desk, recording=values).recording
    assert made == RecordingSettings(**values | {"format": "mp4", "start_on": StartOn.CLOCK})
    assert all(getattr(made, name) != getattr(usual, name) for name in values)
    same = {name: getattr(usual, name) for name in values}
    assert save(desk, recording=same | {"start_on": "ready"}).recording == usual


def test_what_a_newer_version_wrote_is_left_out(desk: Desk) -> None:
    """An unknown role, a row that cannot be read: told, and the others are read; a change of it is refused."""
    add(desk)
    add(desk, "obs-2")
    add(desk, "obs-3")
    desk.connection.execute("""UPDATE obs_connections SET roles = '["scenes","ai"]' WHERE name = 'obs-1'""")
    desk.connection.execute("UPDATE obs_recording_config SET start_on = 'moon' WHERE id = 2")
    desk.connection.execute("DELETE FROM obs_recording_config WHERE id = 3")
    told: list[str] = []
    found = connections(desk.connection, tell=told.append)
    assert [(one.connection, one.roles) for one in found] == [("obs-1", (Role.SCENES,)), ("obs-3", tuple(Role))]
    assert found[1].recording == RecordingSettings()
    assert [sentence.split(" is left out")[0][:30] for sentence in told] == [
        "The OBS connection obs-1 has a",
        "The OBS connection obs-2 canno",
    ]
    with pytest.raises(Exception, match="newer version"):
        save(desk, "obs-2", port=1)


def test_names_of_connections_become_ours() -> None:
    """Those of an old program: the nearest that commands and topics take, each once."""
    taken: set[str] = set()
    said = ("Court 1", "court_1", "court-1", "Ring Č", "跆拳道", "x" * 40, "X" * 40)
    names = [connection_name(one, taken) for one in said]
    assert names == ["court-1", "court-1-2", "court-1-3", "ring-c", "obs", "x" * 32, "x" * 28 + "-2"]
