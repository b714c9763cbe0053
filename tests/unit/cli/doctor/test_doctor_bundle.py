"""A support bundle: of bounded size, whole though a part fails, and without a secret."""

import base64
import io
import json
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import zstandard

from services.cli.doctor import bundle, masking
from services.cli.doctor.parts import Part, _line, parts
from services.cli.doctor.site import Site
from shared.config import Config
from shared.config.history import History
from shared.db.sqlite import connect_writer
from shared.errors import ValidationError
from shared.log import redaction
from shared.log.values import MOST_CHARACTERS
from shared.messages.wire import Entry
from shared.paths import Paths
from shared.settings.backup_keys import BACKUP_FOLDER
from shared.settings.catalogue import OFFSITE_OPTIONS
from shared.settings.secrets import Secrets
from tests.support.stored_licence import store_licence

OBS_PASSWORD = "chong-hong-0815"  # noqa: S105 - planted here, to be looked for
OFFSITE_SECRET = "s3-very-secret-key"  # noqa: S105 - as above
MAIL_PASSWORD = "smtp-pass-4711"  # noqa: S105 - as above
TOKEN_IN_LOG = "Bearer abcdef0123456789"  # noqa: S105 - as above


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    """What one home hides, no other test's process knows."""
    hidden, longest_first = set(redaction._hidden), redaction._longest_first
    yield
    redaction._hidden.clear()
    redaction._hidden.update(hidden)
    redaction._longest_first = longest_first


def _home(tmp_path: Path, migrated: bytes) -> Paths:
    """A home with secrets wherever one may be; its suite is down."""
    paths = Paths(tmp_path / "home")
    paths.prepare()
    paths.database.write_bytes(migrated)
    secrets = Secrets(paths)
    with closing(connect_writer(paths.database)) as connection:
        obs = "INSERT INTO obs_connections (name, host, port, password) VALUES ('main', '127.0.0.1', 1, ?)"
        connection.execute(obs, (secrets.encrypt(OBS_PASSWORD),))
        options = secrets.encrypt(json.dumps({"secret_access_key": OFFSITE_SECRET}))
        for name, value in ((OFFSITE_OPTIONS.name, options), (BACKUP_FOLDER.name, str(paths.backups))):
            key = "INSERT INTO settings_keys (key_name, display_name, data_type) VALUES (?, '', 'string')"
            number = connection.execute(key, (name,)).lastrowid
            connection.execute("INSERT INTO settings_values (key_id, value) VALUES (?, ?)", (number, value))
    line = {"level": "warning", "event": "x", "timestamp": "2999-01-01T00:00:00.000Z", "password": MAIL_PASSWORD}
    said = {**line, "text": f"{OBS_PASSWORD} {OFFSITE_SECRET} {TOKEN_IN_LOG} {secrets.path.read_text().strip()}"}
    (paths.logs / "obs-bridge.log").write_text(json.dumps(line) + "\n" + json.dumps(said) + "\n")
    (paths.logs / "supervisord.log").write_text(f"2999-01-01 00:00:00,000 INFO password={MAIL_PASSWORD}\n")
    return paths


def _contents(path: Path) -> dict[str, bytes]:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    plain = zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read()
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        found = {member.name: tar.extractfile(member) for member in tar.getmembers()}
        return {name: file.read() for name, file in found.items() if file is not None}


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".zip", ".tar.zst"])
def test_no_secret_is_in_a_bundle(
    tmp_path: Path, migrated: bytes, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    """Not from the database, a log, the configuration, the environment or a key file; in no encoding that we know."""
    paths = _home(tmp_path, migrated)
    of_licence = store_licence(paths)
    paths.config.write_text(json.dumps({"rings": [{"name": "ring-1"}], "smtp_password": MAIL_PASSWORD}))
    monkeypatch.setenv("RESTRIKE__MAIL__PASSWORD", MAIL_PASSWORD)
    made = bundle.make(paths, out=tmp_path / f"b{suffix}", hours=6, max_bytes=50 * 1024**2)
    contents = _contents(made.file)
    assert {"doctor.json", "settings.json", "config/restrike.json", "files.txt", "notes.txt"} <= contents.keys()
    everything = b"\n".join(contents.values())
    key = Secrets(paths).path.read_text().strip()
    for secret in (OBS_PASSWORD, OFFSITE_SECRET, MAIL_PASSWORD, key, TOKEN_IN_LOG.split()[1]):
        for text in (secret, json.dumps(secret)[1:-1], base64.b64encode(secret.encode()).decode()):
            where = [name for name, body in contents.items() if text.encode() in body]
            assert where == [], secret
    assert [secret for secret in of_licence if secret in everything] == []
    assert b"restrike1.*** RSTK-***" in contents["logs/license.log"]
    assert b"It is valid." in contents["database/license_changes.json"]
    assert b"***" in everything
    assert b"obs-bridge.log" in contents["files.txt"]
    assert b"warning" in contents["logs/obs-bridge.log"]
    assert made.file.stat().st_mode & 0o077 == 0


def _make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: list[Part], *, max_bytes: int) -> bundle.Bundle:
    monkeypatch.setattr(bundle, "parts", lambda **_: made)
    return bundle.make(Paths(tmp_path), out=tmp_path / "b.zip", hours=6, max_bytes=max_bytes)


