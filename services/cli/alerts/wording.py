"""Rules for alerts in words, for `restrike alerts rules` and the table in docs/alerts.md."""

from shared.alerts.metrics import HEALTH, METRICS, written
from shared.messages.alerts import AlertRule


def condition_of(rule: AlertRule) -> str:
    """When a rule raises: `cpu.percent above 95 % for 30 s`."""
    if rule.topic is not None:
        wanted = ", ".join(f"{field} {' or '.join(texts)}" for field, texts in rule.when.items())
        return f"{rule.topic} {wanted}".rstrip()
    metric = rule.metric or ""
    for_s = f" for {rule.for_s:g} s" if rule.for_s else ""
    if metric.startswith(HEALTH):
        of = f" of {', '.join(rule.only)}" if rule.only else ""
        return f"{metric}{of} {'failed' if rule.threshold >= 2 else 'degraded or failed'}{for_s}"
    unit = METRICS[metric].unit if metric in METRICS else ""
    return f"{metric} {rule.comparison} {written(rule.threshold, unit)}{for_s}"


def clearing_of(rule: AlertRule) -> str:
    """When it clears: `at 85 % for 30 s`."""
    if rule.topic is not None:
        words = [f"{field} {' or '.join(texts)}" for field, texts in rule.cleared_when.items()]
        words += [f"{rule.clear_s:g} s without another"] if rule.clear_s else []
        return ", or ".join(words)
    if (rule.metric or "").startswith(HEALTH):
        return f"ok for {rule.clear_s:g} s"
    away = rule.hysteresis if rule.comparison == "below" else -rule.hysteresis
    unit = METRICS[rule.metric].unit if rule.metric in METRICS else ""
    at = f"at {written(rule.threshold + away, unit)}" if rule.hysteresis else "right"
    return f"{at} for {rule.clear_s:g} s" if rule.clear_s else f"{at} at once"


def described(rule: AlertRule, origin: str) -> str:
    """A rule in full."""
    lines = [
        f"{rule.name}: {rule.title} ({origin})",
        f"  raises     {condition_of(rule)}",
        f"  clears     {clearing_of(rule)}",
        f"  severity   {rule.severity}",
        f"  only       {', '.join(rule.only) or 'all'}",
        f"  tells      {', '.join(rule.channels) or 'nobody'}",
        f"  says       {rule.message}",
        f"  what to do {rule.remedy}",
    ]
    return "\n".join(lines)
