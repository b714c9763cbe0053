"""Make the folder flags/ from deploy/flag_codes.csv and the npm package flag-icons. Run by a developer, seldom:

    pip install babel            (in an environment of its own, beside msgspec)
    npm pack flag-icons@7.5.0    (and unpack it)
    PYTHONPATH=. python deploy/flags.py FOLDER-OF-THE-PACKAGE

What the set has is taken byte for byte, once it is found to be harmless; what it has no picture of gets a neutral tile.
Names in other languages are those of CLDR, which babel brings. The same input makes the same bytes.
"""

import csv
import hashlib
import json
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from shared.flags.svg import check_svg
from shared.flags.table import COLUMNS, NEUTRAL_FILE, TABLE, TILE
from shared.flags.tiles import tile

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "flags"
CODES = ROOT / "deploy" / "flag_codes.csv"
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "hr", "tr", "ru", "ko", "ja", "zh", "zh_Hant")
WITHOUT_PICTURE = {"AFG": "AF", "TPE": "TW"}
"""Current NOCs whose flag is not drawn, with their ISO code."""
NATIVE = {"TPE": ["中華台北"], "HKG": ["中國香港"], "MAC": ["中國澳門"]}
"""Names of teams, where CLDR only has that of a territory."""
ISO3 = {"DE": "DEU", "XK": "XKX"}
"""Where CLDR has several."""


def main() -> int:
    """Write everything; 0 done, 2 wrong usage."""
    if len(sys.argv) != 2 or not (package := Path(sys.argv[1]) / "package.json").is_file():
        print("usage: deploy/flags.py FOLDER-OF-FLAG-ICONS", file=sys.stderr)
        return 2
    version = json.loads(package.read_text())["version"]
    for old in FOLDER.glob("*.svg"):
        old.unlink()
    with CODES.open(encoding="utf-8", newline="") as file:
        rows = [_row(seed, package.parent) for seed in csv.DictReader(file)]
    (FOLDER / NEUTRAL_FILE).write_text(tile(""), encoding="utf-8")
    with (FOLDER / TABLE).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda row: row["code"]))
    shutil.copyfile(package.parent / "LICENSE", FOLDER / "LICENSE")
    (FOLDER / "LICENSE-CLDR").write_bytes(files("babel").joinpath("locale-data/LICENSE.unicode").read_bytes())
    print(f"{len(rows)} codes, flag-icons {version}, {sum(one.stat().st_size for one in FOLDER.iterdir())} bytes")
    return 0


def _row(seed: Mapping[str, str], package: Path) -> dict[str, str]:
    """A line of the table; its picture is written."""
    code, source = seed["code"], seed["picture"]
    content = (package / "flags" / "4x3" / f"{source}.svg").read_bytes() if source else tile(code).encode()
    check_svg(content)
    (FOLDER / f"{code}.svg").write_bytes(content)
    iso2 = "" if seed["status"] in ("historic", "neutral") else WITHOUT_PICTURE.get(code, source.upper())
    names = _Names(iso2) if len(iso2) == 2 else None
    own = {_key(seed["name"])}
    return {
        "code": code,
        "status": seed["status"],
        "name": seed["name"],
        "native": "|".join(_new(NATIVE.get(code) or names.native(), own)) if names else "",
        "iso2": iso2 if names else "",
        "iso3": names.iso3() if names else "",
        "aliases": "|".join(_new(seed["aliases"].split("|"), own)),
        "names": "|".join(_new(names.foreign(), own)) if names else "",
        "stands_for": seed["stands_for"],
        "picture": source or TILE,
        "sha256": hashlib.sha256(content).hexdigest(),
        "remark": seed["remark"],
    }


class _Names:
    """What CLDR calls a territory."""

    def __init__(self, iso2: str) -> None:
        self._iso2 = iso2

    def native(self) -> Iterator[str]:
        from babel.languages import get_official_languages  # noqa: PLC0415  # needed here only, and not installed with us

        for language in get_official_languages(self._iso2, regional=False, de_facto=True):
            if (name := self._in(language)) is not None:
                yield name

    def foreign(self) -> Iterator[str]:
        for language in LANGUAGES:
            if (name := self._in(language)) is not None:
                yield name

    def iso3(self) -> str:
        from babel.core import get_global  # noqa: PLC0415  # as above

        if self._iso2 in ISO3:
            return ISO3[self._iso2]
        aliases: Mapping[str, Any] = get_global("territory_aliases")
        found = [old for old, new in aliases.items() if list(new) == [self._iso2] and len(old) == 3 and old.isalpha()]
        return min(found, key=lambda old: (old in {"BUR", "TMP", "ZAR", "ROM", "QUU"}, old), default="")

    def _in(self, language: str) -> str | None:
        from babel import Locale, UnknownLocaleError  # noqa: PLC0415  # as above

        try:
            return Locale.parse(language).territories.get(self._iso2)
        except UnknownLocaleError:
            return None


def _new(names: Iterable[str], known: set[str]) -> list[str]:
    """Those that are not known yet, which they are then."""
    kept = []
    for name in names:
        if name and "|" not in name and _key(name) not in known:
            known.add(_key(name))
            kept.append(name)
    return kept


def _key(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


if __name__ == "__main__":
    sys.exit(main())
