"""The logs of a whole suite: the way of one datagram through it, and files that are set aside while it runs."""

from pathlib import Path

from services.cli.logs.reading import search
from services.cli.logs.records import Record
from services.cli.logs.wanted import wanted
from shared.log.files import archives
from shared.messages.commands import GetMatchState
from shared.messages.logs import SetLogLevel
from tests.support.captures import Sender, capture
from tests.support.suite import Suite
from tests.support.wait import eventually

WAY = ("udp-ingest", "pss-parser", "db-writer", "obs-bridge")
YESTERDAY = (
    '{"timestamp":"2026-01-01T12:00:00.000000Z","level":"warning","event":"of_another_day","service":"broker"}\n'
)


def test_one_event_on_its_way_through_the_suite(tmp_path: Path) -> None:
    """At debug of `datagrams`, `restrike logs search --event` shows each service that had it, in order, with the match.
    And a log of another day is in the archive soon, and found there.
    """
    home = tmp_path / "home"
    (home / "log").mkdir(parents=True)
    (home / "log" / "broker.log").write_text(YESTERDAY)
    with Suite(home) as suite, suite.sender() as sender:
        for service in WAY:
            suite.client.call(SetLogLevel(level="debug", subsystem="datagrams"), service=service)
        eventually(lambda: _follows(suite, sender), within=10, what="obs-bridge at the journal's end")
        sender.send_all(capture("bo3-1-2-ptf-scores-gamjeom")[:80])
        suite.stored()
        loaded = suite.call(GetMatchState(ring="ring-1")).match_id
        logs = suite.paths.logs
        parsed = search(logs, wanted(services=["pss-parser"], match=loaded, text="RoundStarted"))
        entry = next(record.fields["entry"] for record in parsed if record.fields)
        event = f"ring-1/{entry}"
        eventually(lambda: len(_way(logs, event)) == len(WAY), within=5, what="all four services")
        lines = suite.json("logs", "search", "--event", event)["lines"]
        assert {line["service"] for line in lines} == set(WAY)
        assert [line["event"] for line in lines if line["service"] in WAY[:3]] == ["journaled", "parsed", "stored"]
        assert {line.get("match_id") for line in lines if line["service"] != "udp-ingest"} == {loaded}
        eventually(lambda: archives(logs), within=8, what="yesterday's log in the archive")
        events = [record.fields["event"] for record in search(logs, wanted(services=["broker"])) if record.fields]
        assert events == ["of_another_day", "started"]


def _follows(suite: Suite, sender: Sender) -> bool:
    """Whether obs-bridge is at the journal's end: it follows what is sent now."""
    sender.send_all(capture("bo3-1-2-ptf-scores-gamjeom")[:1])
    return '"followed"' in (suite.paths.logs / "obs-bridge.log").read_text()


def _way(logs: Path, event: str) -> list[Record]:
    return list(search(logs, wanted(services=[], event=event)))
