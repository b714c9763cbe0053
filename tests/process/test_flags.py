"""Flags with real services: a subscriber gets code, name and picture of both athletes, and hears of changes."""

import hashlib
import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from shared.db.sqlite import connect_reader
from shared.messages.commands import GetMatchState
from shared.messages.flags import FlagSource, GetFlagPicture, GetFlags, SaveFlagMapping
from tests.support.captures import capture
from tests.support.cli import WITHIN_S, Home, home_in
from tests.support.scoreboards import EXAMPLES
from tests.support.wait import eventually

NAME = "bo3-1-2-ptf-scores-gamjeom"
BEGINNING = 40
"""Datagrams: the match is loaded with them."""
OWN = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"><path d="M0 0h4v3H0z" fill="#00f"/></svg>'
OF_CROATIA = """
SELECT DISTINCT f.ioc_code FROM pss_athletes a LEFT JOIN flags f ON f.id = a.flag_id WHERE a.country_code = 'CRO'
"""


def test_subscriber_follows_an_operator_s_picture_and_mapping(tmp_path: Path) -> None:
    """The example of docs/subscribe.md: what ships, then the operator's own picture, then another code's; athletes in
    the database have the same flag. A dry run says what the scan does, and changes nothing; a lost file is answered.
    """
    own, kept, output = tmp_path / "given" / "Kroatien.svg", tmp_path / "pictures", tmp_path / "output.txt"
    own.parent.mkdir()
    own.write_text(OWN)
    checksum = hashlib.sha256(own.read_bytes()).hexdigest()

    def shows(text: str) -> None:
        eventually(lambda: text in output.read_text(), within=WITHIN_S, what=text)

    with home_in(tmp_path / "home") as home, output.open("wb") as file:
        home.start("broker", "udp-ingest", "pss-parser", "db-writer")
        bus = json.loads(home.paths.config.read_text())["bus"]
        program = [sys.executable, "-P", str(EXAMPLES / "flags.py"), "--out", str(kept)]
        command = [*program, "--events", bus["events"], "--commands", bus["commands"]]
        with subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT) as process:
            try:
                eventually(kept.is_dir, within=WITHIN_S, what="the example's start")
                for _, body in capture(NAME)[:BEGINNING]:
                    home.send("ring-1", body)
                shows("CRO Croatia")
                assert home.client.call(GetMatchState(ring="ring-1")).chong.noc == "CRO"
                dry = home.document("flags", "scan", str(own.parent), "--dry-run")
                assert home.client.call(GetFlags(codes=("CRO",))).flags[0].source is FlagSource.PRODUCT
                done = home.document("flags", "scan", str(own.parent), "--author", "ana")
                assert dry["counts"] == done["counts"] == {"shown": 1}
                shows(f"CRO Croatia {checksum}.svg")
                assert (kept / f"{checksum}.svg").read_bytes() == own.read_bytes()
                (home.paths.own_flags / f"{checksum}.svg").unlink()
                assert home.client.call(GetFlagPicture(code="HRV")).content == own.read_bytes()
                home.client.call(SaveFlagMapping(pss_code="CRO", ioc_code="AIN", author="ana"))
                shows("AIN Individual Neutral Athletes")
            finally:
                process.kill()
        (shown,) = home.client.call(GetFlags(codes=("CRO",))).flags
        assert shown.ioc_code == "AIN"
        eventually(lambda: _rows(home), equals=[("AIN",)], within=WITHIN_S, what="the athletes' flag")


def _rows(home: Home) -> list[tuple[Any, ...]]:
    with closing(connect_reader(home.paths.database)) as connection:
        return list(connection.execute(OF_CROATIA).fetchall())
