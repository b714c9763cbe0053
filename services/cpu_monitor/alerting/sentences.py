"""What an alert says, out of its rule's message; cpu-monitor. No I/O."""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from shared.alerts.faults import PLACEHOLDER
from shared.alerts.metrics import METRICS, written
from shared.alerts.topics import text_of
from shared.messages.alerts import AlertRule

MOST_CHARACTERS: Final = 1_000
NOTHING_SAID: Final = {"reason": "nobody can say why", "remedy": "See restrike health."}


class Cause(Struct, frozen=True, kw_only=True):
    """Why an alert is raised: a value, with what is `said` beside it, or an event."""

    value: float | None = None
    said: Mapping[str, str] = {}
    event: Any = None


def filled(template: str, rule: AlertRule, subject: str, cause: Cause) -> str:
    """`template` with its placeholders filled, on one line."""
    known = {**NOTHING_SAID, **cause.said, "subject": subject}
    if cause.value is not None and rule.metric is not None:
        known["value"] = written(cause.value, METRICS[rule.metric].unit)

    def text(name: str) -> str:
        found = known.get(name)
        if found is None and cause.event is not None:
            found = text_of(cause.event, name)
        return "?" if found is None else found

    whole = PLACEHOLDER.sub(lambda match: text(match[1]), template)
    shown = "".join(letter if letter.isprintable() else " " for letter in whole).strip()
    return shown[:MOST_CHARACTERS]


def gone(subject: str) -> str:
    """Why an alert ends whose subject is not there any more."""
    return f"{subject} is not there any more."


def unmeasured(subject: str) -> str:
    """Why an alert ends whose value nobody tells."""
    return f"Nobody can say any more how {subject} is: measuring is switched off, or fails."
