"""A real scrape of a real cpu-monitor: what was sent is what is counted, and clients can do it no harm."""

import contextlib
import socket
import urllib.request
from collections.abc import Iterator

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from shared.clock import monotonic_s
from shared.messages.commands import GetHealth
from tests.support.captures import capture
from tests.support.service import House, Service, ask_raw, request
from tests.support.suite import free_port
from tests.support.wait import eventually, lenient

SERVICES = ("broker", "udp-ingest", "pss-parser", "db-writer", "cpu-monitor")
CAPTURE = "bo3-1-2-ptf-scores-gamjeom"
Labelled = dict[tuple[str, frozenset[tuple[str, str]]], float]


class Scraped:
    """A home of which everything runs but OBS; its port was taken when it began."""

    def __init__(self, house: House, port: int) -> None:
        self.house = house
        self.port = port
        self.services = {name: house.launch(name) for name in SERVICES}
        for service in self.services.values():
            service.answers()

    @property
    def monitor(self) -> Service:
        return self.services["cpu-monitor"]

    def scrape(self, *, within: float = 3) -> Labelled:
        """Every sample of now, by name and labels."""
        address = f"http://127.0.0.1:{self.port}/metrics"
        with urllib.request.urlopen(address, timeout=within) as answer:
            text = answer.read().decode()
        families = text_string_to_metric_families(text)
        return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}

    def value(self, name: str, **labels: str) -> float:
        return self.scrape().get((f"restrike_{name}", frozenset(labels.items())), 0.0)


@pytest.fixture(scope="module")
def scraped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scraped]:
    port = free_port()
    home = tmp_path_factory.mktemp("metrics") / "home"
    with House(home, metrics={"endpoint": f"127.0.0.1:{port}", "every_s": 1}) as house:
        with socket.create_server(("127.0.0.1", port)):
            found = Scraped(house, port)
            eventually(lambda: found.monitor.logged("metrics_not_served"), within=5, what="said in the log")
        yield found


def test_a_taken_port_is_told_and_tried_again(scraped: Scraped) -> None:
    """cpu-monitor runs without it, says once why, and serves as soon as the port is free."""
    eventually(scraped.scrape, within=5, what="the metrics")
    told = scraped.monitor.logged("metrics_not_served")
    assert len(told) == 1
    assert f"{scraped.port} cannot be bound (Address already in use)" in told[0]["error"]
    assert scraped.monitor.logged("metrics_served")


def test_what_is_counted_is_what_was_sent(scraped: Scraped) -> None:
    """Of a recorded match: datagrams, bytes, points and messages; each entry is in each histogram once."""
    eventually(scraped.scrape, within=5, what="the metrics")
    house = scraped.house
    asked = [request(GetHealth(), service=name, request_id="r") for name in ("broker", "broker", "nobody")]
    replies = [ask_raw(house.context, house.commands, body).ok for body in asked]
    assert replies == [True, True, False]
    datagrams = capture(CAPTURE)
    before = scraped.value("latency_seconds_count", hop="parsed")
    with house.sender() as sender:
        sender.send_all(datagrams)
    bodies = [body for _, body in datagrams]
    points = sum(body.startswith((b"pt1;", b"pt2;")) for body in bodies)
    eventually(lambda: scraped.value("ring_datagrams_total", ring="ring-1"), equals=len(bodies), within=5)
    entries = house.status().entry
    hops = [{"hop": hop} for hop in ("published", "stored")]
    counts = [("latency_seconds_count", hop) for hop in hops] + [
        ("journal_entries_total", {}),
        ("db_entries_total", {}),
    ]
    for name, labels in counts:
        eventually(lambda: scraped.value(name, **labels), equals=entries, within=5, what=f"{name} {labels}")  # noqa: B023  # called at once
    parsed = len(bodies) + before  # whatever came before pss-parser was at the journal's end, it took silently
    eventually(lambda: scraped.value("latency_seconds_count", hop="parsed"), equals=parsed, within=5)
    assert scraped.value("pss_events_total", ring="ring-1", event="pss.point") == points
    assert scraped.value("ring_bytes_total", ring="ring-1") == sum(map(len, bodies))
    for outcome, count in (("passed", 2), ("refused", 1)):
        eventually(lambda: scraped.value("gateway_requests_total", outcome=outcome), equals=count, within=5)  # noqa: B023  # called at once
    samples = scraped.scrape()
    results = sum(value for (name, _), value in samples.items() if name == "restrike_pss_results_total")
    assert results == samples["restrike_db_messages_total", frozenset()] >= len(bodies)
    _is_whole(samples, "restrike_latency_seconds", hop="stored")
    _is_whole(samples, "restrike_db_commit_seconds")
    for service in SERVICES:
        assert samples["restrike_service_up", frozenset({("service", service)})] == 1
        assert samples["restrike_service_cpu_seconds_total", frozenset({("service", service)})] > 0
    assert samples["restrike_bus_forwarded_total", frozenset()] > 0
    eventually(lambda: scraped.value("scrapes_total", outcome="answered") > 0, within=5, what="its own meters")
    assert not any(value for (name, _), value in samples.items() if name == "restrike_latency_unusable_total")


def _is_whole(samples: Labelled, name: str, **labels: str) -> None:
    """Its buckets only grow, up to the count; something took time."""
    own = frozenset(labels.items())
    buckets = {dict(found)["le"]: v for (n, found), v in samples.items() if n == f"{name}_bucket" and own <= found}
    in_order = [buckets[bound] for bound in sorted(buckets, key=float)]
    assert in_order == sorted(in_order)
    assert in_order[-1] == buckets["+Inf"] == samples[f"{name}_count", own] > 0
    assert samples[f"{name}_sum", own] > 0


def test_clients_that_hang_delay_nothing_but_themselves(scraped: Scraped) -> None:
    """Ten connections that say nothing: cpu-monitor answers commands as before, and keeps a thread for four of them
    only. Whoever scrapes waits until one is gone.
    """
    eventually(scraped.scrape, within=5, what="the metrics")
    process = psutil.Process(scraped.monitor.pid)
    idle = process.num_threads()  # two or three that measure come and go
    with contextlib.ExitStack() as stack:
        hanging = [
            stack.enter_context(socket.create_connection(("127.0.0.1", scraped.port), timeout=3)) for _ in range(10)
        ]
        hanging[0].sendall(b"GET /metrics HTTP/1.0\r\n")  # and never the rest
        eventually(lambda: process.num_threads() > idle, within=3, what="they are let in")
        slowest = 0.0
        for _ in range(20):
            asked = monotonic_s()
            scraped.monitor.call(GetHealth())
            slowest = max(slowest, monotonic_s() - asked)
        assert slowest < lenient(0.5)
        assert process.num_threads() < idle + 8, "not one for each"
    assert scraped.scrape()
    eventually(lambda: process.num_threads() <= idle + 2, within=3, what="nothing of them is left")
