"""The one list of events that rules for alerts can wait for: rare ones. Every process.

Never one with an event for each datagram: its producer would have to encode them all for cpu-monitor.
"""

from typing import Any, Final

from shared.messages.topic import CONNECTION, SERVICE, Topic
from shared.messages.topics import (
    DB_TROUBLE,
    JOB_PROGRESS,
    OBS_ALARM,
    OBS_LINK,
    OBS_RECORDING,
    OBS_VIDEO,
    REVIEW_CLIP_READY,
    SERVICE_FAULT,
    SERVICE_KILLED,
    SERVICE_LOSS,
    SETTINGS_CHANGED,
    SYSTEM_INCIDENT,
    TOURNAMENT_CHANGED,
    UDP_JOURNAL,
    UDP_REFUSED,
    UDP_SENDER,
)

RARE: Final[dict[str, Topic]] = {
    topic.name: topic
    for topic in (
        UDP_JOURNAL,
        UDP_REFUSED,
        UDP_SENDER,
        DB_TROUBLE,
        JOB_PROGRESS,
        SETTINGS_CHANGED,
        TOURNAMENT_CHANGED,
        OBS_LINK,
        OBS_ALARM,
        OBS_RECORDING,
        OBS_VIDEO,
        REVIEW_CLIP_READY,
        SERVICE_FAULT,
        SERVICE_KILLED,
        SERVICE_LOSS,
        SYSTEM_INCIDENT,
    )
}
_ABSENT: Final = object()


def subject_of(topic: Topic, event: Any) -> str:
    """What an event is about: its ring, its connection, its service; where it names none, its producer."""
    fields = {SERVICE: ("service",), CONNECTION: ("connection",)}.get(topic.keyed_by, ("ring",))
    for field in fields:
        said = getattr(event, field, None)
        if said:
            return str(said)
    return topic.producer


def text_of(event: Any, field: str) -> str | None:
    """A field of an event as text (`true`, `false`, a number, a word), `a.b` for one in another; None: it has none."""
    for name in field.split("."):
        event = getattr(event, name, _ABSENT)
        if event is _ABSENT:
            return None
    if isinstance(event, bool):
        return "true" if event else "false"
    return "none" if event is None else str(event)


def fits(event: Any, wanted: dict[str, tuple[str, ...]]) -> bool:
    """Whether each field that is named has one of the texts."""
    return all(text_of(event, field) in texts for field, texts in wanted.items())


def fields_of(topic: Topic) -> tuple[str, ...]:
    """The fields of a topic's events."""
    return tuple(topic.type.__struct_fields__)
