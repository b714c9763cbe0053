"""The table of codes is complete, agrees with its folder and with what a migration stores, and resolves every code."""

import csv
import hashlib
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from services.cli.flags.checking import shipped_faults
from shared.db.sqlite import connect_reader
from shared.flags.lookup import Lookup
from shared.flags.table import FOLDER, NEUTRAL_FILE, TABLE, Standing, code_aliases, flag_codes
from shared.messages.flags import MappingKind
from shared.paths import PROGRAM_ROOT

INDEPENDENT = PROGRAM_ROOT / "tests" / "corpus" / "flags" / "country_codes.csv"
OF_THE_PROTOCOL = "FGT FPO GDL IMN MAC MRN NCD AIN EOR IOA ROC RPC URS GDR YUG TPE AFG LIB LBN TTO TRI SIN SGP ROM ROU"
OLYMPIC_HISTORY = """
    AHO ANZ BIR BOH BWI CEY CRT DAH EUA EUN FRG GCO HBR IHO IOP KHM MAL MIX NBO NRH OAR RAU RHO ROT RU1 SAA SCG SMY TCH
    UAR VNM VOL YAR YMD ZAI ZZX COR NPA IPP IPA RPT
"""
NEUTRAL_BY_ORDER = ("TPE", "AIN", "EOR", "AFG")

AFRICA = 54
AMERICA = 41
ASIA = 44
EUROPE = 50
OCEANIA = 17


def test_how_many() -> None:
    """All 206 NOCs, as many as the five associations have together, and at least 253 codes."""
    standings = Counter(row.standing for row in flag_codes().values())
    assert standings[Standing.CURRENT] == AFRICA + AMERICA + ASIA + EUROPE + OCEANIA == 206
    assert len(flag_codes()) >= 253
    assert min(standings[one] for one in Standing) > 10


def test_against_an_independent_list() -> None:
    """Each IOC code of another's list resolves, to the country that has the same ISO codes there."""
    with INDEPENDENT.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 220
    lookup = Lookup({}, {})
    differing = {}
    for row in rows:
        found = lookup.of(row["ioc"])
        ours = flag_codes().get(found.ioc_code or "")
        if ours is None or (ours.iso2, ours.iso3) != (row["iso2"], row["iso3"]):
            differing[row["ioc"]] = found.ioc_code
    # The list gives the code of the Netherlands Antilles to a part of them, and Martinique an ISO code of Mauritania.
    assert differing == {"AHO": "AHO", "MRT": "MTN"}


@pytest.mark.parametrize("code", [*OF_THE_PROTOCOL.split(), *OLYMPIC_HISTORY.split(), *code_aliases()])
def test_every_code_of_the_protocol_and_of_the_lists_resolves(code: str) -> None:
    """To a code with a name and a picture that is there."""
    found = Lookup({}, {}).of(code)
    assert found.kind is not MappingKind.UNKNOWN
    assert found.name
    assert Path(found.file).is_file()


def test_neutral_tiles() -> None:
    """Those that must not be drawn with a state flag have a tile; a code is read whatever its case and spaces."""
    lookup = Lookup({}, {})
    assert [code for code in NEUTRAL_BY_ORDER if not lookup.of(code).is_tile] == []
    assert [row.code for row in flag_codes().values() if row.standing is Standing.NEUTRAL and not row.has_tile] == []
    assert (lookup.of(" cro ").ioc_code, lookup.of("LIB").ioc_code, lookup.of("deu").ioc_code) == ("CRO", "LBN", "GER")
    unknown = lookup.of("QQQ")
    assert (unknown.ioc_code, unknown.kind, unknown.is_tile, unknown.name) == (None, MappingKind.UNKNOWN, True, "QQQ")
    assert unknown.checksum == hashlib.sha256(Path(unknown.file).read_bytes()).hexdigest()


@pytest.mark.slow
def test_folder_and_table_agree(tmp_path: Path) -> None:
    """A picture for each code and none besides, byte by byte; what is added, missing or changed is found."""
    assert shipped_faults(FOLDER) == []
    others = {path.name for path in FOLDER.iterdir() if path.suffix != ".svg"}
    assert others == {TABLE, "LICENSE", "LICENSE-CLDR", "README.md"}
    for path in FOLDER.glob("*.svg"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "CRO.svg").unlink()
    (tmp_path / "QQQ.svg").write_bytes(b"<svg/>")
    (tmp_path / "KOR.svg").write_bytes((FOLDER / "JPN.svg").read_bytes())
    assert [one.subject for one in shipped_faults(tmp_path)] == ["QQQ.svg", "CRO.svg", "KOR.svg"]


def test_rows_of_the_table() -> None:
    """Codes are sorted, names and ISO codes are of one country only, old variants stand for a code of today."""
    rows = list(flag_codes().values())
    assert [row.code for row in rows] == sorted(row.code for row in rows)
    for codes in ([row.iso2 for row in rows if row.iso2], [row.iso3 for row in rows if row.iso3]):
        assert [code for code, count in Counter(codes).items() if count > 1] == []
    names = Counter(row.name for row in rows if not row.stands_for)
    assert [name for name, count in names.items() if count > 1] == []
    current = [row for row in rows if row.standing is Standing.CURRENT]
    assert [row.code for row in current if not (row.iso2 and row.iso3 and row.names)] == []
    assert [row.code for row in rows if row.stands_for and flag_codes()[row.stands_for].stands_for] == []
    assert flag_codes()["KOR"].native == ("대한민국",)


def test_migration_stores_what_the_table_says(tmp_path: Path, migrated: bytes) -> None:
    """`flag_mappings` has each code and alias once, with the same meaning: the migration holds its own copy."""
    path = tmp_path / "restrike.db"
    path.write_bytes(migrated)
    with closing(connect_reader(path)) as connection:
        rows = connection.execute(
            "SELECT pss_code, ioc_code, country_name, kind, is_custom FROM flag_mappings"
        ).fetchall()
    lookup = Lookup({}, {})
    asked = [lookup.of(code) for code in {*flag_codes(), *code_aliases()}]
    assert sorted(rows) == sorted((one.code, one.ioc_code, one.name, one.kind.value, 0) for one in asked)
    assert NEUTRAL_FILE not in {one.file for one in asked}
