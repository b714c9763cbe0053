"""What is imported, item by item, as the plan holds it: the child writes them, db-writer's job stores them.

An item names others by keys that survive a restart (a session's uuid, a match's key, an athlete's code), never by row
ids: so an import that was killed goes on. Times are UTC ISO text.
"""

from typing import Any, Final

import msgspec
from msgspec import Struct

from shared.messages.settings import SettingValue

PLAN_VERSION: Final = 1
"""Of the order and the meaning of items; one that was begun by another version is compared from its beginning."""


class Item(Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """One thing to store."""


class Day(Struct, frozen=True, kw_only=True):
    """A day of a tournament."""

    date: str
    title: str | None = None


class TournamentItem(Item, frozen=True, kw_only=True):
    """A tournament with its days; dates are yyyy-mm-dd."""

    name: str
    location: str | None = None
    noc: str | None = None
    starts_on: str
    ends_on: str
    time_zone: str
    days: list[Day] = []


class AthleteItem(Item, frozen=True, kw_only=True):
    """A person, by our own code of long name and NOC."""

    code: str
    short_name: str
    long_name: str
    noc: str | None = None


class Client(Struct, frozen=True, kw_only=True):
    """A sender of a session."""

    address: str
    port: int
    first_seen: str | None
    last_seen: str | None
    packets: int
    bytes: int


class SessionItem(Item, frozen=True, kw_only=True):
    """A session with its counters and clients."""

    uuid: str
    ring: str
    start: str
    end: str
    status: str
    error: str | None = None
    packets: int
    parsed: int
    errors: int
    bytes: int
    largest: int | None = None
    smallest: int | None = None
    last_entry: int
    clients: list[Client] = []


class Side(Struct, frozen=True, kw_only=True):
    """Who stood on a side (1 chong, 2 hong); `code` None: nobody who can be told."""

    position: int
    code: str | None
    short_name: str | None = None
    long_name: str | None = None
    noc: str | None = None
    background: str | None = None
    foreground: str | None = None


class Declared(Struct, frozen=True, kw_only=True):
    """A result as the old file has it."""

    winner: int | None
    decision: str | None
    rounds: tuple[int | None, int | None] = (None, None)


class MatchItem(Item, frozen=True, kw_only=True):
    """A match, of all its rows one. `ended_at` is its last event; `day` the name of a tournament and a date."""

    key: str
    ring: str
    number: str | None = None
    category: str | None = None
    weight_class: str | None = None
    division: str | None = None
    total_rounds: int | None = None
    round_duration: int | None = None
    countdown_type: str | None = None
    format_type: str | None = None
    first_loaded_at: str | None = None
    last_loaded_at: str | None = None
    load_count: int
    is_decided: bool = False
    ended_at: str | None = None
    day: tuple[str, str] | None = None
    sides: list[Side] = []
    result: Declared | None = None


class RoundItem(Item, frozen=True, kw_only=True):
    """A round of a match; `duration` in seconds."""

    match: str
    number: int
    start: str | None = None
    end: str | None = None
    duration: int | None = None
    winner: int | None = None


class EventItem(Item, frozen=True, kw_only=True):
    """A message with its details (key, value, type). `code` is that of our event types."""

    session: str
    sequence: int
    match: str | None = None
    round: int | None = None
    code: str
    at: str
    raw: str
    parsed: str | None = None
    took_ms: float | None = None
    is_valid: bool = True
    error: str | None = None
    recognition: str
    details: list[tuple[str, str | None, str]] = []


class MarkItem(Item, frozen=True, kw_only=True):
    """A row of `pss_scores` or, if `is_warning`, of `pss_warnings`."""

    is_warning: bool
    match: str
    round: int | None = None
    position: int
    kind: str
    value: int
    at: str


class ConnectionItem(Item, frozen=True, kw_only=True):
    """An OBS Studio; `password` in clear."""

    name: str
    host: str
    port: int
    password: str | None = None
    is_active: bool = True


class FlagItem(Item, frozen=True, kw_only=True):
    """Which country a code of a scoring system stands for."""

    pss_code: str
    ioc_code: str
    country_name: str


class SettingsItem(Item, frozen=True, kw_only=True):
    """Values of settings by their names in our catalogue."""

    values: dict[str, SettingValue]


class ConfigItem(Item, frozen=True, kw_only=True):
    """A value that is no setting of ours, kept as it was."""

    key: str
    value: str
    category: str
    description: str | None = None


class SummaryItem(Item, frozen=True, kw_only=True):
    """All of a match is stored: sum it up."""

    match: str


class AthleteSummaryItem(Item, frozen=True, kw_only=True):
    """All matches of an athlete are stored: sum them up."""

    code: str


AnyItem = (
    TournamentItem
    | AthleteItem
    | SessionItem
    | MatchItem
    | RoundItem
    | EventItem
    | MarkItem
    | ConnectionItem
    | FlagItem
    | SettingsItem
    | ConfigItem
    | SummaryItem
    | AthleteSummaryItem
)
encode: Final = msgspec.msgpack.Encoder().encode
decode: Final[Any] = msgspec.msgpack.Decoder(AnyItem).decode
