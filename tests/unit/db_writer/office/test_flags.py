"""Operators' mappings and pictures of flags: in force at once, audited, with their history, and never overwritten."""

from pathlib import Path
from typing import Any

import pytest

from services.db_writer.athletes import athlete_code
from services.db_writer.office.desk import Desk
from services.db_writer.office.flags.product import bring_flags_up_to_date
from services.db_writer.office.handlers import HANDLERS
from services.db_writer.statements import UPSERT_ATHLETE
from shared.errors import ValidationError
from shared.flags.table import FOLDER, flag_codes
from shared.messages.flags import (
    ClearFlag,
    FlagSource,
    FlagTaken,
    GetFlagPicture,
    GetFlags,
    GivenFlag,
    MappingKind,
    RefusedFlag,
    RemoveFlagMapping,
    SaveFlagMapping,
    ShownFlag,
    TakeFlags,
    TakeOutcome,
)
from shared.messages.pss import AthleteName
from shared.messages.requests import Command

Published = list[tuple[str, Any]]


@pytest.fixture
def flagged(desk: Desk) -> Desk:
    """A desk whose database knows the pictures that ship."""
    bring_flags_up_to_date(desk)
    return desk


def act(desk: Desk, command: Command[Any]) -> Any:
    return HANDLERS[type(command)](desk, command)


def shown(desk: Desk, code: str) -> ShownFlag:
    (found,) = act(desk, GetFlags(codes=(code,))).flags
    assert isinstance(found, ShownFlag)
    return found


def picture(colour: str) -> bytes:
    head = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3">'
    return f'{head}<path d="M0 0h4v3H0z" fill="{colour}"/></svg>'.encode()


def take(
    desk: Desk,
    content: bytes,
    code: str | None,
    *,
    sure: float = 0.95,
    chosen: bool = False,
    name: str = "a.svg",
    modified_at: str | None = None,
) -> FlagTaken:
    given = GivenFlag(
        filename=name,
        content=content,
        ioc_code=code,
        method="name",
        confidence=sure,
        is_chosen=chosen,
        modified_at=modified_at,
    )
    (taken,) = act(desk, TakeFlags(pictures=(given,), author="ana")).taken
    assert isinstance(taken, FlagTaken)
    return taken


def enter(desk: Desk, name: str, noc: str) -> None:
    code = athlete_code(AthleteName(short_name=name, long_name=name, noc=noc))
    desk.connection.execute(UPSERT_ATHLETE, (code, name, name, noc, "t", "t"))


def flag_of(desk: Desk, name: str) -> tuple[str, str] | None:
    sql = "SELECT f.ioc_code, f.file_path FROM pss_athletes a JOIN flags f ON f.id = a.flag_id WHERE a.short_name = ?"
    row: tuple[str, str] | None = desk.connection.execute(sql, (name,)).fetchone()
    return row


def test_pictures_that_ship(flagged: Desk) -> None:
    """A row for each, shown, and again after the same start; one that was changed or is new is brought up to date."""
    sql = "SELECT count(*), sum(is_shown), count(DISTINCT ioc_code) FROM flags WHERE source = 'product'"
    everything = [(len(flag_codes()),) * 3]
    assert flagged.connection.execute(sql).fetchall() == everything
    flagged.connection.execute("UPDATE flags SET checksum = 'old' WHERE ioc_code = 'CRO'")
    flagged.connection.execute("DELETE FROM flags WHERE ioc_code = 'KOR'")
    bring_flags_up_to_date(flagged)
    assert flagged.connection.execute(sql).fetchall() == everything
    row = flagged.connection.execute("SELECT checksum FROM flags WHERE ioc_code = 'CRO'").fetchone()
    assert row == (flag_codes()["CRO"].sha256,)


