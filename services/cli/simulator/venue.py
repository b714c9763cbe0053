"""Many matches: one after the other on each ring, all rings at once, in one order of time."""

import heapq
from collections.abc import Iterator, Sequence
from random import Random
from typing import Final, NamedTuple

from msgspec import Struct

from services.cli.captures import Datagram
from services.cli.simulator.bout import play
from services.cli.simulator.plan import Scenario
from services.cli.simulator.trouble import Disturbed, disturb
from services.cli.simulator.truth import Truth
from shared.messages.rules import Dialect, RuleSet

BETWEEN_S: Final = (20.0, 120.0)


class Network(Struct, frozen=True, kw_only=True):
    """What the network does to each datagram; shares, but for the delay."""

    loss: float = 0.0
    duplication: float = 0.0
    reordering: float = 0.0
    delay_s: float = 0.0
    garbage: float = 0.0


class Wish(Struct, frozen=True, kw_only=True):
    """What shall be played on each ring."""

    seed: int
    rule_set: RuleSet
    dialect: Dialect = Dialect.B
    scenario: Scenario = Scenario.MIXED
    matches: int = 1
    network: Network = Network()


class Course(Struct, frozen=True, kw_only=True):
    """Everything one ring sends, and the truth of each of its matches, which is over at that time of `ends_s`."""

    ring: str
    datagrams: list[Datagram]
    truths: list[Truth]
    ends_s: list[float]


class Due(NamedTuple):
    """A datagram of a ring, which is known by its place among them."""

    at_s: float
    ring: int
    body: bytes


def play_ring(ring: str, wish: Wish) -> Course:
    """Matches one after the other, numbered from 101, 20 to 120 s apart; a match that was abandoned is not taken up.

    Raises:
        ValueError: the rules do not know the scenario.
    """
    random = Random(f"{wish.seed} {ring}")  # noqa: S311  # must come out the same again; nothing here is secret
    datagrams: list[Datagram] = []
    truths: list[Truth] = []
    ends_s: list[float] = []
    at_s = 0.0
    for number in range(wish.matches):
        at_s += random.uniform(*BETWEEN_S) if number else random.uniform(0, 5)
        bout = play(
            random.getrandbits(48),
            rule_set=wish.rule_set,
            dialect=wish.dialect,
            scenario=wish.scenario,
            match_number=str(101 + number),
        )
        datagrams += [Datagram(round(at_s + datagram.at_s, 3), datagram.body) for datagram in bout.datagrams]
        truths.append(bout.truth)
        at_s = datagrams[-1].at_s
        ends_s.append(at_s)
    return Course(ring=ring, datagrams=datagrams, truths=truths, ends_s=ends_s)


def disturb_course(course: Course, wish: Wish) -> Disturbed:
    """What the network leaves of it."""
    network = wish.network
    return disturb(
        course.datagrams,
        f"{wish.seed} {course.ring}",
        loss=network.loss,
        duplication=network.duplication,
        reordering=network.reordering,
        delay_s=network.delay_s,
        garbage=network.garbage,
    )


def in_time(courses: Sequence[Sequence[Datagram]]) -> Iterator[Due]:
    """The datagrams of all rings in the order in which they are due."""
    each = [_due(ring, course) for ring, course in enumerate(courses)]
    return heapq.merge(*each, key=lambda due: due.at_s)


def _due(ring: int, course: Sequence[Datagram]) -> Iterator[Due]:
    return (Due(datagram.at_s, ring, datagram.body) for datagram in course)
