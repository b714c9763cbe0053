"""Tables, clocks and sizes."""

import time

import pytest

from services.cli import output


def test_a_table_shows_what_is_missing() -> None:
    shown = output.table(("ring", "match"), [("ring-1", None), ("ring-10", 7894), ("", 0)])
    assert shown.splitlines() == ["ring     match", "ring-1   -", "ring-10  7894", "-        0"]


def test_what_was_sent_does_not_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Control characters are shown as what they are, in a cell a line's end, too; a document stays as it was."""
    evil = "A\x1b[2J\x00\x9b\x7f\tB"
    assert output.table(("name",), [(evil + "\nC",)]) == "name\n" + r"A\x1b[2J\x00\x9b\x7f\x09B\x0aC"
    output.line(f"{evil}\nČAČIĆ")
    output.note(evil)
    output.document("\x1b\x9b", is_line=True)
    out, err = capsys.readouterr()
    assert out == r"A\x1b[2J\x00\x9b\x7f\x09B" + "\nČAČIĆ\n" + r'"\u001b' + '\x9b"\n'
    assert err == r"A\x1b[2J\x00\x9b\x7f\x09B" + "\n"


def test_a_table_without_rows_is_its_headers() -> None:
    assert output.table(("a", "b"), []) == "a  b"


@pytest.mark.parametrize(("ms", "text"), [(None, "--:--"), (0, "00:00"), (83_999, "01:23"), (600_000, "10:00")])
def test_clock(ms: int | None, text: str) -> None:
    assert output.clock(ms) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (3 << 20, "3.0 MiB"), (5 << 30, "5.0 GiB")]
)
def test_size(count: int, text: str) -> None:
    assert output.size(count) == text


def test_times_are_local(monkeypatch: pytest.MonkeyPatch) -> None:
    """Milliseconds are cut, not rounded into the next second."""
    monkeypatch.setenv("TZ", "Europe/Zagreb")
    time.tzset()
    try:
        assert output.local_time(1_772_357_412_999_900) == "10:30:12.999"
        assert output.local_date_time("2026-03-01T09:30:12.999Z") == "2026-03-01 10:30:12"
        assert output.local_date_time(None) is None
    finally:
        monkeypatch.undo()
        time.tzset()
