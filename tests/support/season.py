"""Two years of tournaments from a seed: when they are, who fights whom where; what `large_database` lets be played."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count, cycle
from random import Random
from typing import Final

from msgspec import Struct

from services.cli.simulator import card as cards
from services.cli.simulator.card import Card
from services.cli.simulator.truth import Athlete
from shared.messages.rules import Dialect, RuleSet
from shared.rules import shipped

RINGS: Final = tuple(f"ring-{number}" for number in range(1, 9))
BEGINS: Final = date(2024, 9, 7)
DAYS: Final = 720
DAYS_OF_TOURNAMENT: Final = 3
MATCHES_OF_RING: Final = 25
"""On one day, which makes it about five hours long."""
MATCHES_OF_ATHLETE: Final = 8
LEAST_ATHLETES: Final = 24
ATHLETES_OF_CLASS: Final = 12
PLACES: Final = ("Brašov", "Koper", "Århus", "Málaga", "Győr", "Łódź", "Izmir", "Poreč", "Querétaro", "Hà Nội")
LETTERS: Final = {True: "W", False: "M"}


class Pool(Struct, frozen=True):
    """Who fights in a weight class of a division."""

    division: str
    is_women: bool
    weight: str
    athletes: list[Athlete]


class Day(Struct, frozen=True):
    """A day of a tournament: the cards of each ring, in order. `tournament` and `number` (of the day) count from 1."""

    tournament: int
    number: int
    begins: datetime
    place: str
    dialect: Dialect
    rules: RuleSet
    draws: dict[str, list[Card]]


def draw_season(seed: int, *, matches: int) -> Iterator[Day]:
    """So many matches (rounded up to whole days), spread evenly over two years of tournaments."""
    random = Random(seed)
    pools = draw_pools(random, athletes=max(matches // MATCHES_OF_ATHLETE * 2, LEAST_ATHLETES))
    of_ring = min(MATCHES_OF_RING, max(1, matches // (len(RINGS) * 2 * DAYS_OF_TOURNAMENT)))
    days = max(1, -(-matches // (len(RINGS) * of_ring)))
    tournaments = -(-days // DAYS_OF_TOURNAMENT)
    for day in range(days):
        tournament, number = divmod(day, DAYS_OF_TOURNAMENT)
        when = BEGINS + timedelta(days=tournament * DAYS // tournaments + number)
        yield Day(
            tournament=tournament + 1,
            number=number + 1,
            begins=datetime(when.year, when.month, when.day, 9, tzinfo=UTC),
            place=PLACES[tournament % len(PLACES)],
            # A sender is hired with its rings, so a tournament speaks one dialect.
            dialect=Dialect.A if tournament % 4 == 1 else Dialect.B,  # every fourth, as rules do
            rules=_rules(when, is_old=tournament % 5 == 4),  # every fifth still sums its rounds
            draws={ring: draw_cards(random, pools, ring=at, matches=of_ring) for at, ring in enumerate(RINGS, 1)},
        )


def draw_pools(random: Random, *, athletes: int) -> list[Pool]:
    """Athletes, each with a name that no other of a NOC has, in as many classes as they fill."""
    taken: set[tuple[str, str]] = set()
    classes = [
        (division, is_women, weight)
        for division, (men, women) in cards.CLASSES.items()
        for is_women, weights in ((False, men), (True, women))
        for weight in weights.split()
    ]
    random.shuffle(classes)
    wanted = max(1, athletes // ATHLETES_OF_CLASS)
    chosen = classes[:wanted]
    each = -(-athletes // len(chosen))
    return [Pool(*one, [_draw_athlete(random, is_women=one[1], taken=taken) for _ in range(each)]) for one in chosen]


def draw_cards(random: Random, pools: list[Pool], *, ring: int, matches: int) -> list[Card]:
    """A ring's matches of a day, numbered from 101 on ring 1, from 201 on ring 2; a class at a time, as at venues."""
    found: list[Card] = []
    for pool in cycle(random.sample(pools, len(pools))):
        for _ in range(random.randint(3, 8)):
            if len(found) == matches:
                return found
            found.append(_draw_card(random, pool, number=str(ring * 100 + len(found) + 1)))
    raise AssertionError("there is no class")


def _draw_card(random: Random, pool: Pool, *, number: str) -> Card:
    chong, hong = random.sample(pool.athletes, 2)
    officials = tuple((f"{random.choice(cards.MEN)[0]}. {family}", "") for family in random.sample(cards.FAMILIES, 4))
    return Card(
        number=number,
        phase=random.choice(cards.PHASES),
        division=pool.division,
        is_women=pool.is_women,
        weight=pool.weight,
        chong=chong,
        hong=hong,
        officials=officials,
        body_threshold=random.randint(18, 23),
    )


def _draw_athlete(random: Random, *, is_women: bool, taken: set[tuple[str, str]]) -> Athlete:
    for attempt in count():
        first, noc = random.choice(cards.WOMEN if is_women else cards.MEN), random.choice(cards.NOCS)
        family = " ".join(random.sample(cards.FAMILIES, 1 if attempt == 0 else 2))
        long_name = f"{first} {family}"
        if (long_name, noc) not in taken:
            taken.add((long_name, noc))
            return Athlete(short_name=f"{first[0]}. {family}", long_name=long_name, noc=noc)
    raise AssertionError("there is always another name")


def _rules(when: date, *, is_old: bool) -> RuleSet:
    known = [rules for rules in shipped().values() if rules.effective_from <= when.isoformat()]
    if is_old:
        known = [rules for rules in known if rules.golden_points is not None]
    return max(known, key=lambda rules: rules.effective_from)
