"""`restrike pss explain`: the line as a table or as JSON, from the argument or from standard input."""

import io
import json

import pytest

from tests.unit.cli.conftest import Run


def test_a_line_as_a_table(run: Run) -> None:
    """Each message with its kind, topic and fields; what is not there shows as such."""
    code, out, _ = run("pss", "explain", "clk;01:59;sup;7")
    assert code == 0
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[0].startswith("Dialect b, WT UDP 2.3 / Gen3: nothing in it shows")
    assert "recognized: pss.clock, ClockTicked" in lines
    assert "1 clock_ms 01:59 119000 - time left" in lines
    assert "partial: pss.superiority, SuperiorityShown" in lines
    assert "1 athlete 7 - out_of_range who is ahead: 0 tie, 1 chong, 2 hong" in lines
    assert lines[-1] == "Faults: athlete:out_of_range"


def test_the_same_as_json(run: Run) -> None:
    """--json prints one document, in the dialect that is asked for."""
    code, out, _ = run("pss", "explain", "pt1;3;", "--dialect", "a", "--json")
    assert code == 0
    explained = json.loads(out)
    assert (explained["dialect"], explained["reason"]) == ("a", "as asked for")
    assert explained["messages"][0]["fields"][0] == {
        "position": 1,
        "name": "value",
        "raw": "3",
        "value": 3,
        "meaning": "points: 1 punch, 2 body, 3 head",
        "fault": None,
    }


def test_bytes_from_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no UTF-8 can be piped in, and is explained as the parser reads it."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"wmh;\x8a;2-1 PTF;")))
    code, out, _ = run("pss", "explain", "-")
    assert code == 0
    assert "rounds_chong=2 rounds_hong=1 decision=PTF" in out
    assert "Faults: encoding:cp1250" in out


@pytest.mark.parametrize("text", ["hello world", "", "\x00"])
def test_garbage_has_an_answer(run: Run, text: str) -> None:
    """No message is no failure: the answer says what is known."""
    code, out, _ = run("pss", "explain", text)
    assert code == 0
    assert "unknown: pss.unknown" in out


def test_no_such_dialect_is_wrong_usage(run: Run) -> None:
    """There are two dialects."""
    assert run("pss", "explain", "clk;1:00;", "--dialect", "c").code == 2
