"""`restrike query events`, `search` and `counts` against what was sent."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.cli.query import search
from shared.db.sqlite import connect_writer
from tests.unit.cli.conftest import Run
from tests.unit.cli.query.conftest import Ask
from tests.unit.cli.query.played import Played

ALL = "100000"
TECHNIQUES = {b"1": "P", b"2": "K", b"3": "H", b"4": "TB", b"5": "TH"}
RING = "ring-challenges"


def _at(second: float) -> str:
    return f"{datetime.fromtimestamp(second, tz=UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def _points(played: Played, ring: str) -> Iterator[tuple[float, int, str]]:
    """The time, side and technique of each `pt` that was sent."""
    for second, body in played.bodies(ring):
        if body.startswith(b"pt"):
            yield second, int(body[2:3]), TECHNIQUES[body.split(b";")[1]]


@pytest.mark.slow
def test_all_events_newest_and_oldest_first(ask: Ask, played: Played) -> None:
    """Every message once; the newest first is the oldest first turned round."""
    sent = played.bodies()
    newest = ask("events", "--limit", ALL)["events"]
    oldest = ask("events", "--limit", ALL, "--oldest")["events"]
    assert len(newest) == len(oldest) == len(sent)
    assert [one["id"] for one in oldest] == [one["id"] for one in reversed(newest)]
    assert sorted(one["raw"] for one in newest) == sorted(body.decode() for _, body in sent)
    assert [one["timestamp"] for one in oldest] == [_at(second) for second, _ in sent]


@pytest.mark.parametrize("kind", [("technique",), ("P", "K", "H", "TB", "TH"), ("Body kick",), ("tb", "head kick")])
def test_events_of_kinds(ask: Ask, played: Played, kind: tuple[str, ...]) -> None:
    """By code, name or category, one or several: exactly those points that were sent, in order."""
    codes = {"technique": set("PKH") | {"TB", "TH"}, "Body kick": {"K"}, "tb": {"TB"}, "head kick": {"H"}}
    wanted = set().union(*(codes.get(one, {one}) for one in kind))
    options = [word for one in kind for word in ("--kind", one)]
    found = ask("events", "--ring", RING, *options, "--oldest", "--limit", ALL)["events"]
    expected = [(_at(second), code) for second, _, code in _points(played, RING) if code in wanted]
    assert [(one["timestamp"], one["code"]) for one in found] == expected
    assert ask("events", "--ring", RING, *options, "--limit", "3")["events"] == found[:-4:-1]


def test_events_of_an_athlete_are_not_the_opponents(ask: Ask, played: Played) -> None:
    """By a part of the name without accents: the points of that side, match by match."""
    _, truth = next((ring, one) for ring, one in played.truths if one.chong.short_name)
    scored = sum(sum(one.techniques[0].values()) for one in truth.rounds)
    found = ask("events", "--athlete", truth.chong.long_name.lower(), "--kind", "technique", "--limit", ALL)["events"]
    assert (len(found), {one["reading"]["athlete"] for one in found}) == (scored, {1})
    both = ask("events", "--athlete", truth.chong.long_name, "--limit", ALL)["events"]
    assert {"CLK", "SC", "AT1"} <= {one["code"] for one in both}


def test_events_of_a_match_and_a_round(ask: Ask, played: Played) -> None:
    """A number that every ring has gives all its matches; with a ring, one; a round, what was scored in it."""
    matches = {one["match_id"] for one in ask("events", "--match", "102", "--limit", ALL)["events"]}
    assert len(matches) == len(played.courses)
    truth = played.courses[RING].truths[1]
    for one in truth.rounds:
        options = ("--match", "102", "--ring", RING, "--round", str(one.number), "--kind", "technique")
        found = ask("events", *options, "--limit", ALL)["events"]
        sides = Counter(event["reading"]["athlete"] for event in found)
        assert (sides[1], sides[2]) == tuple(sum(side.values()) for side in one.techniques)
    of_all = ask("events", "--round", "3", "--kind", "technique", "--limit", ALL)["events"]
    expected = sum(sum(side.values()) for _, _, one in played.rounds for side in one.techniques if one.number == 3)
    assert len(of_all) == expected
    assert ask("events", "--round", "9")["events"] == []


def test_events_of_a_clock_range(ask: Ask, played: Played) -> None:
    """The points that were sent while the clock last said so, whichever way round the range is written."""
    clock_ms, expected = None, []
    for second, body in played.bodies(RING):
        fields = body.decode().split(";")
        if fields[0] == "clk":
            minutes, _, seconds = fields[1].partition(":")
            clock_ms = (int(minutes) * 60 + int(seconds)) * 1000
        elif fields[0] in ("pt1", "pt2") and clock_ms is not None and 30_000 <= clock_ms <= 60_000:
            expected.append(_at(second))
    for text in ("1:00-0:30", "30-60"):
        options = ("--ring", RING, "--kind", "technique", "--clock", text)
        found = ask("events", *options, "--oldest", "--limit", ALL)["events"]
        assert [one["timestamp"] for one in found] == expected
    assert expected


def test_events_of_a_window(ask: Ask, played: Played) -> None:
    """From is in it, to is not; a day and a tournament hold all, other ones nothing."""
    start, end = "2026-03-01T09:05:00+00:00", "2026-03-01T09:06:00+00:00"
    found = ask("events", "--from", start, "--to", end, "--limit", ALL)["events"]
    expected = [_at(second) for second, _ in played.bodies() if "09:05:00" <= _at(second)[11:] < "09:06:00"]
    assert sorted(one["timestamp"] for one in found) == expected
    assert len(ask("events", "--tournament", "active", "--limit", ALL)["events"]) > 0.9 * len(played.bodies())
    assert ask("events", "--tournament", "split cup")["events"] == []
    assert ask("events", "--day", "2020-01-01")["events"] == []


def test_a_table_of_events_says_what_they_say(asked: Run) -> None:
    """A line of at most 100 characters for each, in the words of `events tail`."""
    lines = asked("events", "--kind", "technique", "--limit", "5").out.splitlines()
    assert len(lines) == 7
    assert lines[-1] == "… at most 5 are shown; more with --limit"
    assert all(len(line) <= 100 for line in lines)
    assert all(" +" in line for line in lines[1:-1])


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (("--kind", "nope"), 1, "There is no kind of event nope. Known: P (punch), K (body kick)"),
        (("--match", "999"), 1, "There is no match 999."),
        (("--athlete", "nobody"), 1, "There is no athlete nobody."),
        (("--ring", "ring-9"), 1, "There is no ring ring-9. Known:"),
        (("--tournament", "nope"), 1, "Known: Zagreb Open, Split Cup."),
        (("--from", "soon"), 2, "This is no time."),
        (("--day", "soon"), 2, "This is no day."),
        (("--clock", "1:00"), 2, "This is no range of the clock."),
        (("--round", "0"), 2, "Usage"),
    ],
)
def test_filters_that_name_nothing(asked: Run, options: tuple[str, ...], code: int, says: str) -> None:
    """Each is refused in a sentence that says what there is."""
    done = asked("events", *options)
    assert (done.code, done.out, says in done.err) == (code, "", True), done.err


@pytest.mark.parametrize(("bucket", "length"), [("minute", 16), ("hour", 13), ("day", 10), ("month", 7)])
@pytest.mark.parametrize("ring", [None, RING])
def test_counts(ask: Ask, played: Played, bucket: str, length: int, ring: str | None) -> None:
    """As many in each bucket as were sent, newest or oldest first."""
    expected = Counter(_at(second)[:length] for second, _ in played.bodies(ring))
    options = ("counts", "--bucket", bucket, "--limit", ALL, *(("--ring", ring) if ring else ()))
    newest = ask(*options)["counts"]
    assert {one["bucket"]: one["events"] for one in newest if one["events"]} == expected
    assert [one["bucket"] for one in newest] == sorted({one["bucket"] for one in newest}, reverse=True)
    assert ask(*options, "--oldest")["counts"] == newest[::-1]


def test_counts_of_a_window_by_kind_and_second(ask: Ask, asked: Run, played: Played) -> None:
    """A window's end is not in it; seconds are counted from the events, in a window that has an end."""
    window = ("--from", "2026-03-01T09:05:00+00:00", "--to", "2026-03-01T09:07:00+00:00")
    inside = [
        _at(s)[:19] for s, body in played.bodies() if body.startswith(b"clk") and "09:05" <= _at(s)[11:] < "09:07"
    ]
    by_minute = ask("counts", "--bucket", "minute", "--kind", "clk", *window)["counts"]
    assert {one["bucket"]: one["events"] for one in by_minute} == Counter(second[:16] for second in inside)
    by_second = ask("counts", "--bucket", "second", "--kind", "clk", *window, "--limit", ALL)["counts"]
    assert {one["bucket"]: one["events"] for one in by_second} == Counter(inside)
    refused = asked("counts", "--bucket", "second")
    assert (refused.code, "give --from and --to" in refused.err) == (1, True)


