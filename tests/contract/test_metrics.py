"""What is served to Prometheus: every metric is made by somebody, is explained, and is what the dashboard asks for."""

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from deploy import reference
from services.cpu_monitor.exposing.catalogue import FAMILIES, PREFIX
from services.cpu_monitor.exposing.collector import SnapshotCollector
from services.cpu_monitor.exposing.snapshot import taken
from services.cpu_monitor.picture import Life, Picture, RingPicture
from services.registry import SERVICES
from shared import meter_list
from shared.messages.alerts import AlertChanged
from shared.messages.health import HealthReport
from shared.messages.match import Stage
from shared.messages.obs import LinkState, ObsStatus
from shared.messages.service import ServiceHealth
from shared.messages.system import SystemSample
from shared.messages.udp import RingStatus
from shared.meter_list import METERS, Kind
from shared.meters import Meters
from tests.contract.examples import objects
from tests.contract.tree import ROOT

DASHBOARD = Path("deploy/grafana/restrike.json")
UNITS = ("_total", "_seconds", "_bytes", "_ratio", "_celsius", "_per_second")
SUFFIXES = ("_bucket", "_count", "_sum")


def full_picture() -> Picture:
    """Everything that cpu-monitor can know, of one of each."""
    picture = Picture(list(SERVICES), began_at_s=0.0)
    for name in SERVICES:
        picture.services[name] = Life(health=_one(ServiceHealth), heard_at_s=100.0)
    picture.rings["ring-1"] = RingPicture(status=_one(RingStatus), packet_at_s=90.0, stage=Stage.RUNNING)
    picture.obs["main"] = _one(ObsStatus)
    picture.sample = _one(SystemSample)
    picture.health = _one(HealthReport)
    picture.alerts["a"] = _one(AlertChanged)
    meters = Meters("udp-ingest")
    for meter in METERS.values():
        labels = [f"a {label}" for label in meter.labels]
        if meter.kind is Kind.HISTOGRAM:
            meters.histogram(meter, *labels).observe(0.003)
        else:
            meters.follow(meter, lambda: 5, *labels)
    picture.meters["udp-ingest"] = meters.read()
    return picture


def _one(kind: Any) -> Any:
    return next(iter(objects(kind)))[1]


@cache
def served() -> dict[str, tuple[str, str, list[Sample]]]:
    """Type, help and samples of every metric, by name, as Prometheus reads them."""
    registry = CollectorRegistry()
    registry.register(SnapshotCollector(taken(full_picture(), now_s=101.0)))
    text = generate_latest(registry).decode()
    found = {}
    for family in text_string_to_metric_families(text):
        name = family.name + ("_total" if family.type == "counter" else "")
        found[name] = (family.type, family.documentation, family.samples)
    return found


def test_all_that_is_listed_is_served() -> None:
    """Each metric of the two lists, with its kind, its help and its labels."""
    families = [(one.name, one.kind, one.help, one.labels) for one in FAMILIES.values()]
    meters = [(one.name, one.kind, one.help, one.labels) for one in METERS.values()]
    listed = {PREFIX + name: rest for name, *rest in families + meters}
    assert set(served()) == set(listed)
    for name, (kind, text, labels) in listed.items():
        assert served()[name][:2] == (kind, text)
        assert {frozenset(sample.labels) - {"le"} for sample in served()[name][2]} == {frozenset(labels)}, name


def test_names_and_help_are_as_prometheus_wants_them() -> None:
    """Base units at the end of names, no unit that is none of the base, help in sentences."""
    for name, (kind, text, _) in served().items():
        assert re.fullmatch(r"restrike(_[a-z0-9]+)+", name), name
        assert not re.search(r"_(ms|us|ns|milliseconds|kib|mib|percent|minutes)(_|$)", name), name
        assert text.endswith("."), name
        assert text[0].isupper(), name
        assert kind != "histogram" or name.endswith(UNITS), name
    units = [(one.name, one.unit) for one in FAMILIES.values()] + [(one.name, one.unit) for one in METERS.values()]
    for name, unit in units:
        assert name.removesuffix("_total").endswith(f"_{unit}" if unit else ""), name


def test_every_meter_is_used() -> None:
    """A meter that nobody counts would be a metric that is never there."""
    sources = [*(ROOT / "services").rglob("*.py"), ROOT / "shared/runtime.py", ROOT / "shared/meters.py"]
    words = Counter(word for path in sources for word in re.findall(r"\b[A-Z]+(?:_[A-Z]+)*\b", path.read_text("utf-8")))
    names = {name for name, value in vars(meter_list).items() if isinstance(value, meter_list.Meter)}
    assert len(names) == len(METERS)
    assert not {name for name in names if words[name] < 2}, "imported at most, and used nowhere"


