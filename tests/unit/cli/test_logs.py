"""`restrike logs`: lines of all services by time, of current, set aside and archived files."""

import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard

from services.cli.logs import records as records_module
from services.cli.logs.following import Growing
from services.cli.logs.reading import last, recent_lines, search
from services.cli.logs.records import Record, records_of
from services.cli.logs.showing import HumanLines, document_of, said
from services.cli.logs.wanted import wanted
from shared.errors import ValidationError
from shared.log.files import ARCHIVE
from tests.unit.cli.conftest import Run

TRACE = "Traceback (most recent call last):\n  File x\nValueError: 1\n"


def _line(second: int, event: str, **fields: Any) -> str:
    at = f"2026-03-01T12:00:{second:02d}.000000Z"
    fields = {"level": "info", **fields}
    return msgspec.json.encode({"timestamp": at, "event": event, **fields}).decode() + "\n"


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Lines of two services and supervisord: archived, set aside, and current, some cut in two where files end."""
    (tmp_path / ARCHIVE).mkdir()
    torn = _line(4, "torn", ring="ring-2")
    old = _line(1, "first", ring="ring-1", entry=7) + _line(3, "second", level="warning") + TRACE + torn[:30]
    name = "broker-20260301T120001000Z-20260301T120004000Z.jsonl.zst"
    (tmp_path / ARCHIVE / name).write_bytes(zstandard.compress(old.encode()))
    (tmp_path / "broker.log.20260301T120006000Z").write_text(torn[30:] + _line(6, "third", match_id="m-1"))
    (tmp_path / "broker.log").write_text(_line(9, "Größer", text='a "quoted" word'))
    (tmp_path / "pss-parser.log").write_text(
        _line(2, "other", ring="ring-1", entry=7) + _line(5, "fifth", level="error", exception="a\nb")
    )
    return tmp_path


def _events(found: list[Record]) -> list[str]:
    return [str((record.fields or {}).get("event")) for record in found]


def _search(logs: Path, *services: str, **asked: Any) -> list[str]:
    return _events(list(search(logs, wanted(services=list(services), **asked))))


def test_all_lines_by_time(logs: Path) -> None:
    """Files of a service are read as one; a line cut in two by their end is whole."""
    assert _search(logs) == ["first", "other", "second", "torn", "fifth", "third", "Größer"]
    assert _search(logs, "pss-parser") == ["other", "fifth"]


@pytest.mark.parametrize(
    ("asked", "events"),
    [
        ({"text": "THIRD"}, ["third"]),
        ({"text": "grösser"}, []),
        ({"text": "GRÖßER"}, ["Größer"]),
        ({"text": '"quoted" w'}, ["Größer"]),
        ({"text": "valueerror"}, ["second"]),
        ({"ring": "ring-1"}, ["first", "other"]),
        ({"event": "ring-1/7"}, ["first", "other"]),
        ({"event": "ring-2/7"}, []),
        ({"match": "m-1"}, ["third"]),
        ({"level": "warning"}, ["second", "fifth"]),
        ({"level": "error"}, ["second", "fifth"]),
        ({"level": "debug"}, ["first", "other", "second", "torn", "fifth", "third", "Größer"]),
        ({"window": ("2026-03-01T12:00:03", "2026-03-01T12:00:05")}, ["second", "torn"]),
        ({"window": ("2026-03-01T12:00:05", "~")}, ["fifth", "third", "Größer"]),
        ({"window": ("", "2026-03-01T12:00:02")}, ["first"]),
    ],
)
def test_what_is_looked_for(logs: Path, asked: dict[str, Any], events: list[str]) -> None:
    """Text, ring, event, match, level, time; a line with a trace after it counts as an error."""
    assert _search(logs, **asked) == events


def test_however_blocks_are_cut_the_lines_are_the_same(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a few bytes: no line is lost, doubled or cut."""
    whole = [record.text() for record in search(logs, wanted(services=[]))]
    for size in (1, 7, 64, 200):
        monkeypatch.setattr(records_module, "BLOCK_BYTES", size)
        assert [record.text() for record in search(logs, wanted(services=[]))] == whole
    assert len(whole) == 7
    assert TRACE.strip() in whole[2]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"services": ["kitchen"]}, "service.unknown"),
        ({"services": [], "level": "loud"}, "log.level_unknown"),
        ({"services": [], "event": "ring-1"}, "log.event_unknown"),
        ({"services": [], "event": "ring-1/7", "ring": "ring-2"}, "log.event_unknown"),
    ],
)
def test_what_there_is_not_is_refused(asked: dict[str, Any], code: str) -> None:
    """Services, levels, events."""
    with pytest.raises(ValidationError) as refused:
        wanted(**asked)
    assert refused.value.code == code


