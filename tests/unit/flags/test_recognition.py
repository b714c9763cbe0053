"""What a picture is of, by its file's name and its checksum."""

import csv

import pytest

from shared.flags.recognition import SURE, recognize
from shared.flags.table import FlagCode, flag_codes
from shared.paths import PROGRAM_ROOT

NAMES = PROGRAM_ROOT / "tests" / "corpus" / "flags" / "file_names.csv"
UNSURE = "?"
"""In the list: a person must be asked."""
LEAST_RIGHT = 0.99
LEAST_SURE = 0.91


def test_hundreds_of_file_names() -> None:
    """Of names by hand, how many are recognized; nothing is taken for a country that it is not, or may not be."""
    with NAMES.open(encoding="utf-8", newline="") as file:
        rows = [(row["file"], row["code"] or None) for row in csv.DictReader(file)]
    assert len(rows) >= 890
    assert len({name for name, _ in rows}) == len(rows)
    assert sum(code == UNSURE for _, code in rows) >= 300
    found = [(name, code, recognize(name)) for name, code in rows]
    wrong = [(name, one) for name, code, one in found if one.code != code and one.confidence >= SURE]
    assert wrong == []
    assert [(name, one) for name, _, one in found if one.method == "spelling" and one.confidence >= SURE] == []
    assert [(name, one) for name, code, one in found if code is None and one.code is not None] == []
    right = [(code, one) for _, code, one in found if code in (UNSURE, one.code)]
    sure = [one for code, one in right if code in (None, UNSURE) or one.confidence >= SURE]
    assert len(right) / len(rows) >= LEAST_RIGHT
    assert len(sure) / len(rows) >= LEAST_SURE


@pytest.mark.parametrize(
    ("name", "code", "method"),
    [
        ("CRO.svg", "CRO", "ioc_code"),
        ("cro.svg", "CRO", "ioc_code"),
        ("BRN.svg", "BRN", "ioc_code"),  # ISO means Brunei by it
        ("HRV.svg", "CRO", "iso3"),
        ("de.svg", "GER", "iso2"),
        ("la.svg", "LAO", "iso2"),
        ("flag_la_512.svg", "LAO", "iso2"),
        ("flag de la.svg", None, "none"),
        ("SAF.png", "RSA", "alias"),
        ("IRN.svg", "IRI", "ioc_code"),
        ("Guinea-Bissau flag.svg", "GBS", "name"),
        ("Flag_of_the_Dominican_Republic.svg", "DOM", "name"),
        ("ENG.png", "ENG", "ioc_code"),
        ("Lybia.svg", "LBA", "spelling"),
        ("Austria-Hungary.svg", None, "none"),
        ("can of paint.svg", None, "none"),
    ],
)
def test_how(name: str, code: str | None, method: str) -> None:
    """A code before a name, one of the IOC before one of ISO, the longest name before a shorter; two are none."""
    found = recognize(name)
    assert (found.code, found.method) == (code, method)


@pytest.mark.slow
@pytest.mark.parametrize("row", [row for row in flag_codes().values() if not row.stands_for], ids=lambda row: row.code)
def test_word_beside_a_name_makes_it_doubtful(row: FlagCode) -> None:
    """Whatever the country: who knows which one `Lower Something` is? Words that say nothing change nothing."""
    name = row.name
    plain = recognize(f"Flag of {name} 512px@2x.png")
    assert plain.code == row.code
    for word in ("Lower", "Occupied", "1936", "royal", "ensign", "version", "QXZ"):
        for file in (f"{word} {name}.png", f"{name} ({word}).svg", f"{row.code}_{word}.svg"):
            assert recognize(file).confidence < SURE, file


def test_only_the_very_code_is_beyond_doubt() -> None:
    """Nothing but the code itself, as it is written in the table, has the confidence 1."""
    assert recognize("TPE.svg").confidence == 1.0
    assert all(recognize(name).confidence < 1.0 for name in ("tpe.svg", "TWN.svg", "Taiwan.svg", "flag TPE.svg"))


def test_code_of_an_operator_s_own() -> None:
    """By its exact name only, in any case; never before a code of the table."""
    own = {"KLB": "KLB", "QQ-1": "QQ-1", "KOR": "QQ-1"}
    found = recognize("QQ-1.png", own=own)
    assert (found.code, found.method, found.confidence) == ("QQ-1", "own_code", 1.0)
    assert (recognize("klb.svg", own=own).code, recognize("klb.svg", own=own).confidence) == ("KLB", 0.97)
    assert recognize("KLB flag.svg", own=own).code is None
    assert recognize("KOR.svg", own=own).code == "KOR"
    assert recognize("KLB.svg").code is None


def test_copy_of_a_picture_that_ships() -> None:
    """By its checksum, whatever its name; where several codes have one picture, the name decides, else today's code."""
    codes = flag_codes()
    assert recognize("whatever.svg", codes["CRO"].sha256).code == "CRO"
    assert recognize("KOR.svg", codes["CRO"].sha256).code == "CRO"
    assert codes["FRG"].sha256 == codes["GER"].sha256
    assert (recognize("FRG.svg", codes["GER"].sha256).code, recognize("a.svg", codes["GER"].sha256).code) == (
        "FRG",
        "GER",
    )
    assert recognize("a.svg", codes["CRO"].sha256).method == "checksum"