def test_the_dashboard_asks_for_what_is_served() -> None:
    """Each metric in a query of the dashboard, and each of its labels."""
    asked = _queries(json.loads((reference.ROOT / DASHBOARD).read_text(encoding="utf-8")))
    assert len(asked) > 50
    for query in asked:
        names = re.findall(r"restrike_\w+", query)
        assert names, query
        for name in names:
            plain = next((name.removesuffix(end) for end in SUFFIXES if name.endswith(end)), name)
            known = name in served() or served().get(plain, ("",))[0] == "histogram"
            assert known, f"{name} is not served: {query}"
        for name, chosen in re.findall(r"(restrike_\w+)\{([^}]*)\}", query):
            labels = set(re.findall(r"(\w+)(?==~?\"|!=)", chosen)) - {"instance"}
            samples = (served().get(name) or served()[name.removesuffix("_bucket")])[2]
            assert labels <= {label for sample in samples for label in sample.labels}, query


def test_every_query_is_of_the_chosen_machine() -> None:
    """No panel mixes the machines of two halls."""
    for query in _queries(json.loads((reference.ROOT / DASHBOARD).read_text(encoding="utf-8"))):
        assert len(re.findall(r"restrike_\w+", query)) == query.count('instance=~"$instance"'), query


def _queries(document: dict[str, Any]) -> list[str]:
    return [target["expr"] for panel in document["panels"] for target in panel.get("targets", ())]


def test_what_is_gone_tells_nothing() -> None:
    """A service that was not heard for 15 s is down, and none of its numbers stand still."""
    picture = full_picture()
    registry = CollectorRegistry()
    registry.register(SnapshotCollector(taken(picture, now_s=115.1)))
    assert registry.get_sample_value("restrike_service_up", {"service": "udp-ingest"}) == 0
    assert registry.get_sample_value("restrike_service_uptime_seconds", {"service": "udp-ingest"}) is None
    assert registry.get_sample_value("restrike_db_entries_total") is None
    assert registry.get_sample_value("restrike_ring_silence_seconds", {"ring": "ring-1"}) == 115.1 - 90


def test_what_is_not_known_is_left_out() -> None:
    """Of an empty picture there is no value that nobody measured; an OBS that is away has no frames."""
    picture = Picture(["broker"], began_at_s=0.0)
    example = _one(ObsStatus)
    picture.obs["main"] = type(example)(
        **{name: getattr(example, name) for name in example.__struct_fields__}
        | {"load": None, "outputs": None, "round_trip_ms": None, "state": LinkState.DISCONNECTED}
    )
    registry = CollectorRegistry()
    registry.register(SnapshotCollector(taken(picture, now_s=1.0)))
    names = {metric.name for metric in registry.collect()}
    left = {"restrike_service_up", "restrike_obs_connected", "restrike_obs_alarm"}
    assert names == left | {
        f"restrike_{name}" for name in ("journal_unwritten_bytes", "journal_writable", "database_writable")
    }
    assert registry.get_sample_value("restrike_obs_connected", {"connection": example.connection}) == 0


def test_the_meters_of_another_version_break_nothing() -> None:
    """One that is unknown, has other labels or other bounds is left out; the rest is served."""
    picture = Picture(["udp-ingest"], began_at_s=0.0)
    picture.services["udp-ingest"] = Life(health=_one(ServiceHealth), heard_at_s=1.0)
    read = Meters("udp-ingest")
    read.follow(meter_list.JOURNAL_ENTRIES, lambda: 3)
    read.histogram(meter_list.JOURNAL_COMMIT).observe(1)
    told = read.read()
    counter, histogram = told.counters[0], told.histograms[0]
    strange = type(counter)("from_the_future_total", (), 1), type(counter)(counter.name, (("ring", "x"),), 1)
    picture.meters["udp-ingest"] = type(told)(
        service="udp-ingest",
        counters=(counter, *strange),
        histograms=(type(histogram)(histogram.name, (), (1, 2), 0.1),),
    )
    registry = CollectorRegistry()
    registry.register(SnapshotCollector(taken(picture, now_s=1.0)))
    assert registry.get_sample_value("restrike_journal_entries_total") == 3
    assert registry.get_sample_value("restrike_journal_commit_seconds_count") is None
