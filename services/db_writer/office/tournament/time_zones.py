"""Time zones of tournaments by their IANA names; db-writer."""

import os
from datetime import date, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.clock import NS_PER_S, unix_ns
from shared.errors import ValidationError

_LINK: Final = Path("/etc/localtime")
_BELOW: Final = "zoneinfo/"


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name.

    Raises:
        ValidationError: there is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: "Europe" is a folder
        raise ValidationError(
            "tournament.time_zone",
            "A time zone is an IANA name such as Europe/Zagreb; they come with Debian's package tzdata.",
            value=name,
        ) from error


def zone_of_machine() -> str:
    """The name of this machine's time zone; UTC where none is set by name."""
    named = os.environ.get("TZ", "").removeprefix(":")
    try:
        name = named or str(_LINK.readlink()).partition(_BELOW)[2]
        return zone_of(name).key
    except (OSError, ValidationError):
        return "UTC"


def today_in(name: str) -> date:
    """What day it is there."""
    return datetime.fromtimestamp(unix_ns() // NS_PER_S, tz=zone_of(name)).date()


def local_date(iso_utc: str, name: str) -> date:
    """The day there of a stored UTC time."""
    return datetime.fromisoformat(iso_utc).astimezone(zone_of(name)).date()