def test_picture_that_only_another_version_has(flagged: Desk) -> None:
    """Its row stays, is not shown, and lets no start write; a picture that is taken away does not show it."""
    sql = "SELECT is_shown FROM flags WHERE ioc_code = 'QQQ'"
    flagged.connection.execute("UPDATE flags SET ioc_code = 'QQQ' WHERE ioc_code = 'CRO'")
    bring_flags_up_to_date(flagged)
    assert flagged.connection.execute(sql).fetchall() == [(0,)]
    before = flagged.connection.total_changes
    bring_flags_up_to_date(flagged)
    assert flagged.connection.total_changes == before
    take(flagged, picture("#1"), "KOR", chosen=True)
    act(flagged, ClearFlag(ioc_code="KOR", author="ana"))
    assert flagged.connection.execute(sql).fetchall() == [(0,)]
    assert shown(flagged, "KOR").source is FlagSource.PRODUCT
    everything = "SELECT count(*) FROM flags WHERE source = 'product' AND is_shown = 1"
    assert flagged.connection.execute(everything).fetchone() == (len(flag_codes()),)


def test_athletes_have_their_flag(flagged: Desk) -> None:
    """By code, by an old variant, by ISO's, in any case; none for an unknown one, until it is mapped."""
    for name, noc in (("A", "CRO"), ("B", "LIB"), ("C", " deu "), ("D", "QQQ")):
        enter(flagged, name, noc)
    assert [flag_of(flagged, name) for name in "ABCD"] == [
        ("CRO", "flags/CRO.svg"),
        ("LBN", "flags/LBN.svg"),
        ("GER", "flags/GER.svg"),
        None,
    ]
    act(flagged, SaveFlagMapping(pss_code="qqq", ioc_code="kor", author="ana"))
    assert flag_of(flagged, "D") == ("KOR", "flags/KOR.svg")
    act(flagged, RemoveFlagMapping(pss_code="QQQ", author="ana"))
    assert flag_of(flagged, "D") is None


def test_mapping_with_history(flagged: Desk, published: Published) -> None:
    """It is in force, told, audited and kept; taken back, the code means what it meant."""
    enter(flagged, "A", "RUS")
    found = act(flagged, SaveFlagMapping(pss_code="rus ", ioc_code="AIN", author="ana", reason="as asked"))
    assert (found.ioc_code, found.is_tile, found.kind) == ("AIN", True, MappingKind.OPERATOR)
    assert flag_of(flagged, "A") == ("AIN", "flags/AIN.svg")
    act(flagged, RemoveFlagMapping(pss_code="RUS", author="ben"))
    assert (shown(flagged, "RUS").ioc_code, shown(flagged, "RUS").kind) == ("RUS", MappingKind.CODE)
    row = "SELECT ioc_code, kind, is_custom FROM flag_mappings WHERE pss_code = 'RUS'"
    assert flagged.connection.execute(row).fetchall() == [("RUS", "code", 0)]
    history = "SELECT pss_code, previous_ioc_code, ioc_code, author, reason FROM flag_mapping_history ORDER BY id"
    assert flagged.connection.execute(history).fetchall() == [
        ("RUS", "RUS", "AIN", "ana", "as asked"),
        ("RUS", "AIN", None, "ben", None),
    ]
    audit = "SELECT author, action, outcome FROM operator_audit ORDER BY id"
    assert flagged.connection.execute(audit).fetchall() == [("ana", "flag.map", "done"), ("ben", "flag.unmap", "done")]
    assert [(topic, event.codes) for topic, event in published] == [("flags.changed", ("RUS",))] * 2


def test_code_of_ones_own(flagged: Desk) -> None:
    """With a name it is made, and can have a picture; without, it is refused with what to do."""
    with pytest.raises(ValidationError, match="restrike flags map CLB CLB --name"):
        act(flagged, SaveFlagMapping(pss_code="KLB", ioc_code="CLB", author="ana"))
    act(flagged, SaveFlagMapping(pss_code="KLB", ioc_code="CLB", country_name="Club Berlin", author="ana"))
    assert take(flagged, picture("#111"), "CLB", chosen=True).outcome is TakeOutcome.SHOWN
    for code in ("KLB", "CLB"):
        found = shown(flagged, code)
        assert (found.ioc_code, found.name, found.is_tile) == ("CLB", "Club Berlin", False)


