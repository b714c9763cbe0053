"""No shipped picture runs or fetches anything, looked at by another parser than ours; tiles are made by our script."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from shared.flags.table import FOLDER, NEUTRAL_FILE, flag_codes
from shared.flags.tiles import tile

FORBIDDEN = re.compile(
    rb"<script|<foreignobject|<image|<iframe|<a\b|<animate|<set\b|<style|<metadata|<!doctype|<!entity|<\?xml-|\son\w+\s*=|"
    rb"javascript:|data:|@import|https?://(?!www\.w3\.org/(2000/svg|1999/xlink)\")",
    re.IGNORECASE,
)


def _shipped() -> list[Path]:
    found = sorted(FOLDER.glob("*.svg"))
    assert len(found) == len(flag_codes()) + 1
    return found


@pytest.mark.slow
def test_no_script_and_no_external_reference() -> None:
    """In the bytes, and in each attribute of the parsed tree; test_table.py puts them through our own check, too."""
    for path in _shipped():
        content = path.read_bytes()
        assert FORBIDDEN.search(content) is None, path.name
        for element in ET.fromstring(content).iter():  # noqa: S314  # our own files, which have no document type
            for name, value in element.attrib.items():
                if name.endswith(("href", "src")):
                    assert value.startswith("#"), path.name
                assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", value)), path.name


def test_pictures_are_four_by_three() -> None:
    """So that graphics can lay them out without looking."""
    for path in _shipped():
        assert 'viewBox="0 0 640 480"' in path.read_text(encoding="utf-8"), path.name


def test_tiles_are_what_the_script_draws() -> None:
    """Byte by byte, and without text: letters are lines, so that no machine needs a font."""
    tiles = [row for row in flag_codes().values() if row.has_tile]
    assert len(tiles) > 40
    for row in tiles:
        content = (FOLDER / row.filename).read_text(encoding="utf-8")
        assert content == tile(row.code)
        assert "<text" not in content
    assert (FOLDER / NEUTRAL_FILE).read_text(encoding="utf-8") == tile("")


def test_licences_ship() -> None:
    """Of the pictures, and of the names in other languages."""
    assert "MIT" in (FOLDER / "LICENSE").read_text(encoding="utf-8")
    of_names = (FOLDER / "LICENSE-CLDR").read_text(encoding="utf-8")
    assert of_names.startswith("UNICODE LICENSE V3\n")
    assert of_names.endswith("\nSPDX-License-Identifier: Unicode-3.0\n")
