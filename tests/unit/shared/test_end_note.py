"""The note of an end is there once, for the one who comes next, and never in the way."""

from pathlib import Path

from shared.end_note import leave_note, take_note
from shared.messages.incidents import ServiceKilled
from shared.messages.service import BROKER, MONITOR
from shared.paths import Paths

KILLED = ServiceKilled(service=MONITOR, by=BROKER, pid=7, silent_s=21)


def test_it_is_taken_once(tmp_path: Path) -> None:
    """By who comes next, and by nobody after."""
    paths = Paths(tmp_path)
    paths.prepare()
    assert take_note(paths, MONITOR) is None
    leave_note(paths, KILLED)
    note = take_note(paths, MONITOR)
    assert note is not None
    assert note.killed == KILLED
    assert take_note(paths, MONITOR) is None


def test_what_cannot_be_read_is_taken_away(tmp_path: Path) -> None:
    """Half a file, as a full disk leaves it; and where none can be written nobody is kept from his work."""
    paths = Paths(tmp_path)
    leave_note(paths, KILLED)
    paths.prepare()
    leave_note(paths, KILLED)
    (file,) = paths.run.glob("*.ended")
    file.write_bytes(file.read_bytes()[:20])
    assert take_note(paths, MONITOR) is None
    assert not file.exists()
