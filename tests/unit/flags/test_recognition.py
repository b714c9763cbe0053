"""What a picture is of, by its file's name and its checksum."""

import csv

import pytest

from shared.flags.recognition import SURE, recognize
from shared.flags.table import flag_codes
from shared.paths import PROGRAM_ROOT

NAMES = PROGRAM_ROOT / "tests" / "corpus" / "flags" / "file_names.csv"
LEAST_RIGHT = 0.98
LEAST_SURE = 0.96


def test_hundreds_of_file_names() -> None:
    """Of 379 names by hand, how many are recognized; what is no flag is never taken for one, and no guess is sure."""
    with NAMES.open(encoding="utf-8", newline="") as file:
        rows = [(row["file"], row["code"] or None) for row in csv.DictReader(file)]
    assert len(rows) >= 300
    found = [(name, code, recognize(name)) for name, code in rows]
    right = [one for _, code, one in found if one.code == code]
    sure = [one for one in right if one.code is None or one.confidence >= SURE]
    wrong = [(name, one) for name, code, one in found if one.code not in (code, None)]
    assert wrong == []
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


def test_only_the_very_code_is_beyond_doubt() -> None:
    """Nothing but the code itself, as it is written in the table, has the confidence 1."""
    assert recognize("TPE.svg").confidence == 1.0
    assert all(recognize(name).confidence < 1.0 for name in ("tpe.svg", "TWN.svg", "Taiwan.svg", "flag TPE.svg"))


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
