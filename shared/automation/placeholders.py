"""Placeholders such as `{player1}`: the one list of them, what they mean, and how texts are filled; obs-bridge, CLI.

A text or a pattern holds them by name. What is not known is empty; a brace that is no placeholder stays as it is.
What a file may be called is another matter: see obs-bridge's names.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.automation.happenings import SIDES, Happened
from shared.automation.match_view import MatchView
from shared.messages.pss import AthleteName

FILE_NAMES: Final[dict[str, str]] = {
    "tournament": "name of the tournament",
    "day": "day of the tournament, from 1",
    "date": "date at the venue, 2026-03-01",
    "time": "time of day at the venue, 09-30-12",
    "ring": "name of the ring",
    "matchNumber": "number of the match",
    "phase": "phase, such as Final",
    "weight": "weight category",
    "division": "division, such as Senior",
    "player1": "name of chong (blue)",
    "player2": "name of hong (red)",
    "country1": "NOC of chong",
    "country2": "NOC of hong",
}
"""For files of matches."""
CLIP_NAMES: Final[dict[str, str]] = FILE_NAMES | {
    "round": "round that is fought",
    "clock": "round clock, 1-05 in names and 1:05 in texts",
    "number": "number of the video review in the match",
    "side": "who it is about: chong, hong or referee",
    "outcome": "how the video review ended, such as won",
}
"""For clips of reviews."""
TEXTS: Final[dict[str, str]] = CLIP_NAMES | {
    "score1": "score of chong in this round",
    "score2": "score of hong in this round",
    "rounds1": "rounds that chong won",
    "rounds2": "rounds that hong won",
    "gamjeom1": "gam-jeoms of chong in this round",
    "gamjeom2": "gam-jeoms of hong in this round",
    "winner": "name of the winner",
    "winnerCountry": "NOC of the winner",
    "decision": "how the match was decided, such as PTF",
    "stage": "how far the match is, such as running",
    "points": "value of the point",
    "event": "what happened, such as 'hong body +2'",
    "connection": "name of the OBS connection that it happened on",
}
"""For the texts and commands of rules."""

_PLACEHOLDER: Final = re.compile(r"\{([A-Za-z][A-Za-z0-9]*)\}")


def fill(template: str, values: Mapping[str, str]) -> str:
    """`template` with the values of its placeholders; a name that is not among `values` stays as it is."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), template)


def unknown(template: str, allowed: Mapping[str, str]) -> list[str]:
    """The placeholders of `template` that are not `allowed`, as they are written, each once."""
    return list(dict.fromkeys(found[0] for found in _PLACEHOLDER.finditer(template) if found[1] not in allowed))


def match_values(view: MatchView, at_us: int) -> dict[str, str]:
    """The values of `FILE_NAMES` for a match at a moment (Unix microseconds)."""
    moment = _local(at_us, view.venue.time_zone)
    return {
        "tournament": view.venue.tournament or "",
        "day": _text(view.venue.day),
        "date": f"{moment:%Y-%m-%d}",
        "time": f"{moment:%H-%M-%S}",
        "ring": view.ring,
        "matchNumber": view.match_number or "",
        "phase": view.phase or "",
        "weight": view.weight_class or "",
        "division": view.division or "",
        "player1": _name(view.chong),
        "player2": _name(view.hong),
        "country1": view.chong.noc or "",
        "country2": view.hong.noc or "",
    }


def text_values(happened: Happened) -> dict[str, str]:
    """The values of `TEXTS` for what happened, as the match stood just after it."""
    view, review = happened.view, happened.challenge
    athlete = review.athlete if review is not None else happened.athlete or None
    winner = {1: view.chong, 2: view.hong}.get(view.winner or 0)
    return match_values(view, happened.at_us) | {
        "time": f"{_local(happened.at_us, view.venue.time_zone):%H:%M:%S}",
        "round": _text(view.round),
        "clock": clock_text(view.clock_ms),
        "number": _text(review.number if review is not None else None),
        "side": SIDES[athlete] if athlete is not None else "",
        "outcome": review.status.value if review is not None else "",
        "score1": _text(view.score[0]),
        "score2": _text(view.score[1]),
        "rounds1": _text(view.rounds_won[0]),
        "rounds2": _text(view.rounds_won[1]),
        "gamjeom1": _text(view.gam_jeoms[0]),
        "gamjeom2": _text(view.gam_jeoms[1]),
        "winner": _name(winner) if winner is not None else "",
        "winnerCountry": (winner.noc or "") if winner is not None else "",
        "decision": view.decision or "",
        "stage": view.stage.value.replace("_", " ") if view.stage is not None else "",
        "points": _text(happened.points),
        "event": happened.label,
        "connection": happened.connection or "",
    }


def clock_text(clock_ms: int | None, *, divider: str = ":") -> str:
    """A round clock as it is read out: `1:05`; empty when it is not known."""
    if clock_ms is None:
        return ""
    minutes, seconds = divmod(clock_ms // 1000, 60)
    return f"{minutes}{divider}{seconds:02d}"


def _local(at_us: int, time_zone: str | None) -> datetime:
    moment = datetime.fromtimestamp(at_us / 1_000_000, tz=UTC)
    try:
        return moment.astimezone(ZoneInfo(time_zone) if time_zone else None)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a zone that this machine does not know
        return moment.astimezone()


def _name(athlete: AthleteName) -> str:
    return athlete.long_name or athlete.short_name or ""


def _text(value: int | None) -> str:
    return "" if value is None else str(value)
