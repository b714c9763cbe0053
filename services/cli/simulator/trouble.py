"""What a network does to datagrams, from a seed, with a record of what was done to which."""

from enum import StrEnum
from itertools import pairwise
from random import Random
from typing import Final

from msgspec import Struct

from services.cli.captures import Datagram

LONGEST_DUPLICATE_S: Final = 0.020
LONGEST_DETOUR_S: Final = 0.060
SHORTEST_DETOUR_S: Final = 0.015


class Kind(StrEnum):
    """What was done."""

    LOST = "lost"
    DUPLICATED = "duplicated"
    REORDERED = "reordered"
    GARBAGE = "garbage"


class Incident(Struct, frozen=True, kw_only=True):
    """One thing that was done to the datagram of that index in what was sent; garbage came right after it."""

    kind: Kind
    index: int


class Disturbed(Struct, frozen=True, kw_only=True):
    """What arrives, in the order of its arrival, and what was done, in the order of the indexes.

    `sources` has the index of each datagram that arrives, None for garbage.
    """

    datagrams: list[Datagram]
    sources: list[int | None]
    incidents: list[Incident]


class _Arrival(Struct):
    at_s: float
    body: bytes
    source: int | None


def disturb(  # noqa: PLR0913  # each kind of trouble has its own measure
    datagrams: list[Datagram],
    seed: int | str,
    *,
    loss: float = 0.0,
    duplication: float = 0.0,
    reordering: float = 0.0,
    delay_s: float = 0.0,
    garbage: float = 0.0,
) -> Disturbed:
    """Let a network have them. The measures but `delay_s` are probabilities (0 to 1) for each datagram.

    `delay_s` holds up each by up to so long, and keeps their order. A reordered one is delayed by 15 to 60 ms and is
    surely overtaken; one that nothing follows within 60 ms cannot be, so the share of all falls on those of the bursts.
    A duplicate comes 0 to 20 ms after its original.
    """
    random = Random(seed)  # noqa: S311  # must come out the same again; nothing here is secret
    incidents = [Incident(kind=Kind.LOST, index=index) for index in range(len(datagrams)) if random.random() < loss]
    lost = {incident.index for incident in incidents}
    arrivals = _arrivals(random, datagrams, lost=lost, delay_s=delay_s)
    incidents += _reorder(random, arrivals, share=reordering)
    extra = []
    for arrival in arrivals:
        index = arrival.source or 0
        if random.random() < duplication:
            incidents.append(Incident(kind=Kind.DUPLICATED, index=index))
            extra.append(_Arrival(_later(random, arrival, LONGEST_DUPLICATE_S), arrival.body, index))
        if random.random() < garbage:
            incidents.append(Incident(kind=Kind.GARBAGE, index=index))
            extra.append(_Arrival(_later(random, arrival, LONGEST_DUPLICATE_S), _garbage(random, arrival.body), None))
    found = sorted([*arrivals, *extra], key=lambda arrival: arrival.at_s)
    return Disturbed(
        datagrams=[Datagram(arrival.at_s, arrival.body) for arrival in found],
        sources=[arrival.source for arrival in found],
        incidents=sorted(incidents, key=lambda incident: incident.index),
    )


def _arrivals(random: Random, datagrams: list[Datagram], *, lost: set[int], delay_s: float) -> list[_Arrival]:
    arrivals: list[_Arrival] = []
    last_s = 0.0
    for index, datagram in enumerate(datagrams):
        if index not in lost:
            last_s = max(last_s, datagram.at_s + random.uniform(0, delay_s))
            arrivals.append(_Arrival(last_s, datagram.body, index))
    return arrivals


def _reorder(random: Random, arrivals: list[_Arrival], *, share: float) -> list[Incident]:
    """Delay some, so that at least the next one, which keeps its time, comes before."""
    able = [(one, after) for one, after in pairwise(arrivals) if after.at_s - one.at_s < LONGEST_DETOUR_S - 0.001]
    odds = share * len(arrivals) / len(able) if able else 0.0
    incidents = []
    overtakes: _Arrival | None = None
    for arrival, follower in able:
        if arrival is not overtakes and random.random() < odds:
            overtakes = follower
            at_least_s = max(SHORTEST_DETOUR_S, follower.at_s - arrival.at_s + 0.001)
            arrival.at_s += random.uniform(at_least_s, LONGEST_DETOUR_S)
            incidents.append(Incident(kind=Kind.REORDERED, index=arrival.source or 0))
    return incidents


def _later(random: Random, arrival: _Arrival, most_s: float) -> float:
    return arrival.at_s + random.uniform(0, most_s)


def _garbage(random: Random, body: bytes) -> bytes:
    """Random bytes, or a datagram that lost its sense: cut off, with bits that fell over, or with strange bytes in it.

    It may by chance say something that is not so.
    """
    way = random.randrange(4)
    if way == 0 or not body:
        return random.randbytes(random.randint(0, 60))
    place = random.randrange(len(body))
    if way == 1:
        return body[:place]
    if way == 2:
        return body[:place] + bytes([body[place] ^ (1 << random.randrange(8))]) + body[place + 1 :]
    return body[:place] + random.randbytes(random.randint(1, 6)) + body[place:]