@pytest.mark.parametrize(
    "command",
    [
        SaveFlagMapping(pss_code="", ioc_code="CRO", author="ana"),
        SaveFlagMapping(pss_code="x" * 21, ioc_code="CRO", author="ana"),
        SaveFlagMapping(pss_code="A\nB", ioc_code="CRO", author="ana"),
        SaveFlagMapping(pss_code="A", ioc_code="../x", country_name="x", author="ana"),
        SaveFlagMapping(pss_code="A", ioc_code="CRO", country_name="x\ny", author="ana"),
        SaveFlagMapping(pss_code="A", ioc_code="QQQ", author="ana"),
        RemoveFlagMapping(pss_code="CRO", author="ana"),
        ClearFlag(ioc_code="CRO", author="ana"),
        GetFlags(codes=("x" * 41,)),
        GetFlags(codes=("x",) * 501),
    ],
)
def test_refused(flagged: Desk, command: Command[Any]) -> None:
    """What is no code, no name, or is not there."""
    with pytest.raises(ValidationError):
        act(flagged, command)


def test_recognized_picture_is_shown(flagged: Desk, published: Published) -> None:
    """Its bytes lie in the home and in the database; athletes have it; a subscriber gets it; a lost file comes back."""
    enter(flagged, "A", "CRO")
    content = picture("#123")
    assert take(flagged, content, "CRO").outcome is TakeOutcome.SHOWN
    found = shown(flagged, "CRO")
    assert (found.source, found.is_tile, Path(found.file).read_bytes()) == (FlagSource.OPERATOR, False, content)
    assert flag_of(flagged, "A") == ("CRO", f"flags/{found.checksum}.svg")
    assert act(flagged, GetFlagPicture(code="HRV")).content == content
    assert [event.codes for _, event in published] == [("CRO",)]
    for damage in (b"", content[:10], content[::-1]):
        Path(found.file).write_bytes(damage)
        assert act(flagged, GetFlagPicture(code="CRO")).content == content
        bring_flags_up_to_date(flagged)
        assert Path(found.file).read_bytes() == content
    Path(found.file).unlink()
    assert act(flagged, GetFlagPicture(code="CRO")).content == content
    assert take(flagged, content, "CRO").outcome is TakeOutcome.UNCHANGED


def test_choice_is_never_overwritten(flagged: Desk) -> None:
    """Neither by another file of that name, nor by the same file under another name; only by another choice."""
    chosen = picture("#1")
    take(flagged, chosen, "CRO", chosen=True)
    assert take(flagged, picture("#2"), "CRO", sure=1.0, name="CRO.svg").outcome is TakeOutcome.KEPT
    again = take(flagged, chosen, "KOR", sure=0.95)
    assert (again.outcome, again.ioc_code) == (TakeOutcome.UNCHANGED, "CRO")
    assert act(flagged, GetFlagPicture(code="CRO")).content == chosen
    assert take(flagged, picture("#2"), "CRO", chosen=True).outcome is TakeOutcome.SHOWN
    assert act(flagged, GetFlagPicture(code="CRO")).content == picture("#2")
    methods = "SELECT recognition_method, recognized_as, outcome, author FROM recognition_history ORDER BY id"
    assert flagged.connection.execute(methods).fetchall() == [
        ("operator", "CRO", "shown", "ana"),
        ("name", "CRO", "kept", "ana"),
        ("name", "KOR", "unchanged", "ana"),
        ("operator", "CRO", "shown", "ana"),
    ]


def test_surer_before_less_sure(flagged: Desk) -> None:
    """Among pictures that nobody chose."""
    take(flagged, picture("#1"), "CRO", sure=0.95)
    assert take(flagged, picture("#2"), "CRO", sure=0.85).outcome is TakeOutcome.KEPT
    as_sure = take(flagged, picture("#3"), "CRO", sure=0.95)
    assert (as_sure.outcome, "recognized as surely, and stays" in as_sure.message) == (TakeOutcome.KEPT, True)
    assert take(flagged, picture("#4"), "CRO", sure=0.97).outcome is TakeOutcome.SHOWN