def test_a_part_that_fails_is_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it gave before is kept, and what comes after is made."""

    def breaks(_site: Site) -> Iterator[tuple[str, str]]:
        yield "first.txt", "1"
        raise PermissionError(13, "Permission denied", "second.txt")

    def works(_site: Site) -> Iterator[tuple[str, str]]:
        yield "third.txt", "3"

    broken, well = Part(name="broken", make=breaks), Part(name="well", make=works)
    made = _make(tmp_path, monkeypatch, [broken, well], max_bytes=1024**2)
    assert [one.name for one in made.parts] == ["first.txt", "third.txt"]
    assert made.notes == ["broken: second.txt: Permission denied."]
    assert b"second.txt: Permission denied" in _contents(made.file)["notes.txt"]


def test_a_bundle_keeps_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit is cut to its newest lines or left out, and told; however badly it compresses."""
    noise = "".join(f"{number:06} {base64.b85encode(number.to_bytes(40)).decode()}\n" for number in range(12_000))

    def many(_site: Site) -> Iterator[tuple[str, str]]:
        for number in range(4):
            yield f"{number}.log", noise

    most = 512 * 1024
    made = _make(tmp_path, monkeypatch, [Part(name="logs", make=many)], max_bytes=most)
    assert made.bytes <= most
    assert made.notes
    cut = next(one for one in made.parts if one.left_out_bytes)
    kept = _contents(made.file)[cut.name].decode()
    assert noise.endswith(kept)
    assert kept.splitlines()[0].count(" ") == 1


def test_what_a_bundle_is(tmp_path: Path) -> None:
    """A .zip or a .tar.zst; its parts have names of their own."""
    with pytest.raises(ValidationError, match="zip"):
        bundle.make(Paths(tmp_path), out=tmp_path / "b.rar", hours=6, max_bytes=1024**2)
    names = [part.name for part in parts(hours=6)]
    assert len(set(names)) == len(names)
    assert list(tmp_path.iterdir()) == []


def test_a_setting_is_masked_by_the_name_beside_it() -> None:
    """As in the logs: the value stands in a field of its own. That there is none may be seen."""
    rows = [
        {"key": "obs.stream_key", "value": "geheim", "reason": "new"},
        {"name": "mail.password", "before": "", "after": "geheim"},
        {"name": "video.folder", "value": "/srv"},
        {"password": ["geheim"], "token": 4711, "has_password": True, "secret": {"from": "a.key"}},
    ]
    assert masking.masked(rows) == [
        {"key": "obs.stream_key", "value": "***", "reason": "new"},
        {"name": "mail.password", "before": "", "after": "***"},
        {"name": "video.folder", "value": "/srv"},
        {"password": "***", "token": "***", "has_password": True, "secret": {"from": "a.key"}},
    ]


def test_secrets_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    """The bundle is made, but nobody may think that the passwords in the database were looked for."""
    paths = Paths(tmp_path / "home")
    paths.prepare()
    paths.database.write_bytes(b"no database" * 1_000)
    (paths.home / "secret.key").mkdir()
    unread = masking.hide_secrets(paths, Config())
    assert len(unread) == 2
    assert "secret.key" in unread[0]
    assert "database" in unread[1]


def test_such_secrets_are_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what that means."""
    monkeypatch.setattr(masking, "hide_secrets", lambda *_: ["The database is locked."])
    made = _make(tmp_path, monkeypatch, [], max_bytes=1024**2)
    assert made.notes[0].startswith("masking: The database is locked.")
    assert b"The database is locked." in _contents(made.file)["notes.txt"]


def test_a_huge_datagram_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says how long it was; whoever needs all of it captures it."""
    searched: list[int] = []

    def redacted(text: str) -> str:
        searched.append(len(text))
        return text

    monkeypatch.setattr(masking, "redacted", redacted)
    for body in (b"token_" * 10_000, b"\xff" * 60_000):
        line = json.loads(_line(7, Entry(1, 1, "10.1.1.9", 40_000, body)))
        assert line["bytes"] == 60_000
        assert len(line.get("data", line.get("hex"))) < MOST_CHARACTERS + 100
    assert max(searched) < MOST_CHARACTERS + 100


def test_a_refused_file_hides_no_ring(tmp_path: Path) -> None:
    """The services go by what was accepted last, so do the checks and the bundle: its datagrams are of those rings."""
    paths = Paths(tmp_path / "home")
    paths.prepare()
    paths.config.write_text(json.dumps({"rings": [{"name": "hall-7"}]}))
    History(paths.config_history).keep(paths.config.read_bytes(), most=9)
    paths.config.write_text(json.dumps({"rings": 5}))
    site = Site(paths)
    assert site.config_error is not None
    assert [ring.name for ring in site.config.rings] == ["hall-7"]