def test_names_are_found_without_their_accents(ask: Ask, asked: Run, played: Played) -> None:
    """A part of a name finds its athlete and matches; what is no word is refused; quotes are only text."""
    _, truth = played.truths[0]
    surname = truth.chong.long_name.split()[-1]
    plain = surname.translate(str.maketrans("ČĆŠŽÜ", "CCSZU")).lower()
    found = ask("search", plain[:5], "--names")
    assert truth.chong.long_name in {one["long_name"] for one in found["athletes"]}
    assert truth.match_number in {one["match_number"] for one in found["matches"]}
    assert "events" not in found
    for text in ('"', "* OR NEAR(", "'); DROP"):
        assert asked("search", text).code in (0, 1)
    assert "there is none in this" in asked("search", "***").err


@pytest.mark.parametrize("indexed", [0.0, 0.5, 1.0])
def test_raw_text_is_found_indexed_or_not(
    ask: Ask, played: Played, home: Path, monkeypatch: pytest.MonkeyPatch, indexed: float
) -> None:
    """Whatever share the index holds, the answer is the same, and how many events it lacks is said."""
    expected = sorted((body.decode() for _, body in played.bodies() if body.startswith(b"wmh")))
    path = home / "data" / "restrike.db"
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content)
    with closing(connect_writer(path)) as connection:
        (last,) = connection.execute("SELECT max(id) FROM pss_events_v2").fetchone()
        through = int(last * indexed)
        connection.execute(
            "INSERT INTO search_events (rowid, raw_data) SELECT id, raw_data FROM search_texts WHERE id <= ?",
            (through,),
        )
        connection.execute("UPDATE search_progress SET through_event_id = ?", (through,))
    found = ask("search", "wmh", "--raw", "--limit", ALL)
    assert sorted(one["raw"] for one in found["events"]) == expected
    assert (found["not_indexed"], found["scanned"]) == (last - through, last - through)
    if through < last:
        monkeypatch.setattr(search, "SCANNED", 10)
        assert ask("search", "wmh", "--raw")["scanned"] == 10


def test_what_stands_for_the_index_reads_as_it() -> None:
    """Words are told apart as FTS5's tokenizer does; a phrase must stand together, the last word may be longer."""
    tokens = search._tokens("wmh;Žarko_QUINTAL;1-2 PTF;")
    assert tokens == ["wmh", "zarko", "quintal", "1", "2", "ptf"]
    assert search._tokens("ĐIPALO Weiß Łoś") == search._tokens("dipalo weiss los")
    assert search._has(tokens, [["zarko", "quintal"], ["pt"]])
    assert search._has(tokens, [["1", "2"]])
    assert not search._has(tokens, [["2", "1"]])
    assert not search._has(tokens, [["pt"], ["wmh"]])