def test_a_mended_file(flagged: Desk) -> None:
    """The file that is shown, changed since, is shown; an older one is not, nor one of that name in another folder."""
    take(flagged, picture("#1"), "CRO", name="4x3/CRO.svg", modified_at="2026-01-02T00:00:00.000+00:00")
    older = take(flagged, picture("#2"), "CRO", name="4x3/CRO.svg", modified_at="2026-01-01T00:00:00.000+00:00")
    other = take(flagged, picture("#4"), "CRO", name="1x1/CRO.svg", modified_at="2026-01-04T00:00:00.000+00:00")
    newer = take(flagged, picture("#3"), "CRO", name="4x3/CRO.svg", modified_at="2026-01-03T00:00:00.000+00:00")
    assert [one.outcome.value for one in (older, other, newer)] == ["kept", "kept", "shown"]


def test_what_a_person_must_say(flagged: Desk) -> None:
    """Nothing recognized, too unsure, or a country that has a neutral tile, unless the file bears the very code."""
    assert take(flagged, picture("#1"), None, sure=0.0).outcome is TakeOutcome.UNKNOWN
    assert take(flagged, picture("#2"), "LBA", sure=0.75).outcome is TakeOutcome.UNSURE
    assert take(flagged, picture("#3"), "TPE", sure=0.98).outcome is TakeOutcome.UNSURE
    assert shown(flagged, "TPE").is_tile
    assert take(flagged, picture("#3"), "TPE", sure=1.0).outcome is TakeOutcome.SHOWN
    statuses = "SELECT recognition_status FROM flags WHERE source = 'operator' ORDER BY id"
    assert [status for (status,) in flagged.connection.execute(statuses)] == ["unknown", "pending", "recognized"]


def test_one_picture_for_two_codes(flagged: Desk) -> None:
    """A tile of one's own for several; cleared for one, it stays for the other, with its file."""
    for code in ("AIN", "EOR"):
        assert take(flagged, picture("#9"), code, chosen=True).outcome is TakeOutcome.SHOWN
    found = shown(flagged, "EOR")
    assert shown(flagged, "AIN").file == found.file
    act(flagged, ClearFlag(ioc_code="ain", author="ana"))
    assert (shown(flagged, "AIN").is_tile, shown(flagged, "EOR").is_tile) == (True, False)
    assert Path(found.file).is_file()
    act(flagged, ClearFlag(ioc_code="EOR", author="ana"))
    assert not Path(found.file).exists()
    assert take(flagged, picture("#9"), "EOR", chosen=True).outcome is TakeOutcome.SHOWN


def test_taken_away_is_a_choice(flagged: Desk) -> None:
    """No scan shows that picture for that code again, however often; another one, another code or a person does."""
    take(flagged, picture("#1"), "TPE", sure=1.0, name="TPE.svg")
    act(flagged, ClearFlag(ioc_code="TPE", author="ana"))
    assert take(flagged, picture("#1"), None, sure=0.0).outcome is TakeOutcome.UNKNOWN
    for _ in range(2):
        again = take(flagged, picture("#1"), "TPE", sure=1.0)
        assert (again.outcome, "You took this picture of TPE away" in again.message) == (TakeOutcome.KEPT, True)
    assert take(flagged, picture("#1"), "KOR").outcome is TakeOutcome.SHOWN
    assert take(flagged, picture("#1"), "TPE", sure=1.0).outcome is TakeOutcome.KEPT
    assert take(flagged, picture("#2"), "TPE", sure=1.0).outcome is TakeOutcome.SHOWN
    assert take(flagged, picture("#1"), "TPE", chosen=True).outcome is TakeOutcome.SHOWN
    history = (
        "SELECT filename, outcome FROM recognition_history WHERE outcome IN ('shown', 'cleared') ORDER BY id LIMIT 2"
    )
    assert flagged.connection.execute(history).fetchall() == [("TPE.svg", "shown"), ("TPE.svg", "cleared")]


