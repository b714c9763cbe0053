"""What services went through: killed because they did not answer, restarted, restarted again and again."""

from enum import StrEnum

from msgspec import Struct


class IncidentKind(StrEnum):
    """`restarted`: a service ended and came back. `ended`: it did not answer and was killed. `storm`: it comes back
    again and again; `calmed`: it does no longer. `stays_down`: it ended with a configuration that cannot be, and is not
    started again.
    """

    RESTARTED = "restarted"
    ENDED = "ended"
    STORM = "storm"
    CALMED = "calmed"
    STAYS_DOWN = "stays_down"


class ServiceIncident(Struct, frozen=True, kw_only=True, tag="service_incident", tag_field="type"):
    """`system.incident/<service>/`: something happened to a service. `incident_id` is made of service, process and
    time, so that it is stored once; `detail` is a sentence for people.
    """

    incident_id: str
    service: str
    kind: IncidentKind
    happened_at_us: int
    pid: int | None = None
    detail: str | None = None


class ServiceKilled(Struct, frozen=True, kw_only=True):
    """`service.killed/<service>/`: `by` ended process `pid` of `service` with SIGKILL, because it had not answered for
    `silent_s`.
    """

    service: str
    by: str
    pid: int
    silent_s: float
