"""`restrike flags`: what it shows, what it takes, and what it writes."""

import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from services.cli.flags import app as flags_app
from services.cli.flags import scanning
from services.cli.flags.files import by_code
from services.db_writer.database import open_database
from services.db_writer.office.desk import Desk
from services.db_writer.office.flags.product import bring_flags_up_to_date
from services.db_writer.office.handlers import HANDLERS
from shared.errors import NetworkError
from shared.flags.table import FOLDER, flag_codes
from shared.messages.requests import Command
from shared.paths import Paths
from tests.unit.cli.conftest import Run

GREEN = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"><path d="M0 0h4v3H0z" fill="#0{}0"/></svg>'


@pytest.fixture
def desk(home: Path, run: Run, migrated: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:  # noqa: ARG001  # the home is not there before run looked
    """A desk that answers `ask` within this process, as db-writer would."""
    paths = Paths(home)
    paths.prepare()
    paths.database.write_bytes(migrated)
    with closing(open_database(paths)) as connection:
        made = Desk(connection, paths=paths)
        bring_flags_up_to_date(made)

        def ask(command: Command[Any]) -> Any:
            return HANDLERS[type(command)](made, command)

        monkeypatch.setattr(flags_app, "ask", ask)
        monkeypatch.setattr(scanning, "ask", ask)
        yield made


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """A folder of an operator, apart from the home."""
    folder = tmp_path / "given"
    folder.mkdir()
    return folder


def test_list_without_a_database(run: Run) -> None:
    """What ships is shown before the first start; every line fits; codes that nobody knows have a neutral tile."""
    done = run("flags", "list", "--json")
    assert {one["code"] for one in done.document["flags"]} == set(flag_codes())
    lines = run("flags", "list").out.splitlines() + run("flags", "mappings").out.splitlines()
    assert max(map(len, lines)) <= 100
    tiles = run("flags", "list", "--tiles").out
    assert all(f"{code} " in tiles for code in ("TPE", "AIN", "EOR", "AFG"))
    assert "CRO " not in tiles
    (shown,) = run("flags", "mappings", "QQQ", "--json").document["mappings"]
    assert (shown["ioc_code"], shown["is_tile"], shown["kind"]) == (None, True, "unknown")


def test_map_and_unmap(desk: Desk, run: Run) -> None:  # noqa: ARG001  # it answers
    """With history; unmapped twice is refused."""
    assert "RUS is shown as AIN" in run("flags", "map", "RUS", "AIN", "--author", "ana").out
    assert [one["code"] for one in run("flags", "mappings", "--own", "--json").document["mappings"]] == ["RUS"]
    assert run("flags", "unmap", "RUS", "--author", "ben").code == 0
    refused = run("flags", "unmap", "RUS", "--author", "ben")
    assert (refused.code, "restrike flags mappings --own" in refused.err) == (1, True)
    history = run("flags", "mappings", "--history", "--json").document["mappings"]
    assert [(one["before"], one["after"], one["author"]) for one in history] == [
        ("AIN", None, "ben"),
        ("RUS", "AIN", "ana"),
    ]
    assert run("flags", "mappings", "--own", "--history").code == 2


def test_unknown_codes_are_listed(desk: Desk, run: Run) -> None:
    """With how often they came; `check` notes them, and they are no fault."""
    desk.connection.executescript("""
        INSERT INTO pss_matches (id, match_id, ring) VALUES (1, 'a', 'ring-1'), (2, 'b', 'ring-1');
        INSERT INTO pss_match_athletes (match_id, athlete_position, shown_noc) VALUES
            (1, 1, 'QQQ'), (1, 2, 'CRO'), (2, 1, 'qqq '), (2, 2, 'DEU');
        INSERT INTO pss_athletes (athlete_code, short_name, country_code) VALUES ('x', 'X', 'QQX');
    """)
    found = run("flags", "mappings", "--unknown", "--json").document["unknown"]
    assert [(one["code"], one["matches"]) for one in found] == [("QQQ", 2), ("QQX", 0)]
    done = run("flags", "check", "--json")
    assert (done.code, done.document["ok"]) == (0, True)
    assert [one["subject"] for one in done.document["found"]] == ["QQQ", "QQX"]


def test_scan_a_folder(desk: Desk, run: Run, tmp_path: Path) -> None:
    """Recognized by name and content, refused by name; nothing at a dry run; the same again changes nothing."""
    folder = tmp_path / "given"
    (folder / "more" / ".hidden").mkdir(parents=True)
    bomb = (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 6, 0, 0, 0)
    )
    files = {
        "Kroatien.svg": GREEN.format("1").encode(),
        "more/kor.SVG": GREEN.format("2").encode(),
        "whatever.svg": (FOLDER / "JPN.svg").read_bytes(),
        "banana.svg": GREEN.format("3").encode(),
        "Taiwan.svg": GREEN.format("4").encode(),
        "FRA.svg": GREEN.format("5").replace("<path", "<script/><path").encode(),
        "ITA.png": b"no picture",
        "bomb.png": bomb,
        "huge.svg": b"<" * 2_000_000,
        "notes.txt": b"CRO",
        "BUL.jpg": b"\xff\xd8",
        "flags.zip": b"PK",
        "more/.hidden/GER.svg": GREEN.format("6").encode(),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    (folder / "LTU.svg").symlink_to(FOLDER / "LTU.svg")
    expected = {
        "Kroatien.svg": ("CRO", "shown"),
        "more/kor.SVG": ("KOR", "shown"),
        "whatever.svg": ("JPN", "unchanged"),
        "banana.svg": (None, "unknown"),
        "Taiwan.svg": ("TPE", "unsure"),
        "FRA.svg": (None, "refused"),
        "ITA.png": (None, "refused"),
        "bomb.png": (None, "refused"),
        "huge.svg": (None, "refused"),
        "LTU.svg": (None, "refused"),
        "BUL.jpg": (None, "refused"),
        "flags.zip": (None, "refused"),
        "notes.txt": (None, "skipped"),
    }
    dry = run("flags", "scan", str(folder), "--dry-run", "--author", "ana", "--json")
    assert {row["file"]: (row["code"], row["outcome"]) for row in dry.document["files"]} == expected
    assert run("flags", "list", "--own", "--json").document["flags"] == []
    assert list(desk.paths.own_flags.glob("*")) == []
    assert desk.connection.execute("SELECT count(*) FROM recognition_history").fetchone() == (0,)
    done = run("flags", "scan", str(folder), "--author", "ana", "--json")
    assert done.code == 1
    assert {row["file"]: (row["code"], row["outcome"]) for row in done.document["files"]} == expected
    history = run("flags", "mappings", "--history", "--json").document["pictures"]
    tried = {name: outcome for name, (_, outcome) in expected.items() if outcome != "skipped"}
    assert {one["filename"]: one["outcome"] for one in history} == tried
    reasons = {one["filename"]: one["reason"] for one in history}
    assert reasons["BUL.jpg"] == "JPG is not taken; save it as SVG or PNG."
    assert reasons["Kroatien.svg"] is None
    again = run("flags", "scan", str(folder), "--author", "ana")
    assert "3 unchanged" in again.out
    assert "FRA.svg: This SVG holds an element script" in again.err
    assert "LTU.svg: A link is not followed" in again.err
    assert "Skipped, as they do not end in .svg or .png: notes.txt." in again.err
    assert {one["code"] for one in run("flags", "list", "--own", "--json").document["flags"]} == {"CRO", "KOR"}


def test_large_folder_goes_in_parts(desk: Desk, run: Run, given: Path) -> None:  # noqa: ARG001  # it answers
    """More pictures than db-writer takes at once: each is shown for its code, in one go."""
    codes = [row.code for row in flag_codes().values() if not row.has_tile and not row.stands_for][:45]
    for code in codes:
        content = (FOLDER / f"{code}.svg").read_text(encoding="utf-8")
        (given / f"{code.lower()}_flag.svg").write_text(content + "<!-- ours -->", encoding="utf-8")
    done = run("flags", "scan", str(given), "--author", "ana", "--json")
    assert done.document["counts"] == {"shown": 45}
    shown = run("flags", "list", "--own", "--json").document["flags"]
    assert {one["ioc_code"] for one in shown} == set(codes)


def test_two_pictures_of_one_country(desk: Desk, run: Run, given: Path) -> None:
    """The surest is shown, whatever its place in the folder; the others are named as in its way; a second scan changes
    nothing, and a dry run says what is done.
    """
    files = {"AAA Südkorea flag.svg": "1", "Corea del Sur.svg": "2", "kor.svg": "3", "south korea.svg": "4"}
    for name, colour in files.items():
        (given / name).write_text(GREEN.format(colour))
    outcomes = {"AAA Südkorea flag.svg": "unsure", "kor.svg": "kept", "south korea.svg": "kept"}
    for options in (("--dry-run",), ("--author", "ana"), ("--dry-run",), ("--author", "ben")):
        done = run("flags", "scan", str(given), *options, "--json")
        first = "shown" if (options == ("--dry-run",) and not _own(desk)) or options[-1] == "ana" else "unchanged"
        found = {row["file"]: row["outcome"] for row in done.document["files"]}
        assert found == outcomes | {"Corea del Sur.svg": first}, options
        kept = {row["message"] for row in done.document["files"] if row["outcome"] == "kept"}
        assert any("Corea del Sur.svg is shown for KOR, recognized as surely, and stays" in one for one in kept)
    assert len(_own(desk)) == 1


def test_dry_run_of_more_than_a_part(desk: Desk, run: Run, given: Path) -> None:
    """Thirty pictures of one code: one would be shown, as one is; among as sure ones an SVG."""
    for number in range(30):
        (given / f"KOR {number}.svg").write_text(GREEN.format(f"{number % 10}{number // 10}"[:1]) + f"<!--{number}-->")
    (given / "CRO.svg").write_text(GREEN.format("9"))
    counts = {"kept": 29, "shown": 2}
    assert run("flags", "scan", str(given), "--dry-run", "--json").document["counts"] == counts
    assert _own(desk) == []
    assert run("flags", "scan", str(given), "--author", "ana", "--json").document["counts"] == counts
    svg, png = Path("CRO.svg"), Path("CRO.png")
    assert by_code([png, svg], {}) == [[svg, png]]


def test_code_of_ones_own_by_its_file(desk: Desk, run: Run, given: Path) -> None:
    """A scan takes KLB.svg for the team that the operator made; unmapped, its code is said to stay."""
    assert run("flags", "map", "QQX", "KLB", "--name", "Club Berlin", "--author", "ana").code == 0
    (given / "KLB.svg").write_text(GREEN.format("1"))
    assert run("flags", "recognize", str(given / "KLB.svg")).out == "KLB, 100% sure, by own_code.\n"
    assert run("flags", "scan", str(given), "--author", "ana", "--json").document["counts"] == {"shown": 1}
    assert _own(desk) == ["KLB"]
    done = run("flags", "unmap", "QQX", "--author", "ana")
    assert "KLB stays a code of your own, in all lists; take it away with: restrike flags unmap KLB" in done.err
    assert run("flags", "unmap", "KLB", "--author", "ana").err == ""


def test_doubtful_name_is_asked_for(desk: Desk, run: Run, given: Path) -> None:
    """It is shown for no country; a person says which. A refused choice is in the history, too."""
    for name in ("Korea.svg", "Congo.svg", "Lower Austria.svg", "Germany 1936.svg"):
        (given / name).write_text(GREEN.format("1") + f"<!--{name}-->")
    assert run("flags", "scan", str(given), "--author", "ana", "--json").document["counts"] == {"unsure": 4}
    assert _own(desk) == []
    told = run("flags", "recognize", str(given / "Korea.svg")).out
    assert told.startswith("KOR, 60% sure, by name. If so: restrike flags recognize ")
    (given / "blank.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    assert run("flags", "recognize", str(given / "blank.svg"), "--as", "GRE", "--author", "ana").code == 1
    last = run("flags", "mappings", "--history", "--json").document["pictures"][0]
    assert (last["filename"], last["outcome"]) == ("blank.svg", "refused")
    assert "draws nothing" in last["reason"]


def test_reason_is_told_though_nobody_keeps_it(
    desk: Desk,  # noqa: ARG001  # the home has a database
    run: Run,
    given: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """db-writer does not answer: what is wrong with the picture is said all the same."""

    def ask(_: Command[Any]) -> Any:
        raise NetworkError("rpc.timeout", "db-writer does not answer.")

    monkeypatch.setattr(scanning, "ask", ask)
    (given / "blank.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    refused = run("flags", "recognize", str(given / "blank.svg"), "--as", "GRE", "--author", "ana")
    assert (refused.code, "draws nothing" in refused.err) == (1, True)


def _own(desk: Desk) -> list[str]:
    sql = "SELECT ioc_code FROM flags WHERE source = 'operator' AND is_shown = 1"
    return [code for (code,) in desk.connection.execute(sql)]


def test_recognize_and_choose(desk: Desk, run: Run, tmp_path: Path) -> None:  # noqa: ARG001  # it answers
    """Only told, until a person says what it is; cleared, the tile is back."""
    file = tmp_path / "Phillipines.svg"
    file.write_text(GREEN.format("1"))
    assert run("flags", "recognize", str(file), "--json").document["recognized"]["code"] == "PHI"
    assert run("flags", "recognize", str(file), "--as", "TPE", "--author", "ana").code == 0
    assert "your own picture" in run("flags", "list", "TPE").out
    assert run("flags", "recognize", str(file), "--as", "QQQ", "--author", "ana").code == 1
    assert "neutral tile" in run("flags", "clear", "TPE", "--author", "ana").out


def test_export_as_png(desk: Desk, run: Run, tmp_path: Path) -> None:
    """In the widths that are asked for, drawn once and then taken from the cache, from SVG and PNG alike."""
    out = tmp_path / "out"
    words = ("flags", "export", "CRO", "TPE", "QQQ", "--png", "64,128", "--out", str(out), "--json")
    assert run(*words).document["renderings"] == {"drawn": 6, "from_cache": 0}
    assert run(*words).document["renderings"] == {"drawn": 0, "from_cache": 6}
    assert _size(out / "CRO-64.png") == (64, 48)
    assert _size(out / "QQQ-128.png") == (128, 96)
    assert (out / "CRO.svg").read_bytes() == (FOLDER / "CRO.svg").read_bytes()
    own = tmp_path / "KOR.png"
    own.write_bytes((out / "CRO-128.png").read_bytes())
    assert run("flags", "recognize", str(own), "--as", "KOR", "--author", "ana").code == 0
    assert run("flags", "export", "KOR", "--png", "32", "--out", str(out)).out.startswith("1 picture in ")
    assert _size(out / "KOR-32.png") == (32, 24)
    for widths in ("0", "x", "64,", "99999", "1,2,3,4,5,6,7,8,9"):
        assert run("flags", "export", "CRO", "--png", widths, "--out", str(out)).code == 2
    (changed,) = desk.paths.home.glob("flags/*.png")
    changed.write_bytes(b"other")
    assert run("flags", "export", "KOR", "--out", str(out)).code == 1
    told = run("flags", "check")
    assert (told.code, "somebody changed it; restart db-writer" in told.out) == (1, True)
    assert "1 picture of your own checked" in told.out


def _size(file: Path) -> tuple[int, int]:
    width, height = struct.unpack(">II", file.read_bytes()[16:24])
    return width, height