def test_dry_run_changes_nothing(flagged: Desk, published: Published) -> None:
    """It answers as the taking does, within one command, too; no row, no file, no event, no audit."""
    pictures = tuple(
        GivenFlag(filename=f"{colour}.svg", content=picture(colour), ioc_code=code, method="name", confidence=sure)
        for colour, code, sure in (("#1", "CRO", 0.95), ("#2", "CRO", 0.95), ("#3", "LBA", 0.7), ("#4", None, 0.0))
    )
    tables = ("flags", "recognition_history", "operator_audit")

    def rows() -> list[Any]:
        return [flagged.connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables]

    before = rows()
    dry = act(flagged, TakeFlags(pictures=pictures, author="ana", is_dry_run=True))
    assert rows() == before
    assert list(flagged.paths.own_flags.glob("*")) == []
    assert published == []
    assert dry == act(flagged, TakeFlags(pictures=pictures, author="ana"))
    assert [one.outcome.value for one in dry.taken] == ["shown", "kept", "unsure", "unknown"]
    with pytest.raises(ValidationError):
        act(flagged, TakeFlags(pictures=(), author="", is_dry_run=True))


def test_history_names_each_file(flagged: Desk) -> None:
    """Copies of one picture under several names, and what was refused before it was given, with the reason."""
    for name in ("banana.svg", "sub/b.svg"):
        take(flagged, picture("#1"), None, sure=0.0, name=name)
    refused = (RefusedFlag(filename="x/BUL.jpg", reason="JPG is not taken."),)
    act(flagged, TakeFlags(pictures=(), author="ben", refused=refused))
    history = "SELECT filename, outcome, author, reason, flag_id IS NULL FROM recognition_history ORDER BY id"
    assert flagged.connection.execute(history).fetchall() == [
        ("banana.svg", "unknown", "ana", None, 0),
        ("sub/b.svg", "unknown", "ana", None, 0),
        ("x/BUL.jpg", "refused", "ben", "JPG is not taken.", 1),
    ]
    with pytest.raises(ValidationError):
        act(flagged, TakeFlags(pictures=(), author="ben", refused=refused * 201))


def test_copy_of_what_ships(flagged: Desk) -> None:
    """It is known, and nothing is stored for it but that it was seen."""
    taken = take(flagged, (FOLDER / "CRO.svg").read_bytes(), "CRO", sure=1.0)
    assert (taken.outcome, shown(flagged, "CRO").source) == (TakeOutcome.UNCHANGED, FlagSource.PRODUCT)
    seen = "SELECT f.filename, h.outcome FROM recognition_history h JOIN flags f ON f.id = h.flag_id"
    assert flagged.connection.execute(seen).fetchall() == [("CRO.svg", "unchanged")]


def test_bad_picture_does_not_keep_the_others_waiting(flagged: Desk) -> None:
    """Refused with its name and the reason; the audit lists all."""
    given = [
        GivenFlag(filename="x/bad.svg", content=b"<svg", ioc_code="CRO", is_chosen=True),
        GivenFlag(filename="good.svg", content=picture("#1"), ioc_code="KOR", is_chosen=True),
        GivenFlag(filename="none.svg", content=picture("#2"), is_chosen=True),
    ]
    taken = act(flagged, TakeFlags(pictures=tuple(given), author="ana")).taken
    assert [(one.filename, one.outcome.value) for one in taken] == [
        ("x/bad.svg", "refused"),
        ("good.svg", "shown"),
        ("none.svg", "refused"),
    ]
    with pytest.raises(ValidationError):
        act(flagged, TakeFlags(pictures=tuple(given) * 17, author="ana"))
    (details,) = flagged.connection.execute("SELECT details FROM operator_audit WHERE outcome = 'done'").fetchone()
    assert "bad.svg" in details