def test_the_last_lines(logs: Path) -> None:
    """Of all services together, by time; from set aside files where the current one has not enough."""
    assert _events(last(logs, wanted(services=[]), 3)) == ["fifth", "third", "Größer"]
    assert _events(last(logs, wanted(services=["broker"]), 4)) == ["second", "torn", "third", "Größer"]
    assert last(logs, wanted(services=[]), 0) == []


def test_lines_of_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """Nothing, and no error: nothing was started here yet."""
    assert list(search(tmp_path / "log", wanted(services=[]))) == []
    assert last(tmp_path / "log", wanted(services=[]), 5) == []


def test_supervisords_lines_have_their_time_and_level() -> None:
    """Text with a time of its own is a record; what follows without one belongs to it."""
    text = b"2026-03-01 12:00:00,123 INFO spawned: 'x'\n2026-03-01 12:00:01,123 CRIT oh\n  more\n"
    first, second = records_of(text, "supervisord")
    assert (first.level, said(first), second.level, second.more) == ("info", "spawned: 'x'", "error", [b"  more"])
    assert document_of(second)["text"].endswith("oh\n  more")


def test_secrets_in_text_are_masked_when_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """What Python itself wrote was redacted by nobody; terminal commands in it do nothing."""
    record = next(iter(records_of(b"Traceback\n password='abc' \x1b[2J", "broker")))
    HumanLines(is_coloured=False).show(record)
    shown = capsys.readouterr().out
    assert "abc" not in shown + json.dumps(document_of(record))
    assert "\x1b" not in shown


def test_a_line_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    """Time, level, service, event, place, fields; traces below."""
    line = _line(2, "sender_refused", level="warning", ring="ring-1", entry=7, address="10.0.0.1", why="not on list")
    more = _line(3, "fault", level="error", exception="Traceback\n  File")
    lines = HumanLines(is_coloured=False)
    for record in records_of((line + more).encode(), "udp-ingest"):
        lines.show(record)
    day, first, second, *trace = capsys.readouterr().out.splitlines()
    assert day.startswith("--- 2026-0")
    assert first[12:] == " WARNING udp-ingest  sender_refused ring-1/7 address=10.0.0.1 why='not on list'"
    assert second.endswith("ERROR   udp-ingest  fault")
    assert trace == ["    Traceback", "      File"]


def test_following_survives_setting_aside(tmp_path: Path) -> None:
    """Lines that are still written into the old file come before those of the new one; one cut in two is whole."""
    path = tmp_path / "broker.log"
    path.write_text(_line(1, "before"))
    growing = Growing(path, "broker")
    old = os.open(path, os.O_WRONLY | os.O_APPEND)
    path.rename(tmp_path / "aside")
    path.touch()
    torn = _line(3, "three").encode()
    os.write(old, _line(2, "two").encode() + torn[:20])
    assert _events(growing.read()[1]) == ["two"]
    path.write_bytes(torn[20:] + _line(4, "four").encode())
    assert _events(growing.read()[1]) == ["three", "four"]
    with path.open("ab") as file:
        file.write(b"Traceback\n")
    assert growing.read() == (["Traceback"], [])
    os.close(old)
    growing.close()


def test_lines_for_a_bundle(logs: Path) -> None:
    """Service and text, from a time on."""
    since_us = 1_772_366_405_000_000  # 12:00:05
    assert [source for source, _ in recent_lines(logs, since_us=since_us)] == ["pss-parser", "broker", "broker"]


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("CRIT Supervisor is running as root.  Privileges were not dropped", "info"),
        ("CRIT Server 'unix_http_server' running without any HTTP authentication checking", "info"),
        ("CRIT could not write pidfile /x", "error"),
        ("WARN exited: broker (terminated by SIGKILL; not expected)", "warning"),
    ],
)
def test_what_supervisord_writes_at_each_start(text: str, level: str) -> None:
    """Is no error to a reader; what else it calls critical is."""
    assert Record("supervisord", "", f"2026-11-22 15:07:12,846 {text}".encode()).level == level


def test_a_ring_that_nobody_configured(run: Run, home: Path) -> None:
    """A search without a find names the rings that there are."""
    home.mkdir(exist_ok=True)
    (home / "restrike.json").write_text(json.dumps({"rings": [{"name": "ring-1"}]}))
    said = run("logs", "search", "--ring", "ring-9").err
    assert said == "No line is like that. There is no ring ring-9 in restrike.json: ring-1.\n"
    assert run("logs", "search", "--ring", "ring-1").err == "No line is like that.\n"
