"""Default rules are sound; an operator's stand for them; a broken one is told and its default stays in force."""

import msgspec
import pytest
from msgspec.structs import replace

from services.cli.alerts.documents import DOCUMENTS
from shared.alerts.defaults import DEFAULTS
from shared.alerts.faults import faults_of
from shared.alerts.in_force import rules_in_force
from shared.alerts.metrics import METRICS
from shared.alerts.topics import RARE
from shared.errors import ValidationError
from shared.messages.alerts import AlertRule, AlertSeverity, Comparison

SOUND = DEFAULTS["disk.low"]
BY_EVENT = DEFAULTS["service.storm"]


@pytest.mark.parametrize("rule", DEFAULTS.values(), ids=lambda rule: rule.name)
def test_defaults_are_sound(rule: AlertRule) -> None:
    """And survive the way into the database and back."""
    assert faults_of(rule) == []
    assert DOCUMENTS.rules_in(msgspec.json.encode({"rules": [rule]})) == [rule]
    assert rule.metric in METRICS or rule.topic in RARE


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        (replace(SOUND, name="Bad name"), "name:"),
        (replace(SOUND, title=" "), "title:"),
        (replace(SOUND, message="two\nlines"), "message: must be one line"),
        (replace(SOUND, message="{size}"), "message: {size} is no placeholder"),
        (replace(SOUND, metric="disk.size"), "metric: there is no value disk.size"),
        (replace(SOUND, metric=None), "metric: name what is watched"),
        (replace(SOUND, threshold=float("nan")), "threshold:"),
        (replace(SOUND, threshold=3.0 * 1024**3), "threshold: of health is 0 to 2"),
        (replace(SOUND, metric="health.weather"), "metric: there is no value health.weather"),
        (replace(SOUND, hysteresis=-1), "hysteresis:"),
        (replace(SOUND, for_s=1e9), "for_s: must be 0"),
        (replace(SOUND, when={"a": ("b",)}), "when, cleared_when:"),
        (replace(BY_EVENT, metric="cpu.percent"), "metric, topic: give one"),
        (replace(BY_EVENT, topic="pss.point"), "topic: alerts can wait for"),
        (replace(BY_EVENT, when={"colour": ("red",)}), "when: system.incident has no field colour"),
        (replace(BY_EVENT, when={"kind": ()}), "when.kind:"),
        (replace(BY_EVENT, clear_s=0, cleared_when={}), "clear_s: say after how many"),
        (replace(BY_EVENT, for_s=3), "for_s: an event raises at once"),
    ],
)
def test_faults(rule: AlertRule, fault: str) -> None:
    """Each is told with its place and what is allowed."""
    found = faults_of(rule)
    assert len(found) == 1
    assert found[0].startswith(fault)


@pytest.mark.parametrize(
    ("metric", "comparison", "threshold", "hysteresis", "fault"),
    [
        ("cpu.percent", "above", -5, 0, "threshold: {} is 0 to 100 %, so it is always above -5 %."),
        ("cpu.percent", "above", 1000, 0, "threshold: {} is 0 to 100 %, so it is never above 1000 %."),
        ("cpu.percent", "above", 100, 0, "threshold: {} is 0 to 100 %, so it is never above 100 %."),
        ("cpu.percent", "above", 5, 10, "hysteresis: {} is 0 to 100 %, so it is never right again (at most -5 %)."),
        ("cpu.percent", "above", 0, 0, None),
        ("cpu.percent", "above", 99.9, 0, None),
        ("disk.free_percent", "below", 0, 0, "threshold: {} is 0 to 100 %, so it is never below 0 %."),
        ("disk.free_percent", "below", 101, 0, "threshold: {} is 0 to 100 %, so it is always below 101 %."),
        ("cpu.percent", "below", 95, 6, "hysteresis: {} is 0 to 100 %, so it is never right again (at least 101 %)."),
        ("disk.free_percent", "below", 100, 0, None),
        ("disk.free_bytes", "below", 0, 0, "threshold: {} is never below 0, so it is never below 0 B."),
        ("process.cpu_percent", "above", 350, 10, None),
        ("process.cpu_percent", "above", -1, 0, "threshold: {} is never below 0, so it is always above -1 %."),
        ("cpu.temperature_c", "below", -5, 0, None),
        ("obs.not_connected", "above", 1, 0, "threshold: {} is 0 to 1, so it is never above 1."),
        ("obs.not_connected", "above", 0, 0, None),
        ("ring.lost", "above", 0, 0, None),
    ],
)  # fmt: skip
def test_a_limit_that_is_never_or_always_passed(
    metric: str, comparison: str, threshold: float, hysteresis: float, fault: str | None
) -> None:
    """It is refused with what the value can be; so is one from which there is no way back."""
    rule = replace(
        SOUND, metric=metric, comparison=Comparison(comparison), threshold=threshold, hysteresis=hysteresis, only=()
    )
    assert faults_of(rule) == ([] if fault is None else [fault.format(metric)])


def test_all_faults_of_a_document_at_once() -> None:
    """Unknown and missing fields, types, and names that are given twice."""
    one = msgspec.to_builtins(SOUND)
    bad = {**one, "name": "a", "severity": "awful", "colour": "red", "for_s": "long"}
    del bad["title"]
    body = msgspec.json.encode([one, one, bad, 5])
    with pytest.raises(ValidationError) as caught:
        DOCUMENTS.rules_in(body)
    lines = caught.value.message.splitlines()
    assert lines[0] == "6 faults; nothing was done."
    assert [line.partition(" ")[0] for line in lines[1:]] == ["rules[2]", *["rules[3]"] * 4, "rules[4]:"]
    for nothing in (b"{", b"[]", b'{"rules": []}'):
        with pytest.raises(ValidationError):
            DOCUMENTS.rules_in(nothing)


def test_stored_rules_stand_for_defaults() -> None:
    """By name; the column says whether it is on; an operator's own comes besides."""
    changed, own = replace(SOUND, threshold=2.5), replace(SOUND, name="mine")
    rows = [(rule.name, False, msgspec.json.encode(rule).decode()) for rule in (changed, own)]
    found = {one.rule.name: one for one in rules_in_force(rows)}
    assert found["disk.low"].rule == replace(changed, is_enabled=False)
    assert not found["disk.low"].is_default
    assert set(found) == {*DEFAULTS, "mine"}


@pytest.mark.parametrize(
    "definition", ["{", "[]", '{"name":"x"}', msgspec.json.encode(replace(SOUND, metric="?")).decode()]
)
def test_a_broken_rule_is_told_and_its_default_stays(definition: str) -> None:
    """One without a default is left out."""
    told: list[str] = []
    rows = [("disk.low", True, definition), ("mine", True, definition)]
    found = {one.rule.name: one for one in rules_in_force(rows, tell=told.append)}
    assert found["disk.low"].rule == SOUND
    assert found["disk.low"].fault
    assert "mine" not in found
    assert [sentence.split()[3] for sentence in told] == ["disk.low", "mine"]


def test_the_important_ones_are_critical() -> None:
    """What may harm the match that runs."""
    critical = {name for name, rule in DEFAULTS.items() if rule.severity is AlertSeverity.CRITICAL}
    assert {"ring.silent", "ring.drops", "obs.lost", "obs.starved", "journal.not_writable"} <= critical
