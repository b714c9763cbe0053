"""What is wrong with a rule for alerts, a sentence for each place; the CLI, and db-writer before it keeps one."""

import math
import re
from collections.abc import Iterator
from typing import Final

from shared.alerts.metrics import CONDITIONS, HEALTH, METRICS, Metric, written
from shared.alerts.topics import RARE, fields_of
from shared.messages.alerts import AlertRule, AlertSeverity, Comparison

MOST_TEXT: Final = 500
MOST_NAMES: Final = 100
LONGEST_S: Final = 86_400.0
NAME: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
CONDITION_MOST: Final = max(CONDITIONS.values())
PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
PLACEHOLDERS: Final = ("subject", "value", "reason", "remedy")


def faults_of(rule: AlertRule) -> list[str]:
    """What cannot be in a rule, each with its place and what is allowed; empty when it is sound."""
    return [*_texts(rule), *_numbers(rule), *(_of_events(rule) if rule.topic is not None else _of_values(rule))]


def _texts(rule: AlertRule) -> Iterator[str]:
    if not NAME.fullmatch(rule.name):
        yield "name: has 1 to 64 characters out of a-z, 0-9, dot, - and _, and begins with a letter or a digit."
    for name in ("title", "message", "remedy"):
        text = getattr(rule, name)
        if not text.strip() or len(text) > MOST_TEXT or not text.isprintable():
            yield f"{name}: must be one line of 1 to {MOST_TEXT} characters."
    known = (*PLACEHOLDERS, *(fields_of(RARE[rule.topic]) if rule.topic in RARE else ()))
    for name in ("message", "remedy") if rule.topic is None or rule.topic in RARE else ():
        for found in PLACEHOLDER.findall(getattr(rule, name)):
            if found.split(".")[0] not in known:
                yield f"{name}: {{{found}}} is no placeholder; known are {', '.join(known)}."
    if len(rule.only) > MOST_NAMES or not all(0 < len(text) <= MOST_TEXT and text.isprintable() for text in rule.only):
        yield f"only: at most {MOST_NAMES} names, each one line."


def _numbers(rule: AlertRule) -> Iterator[str]:
    for name in ("for_s", "clear_s"):
        if not 0 <= getattr(rule, name) <= LONGEST_S:
            yield f"{name}: must be 0 to {LONGEST_S:g} seconds."
    if not math.isfinite(rule.threshold):
        yield "threshold: must be a number."
    if not 0 <= rule.hysteresis < math.inf:
        yield "hysteresis: must be a number of at least 0."


def _of_values(rule: AlertRule) -> Iterator[str]:
    if rule.metric is None:
        yield "metric: name what is watched (restrike alerts metrics), or give a topic."
    elif rule.metric not in METRICS:
        yield f"metric: there is no value {rule.metric[:MOST_TEXT]}; see restrike alerts metrics."
    elif rule.metric.startswith(HEALTH) and math.isfinite(rule.threshold) and not 0 <= rule.threshold < CONDITION_MOST:
        yield f"threshold: of health is 0 to {CONDITION_MOST - 1:g}; the limits of health are the settings monitor.*."
    elif not rule.metric.startswith(HEALTH):
        yield from _reach(rule, METRICS[rule.metric])
    if rule.when or rule.cleared_when:
        yield "when, cleared_when: are for a topic only."


def _reach(rule: AlertRule, metric: Metric) -> Iterator[str]:
    """Whether the value can be wrong, and can be right again: a limit that it never passes tells nobody anything."""
    least = -math.inf if metric.least is None else metric.least
    most = math.inf if metric.most is None else metric.most
    is_above = rule.comparison is Comparison.ABOVE
    if not math.isfinite(rule.threshold) or not 0 <= rule.hysteresis < math.inf:
        return
    is_never = rule.threshold >= most if is_above else rule.threshold <= least
    is_always = rule.threshold < least if is_above else rule.threshold > most
    span = f"{written(least, '')} to {written(most, metric.unit)}" if metric.most is not None else "never below 0"
    if is_never or is_always:
        limit = f"{rule.comparison} {written(rule.threshold, metric.unit)}"
        yield f"threshold: {metric.name} is {span}, so it is {'never' if is_never else 'always'} {limit}."
        return
    back = rule.threshold - rule.hysteresis if is_above else rule.threshold + rule.hysteresis
    if not least <= back <= most:
        right = f"{'at most' if is_above else 'at least'} {written(back, metric.unit)}"
        yield f"hysteresis: {metric.name} is {span}, so it is never right again ({right})."


def _of_events(rule: AlertRule) -> Iterator[str]:
    if rule.metric is not None:
        yield "metric, topic: give one of them."
    topic = RARE.get(rule.topic or "")
    if topic is None:
        yield f"topic: alerts can wait for {', '.join(RARE)}."
        return
    known = fields_of(topic)
    for name, wanted in (("when", rule.when), ("cleared_when", rule.cleared_when)):
        for field, texts in wanted.items():
            if field.split(".")[0] not in known:
                yield f"{name}: {topic.name} has no field {field[:MOST_TEXT]}; there are {', '.join(known)}."
            if not texts:
                yield f"{name}.{field[:MOST_TEXT]}: give at least one text."
    if not rule.clear_s and not rule.cleared_when:
        yield "clear_s: say after how many seconds it clears, or by which event (cleared_when)."
    if rule.for_s:
        yield "for_s: an event raises at once."


def severity_at_least(severity: AlertSeverity, least: AlertSeverity) -> bool:
    """Whether a severity is as bad as `least`, or worse."""
    order = list(AlertSeverity)
    return order.index(severity) >= order.index(least)
