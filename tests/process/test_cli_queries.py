"""Queries kept under a name, through db-writer: while it runs, and while nothing does."""

import json
import signal
from pathlib import Path

import psutil
import pytest

from tests.support.cli import home_in
from tests.support.wait import eventually, lenient

SQL = "SELECT :noc AS noc, count(*) AS athletes FROM pss_athletes WHERE country_code = :noc"


@pytest.mark.parametrize("is_running", [False, True], ids=["nothing runs", "db-writer runs"])
def test_a_query_is_saved_run_replaced_and_forgotten(tmp_path: Path, *, is_running: bool) -> None:
    """What is saved runs with its parameters; a name is taken once; what writes is refused; all is in the audit."""
    with home_in(tmp_path / "home") as home:
        assert home.run("db", "migrate").returncode == 0
        if is_running:
            home.start("broker", "udp-ingest", "pss-parser", "db-writer")
        saved = home.run("query", "save", "medals", SQL, "--author", "ana", "--description", "who won")
        assert (saved.returncode, "restrike query run medals" in saved.stdout) == (0, True), saved.stderr
        ran = home.run("query", "run", "medals", "--param", "noc=CRO", "--json")
        assert json.loads(ran.stdout)["rows"] == [["CRO", 0]]
        again = home.run("query", "save", "medals", "SELECT 1", "--author", "ben")
        assert (again.returncode, "medals" in again.stderr) == (1, True)
        assert home.run("query", "save", "medals", "SELECT 1", "--author", "ben", "--replace").returncode == 0
        writes = home.run("query", "save", "evil", "WITH a AS (SELECT 1) DELETE FROM pss_matches", "--author", "ben")
        assert (writes.returncode, len(writes.stderr.splitlines())) == (1, 1), writes.stderr
        (kept,) = json.loads(home.run("query", "saved", "--json").stdout)["queries"]
        assert (kept["name"], kept["sql"], kept["author"]) == ("medals", "SELECT 1", "ben")
        forgotten = home.run("query", "forget", "medals", "--author", "ana", "--json")
        assert json.loads(forgotten.stdout)["name"] == "medals"
        assert home.run("query", "forget", "medals").returncode == 1
        assert json.loads(home.run("query", "saved", "--json").stdout)["queries"] == []
        audit = json.loads(home.run("query", "audit", "--oldest", "--json").stdout)["audit"]
        assert [one["author"] for one in audit if one["outcome"] == "done"][:3] == ["ana", "ben", "ana"]


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_an_endless_query_ends_with_who_asked(tmp_path: Path, end: signal.Signals) -> None:
    """By Ctrl-C, or however else; the process that works on it goes, too."""
    endless = "SELECT instr(hex(zeroblob(2000000)), hex(zeroblob(1000000)) || '1')"
    with home_in(tmp_path / "home") as home:
        assert home.run("db", "migrate").returncode == 0
        with home.started("query", "sql", endless, "--within", "600") as asking:
            process = psutil.Process(asking.pid)
            (box,) = eventually(process.children, within=20)
            eventually(lambda: box.cpu_times().user > 0.5, within=20, what="the query works")
            asking.send_signal(end)
            assert asking.wait(lenient(20)) != 0
            eventually(lambda: not box.is_running() or box.status() == psutil.STATUS_ZOMBIE, within=20)
