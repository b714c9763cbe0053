"""Who fights for what: a match drawn from invented names, real country codes, and the sport's classes."""

from random import Random
from typing import Final

from msgspec import Struct

from services.cli.simulator.truth import Athlete


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


NOCS: Final = _words(
    "AUT BEL BIH BRA CAN CHN CIV CRO CZE DEN EGY ESP FRA GBR GER GRE HUN ITA JOR KAZ KOR MAR MEX MKD NED NOR POL POR "
    "SLO SRB SUI SWE THA TUN TUR UKR USA UZB"
)
WOMEN: Final = _words("Ana Čila Dürdane Élodie Ivka Jelka Lucía Maja Ñusta Ólöf Petra Şule Tea Zrinka Hana Mira Linn")
MEN: Final = _words("Ante Björn Čedo Đuro Ferenc Grga Íñigo Jürgen Luka Mato Néstor Øyvind Pavle Sándor Tomáš Žarko")
FAMILIES: Final = _words(
    "BARTÓK-LESZ ČULINOVA DRÁBEK ĐIPALO EKŞIOĞLU FJØRTOFT GÜMÜŞEL HORVATEK IBÁÑEZ-LOR JOVIŠIĆ KOVÁŘOV LJUBEN MÜHLAUER "
    "NOVOSEL ØSTERVIK PAVLIŠIN QUINTAL RADOŠ SŁOWIŃ ŠKARPINA TAMBOR ÜNALIN VOLARIĆ WREN ŽUPANEK KIMURO OLDHAM PARK-LEE "
    "REGIN STORM TALBOT"
)
PHASES: Final = ("Round of 16", "Quarterfinals", "Semifinals", "Bronze medal contest", "Final", "Repechage")
CLASSES: Final = {
    "Seniors": ("-54 -58 -63 -68 -74 -80 -87 +87", "-46 -49 -53 -57 -62 -67 -73 +73"),
    "Under 21": ("-54 -58 -63 -68 -74 -80 -87 +87", "-46 -49 -53 -57 -62 -67 -73 +73"),
    "Olympic": ("-58 -68 -80 +80", "-49 -57 -67 +67"),
    "Juniors": ("-45 -48 -51 -55 -59 -63 -68 -73 -78 +78", "-42 -44 -46 -49 -52 -55 -59 -63 -68 +68"),
    "Cadets": ("-33 -37 -41 -45 -49 -53 -57 -61 -65 +65", "-29 -33 -37 -41 -44 -47 -51 -55 -59 +59"),
}


class Card(Struct, frozen=True, kw_only=True):
    """A match before it is fought. `officials` are name and country of ref, ju1, ju2 and ta, empty where unknown.

    `weight` is without the letter for men or women.
    """

    number: str
    phase: str
    division: str
    is_women: bool
    weight: str
    chong: Athlete
    hong: Athlete
    officials: tuple[tuple[str, str], ...]
    body_threshold: int
    head_threshold: int = 5


def draw_card(random: Random, *, number: str | None) -> Card:
    """A match; `number` None: that is drawn, too."""
    division = random.choice(list(CLASSES))
    is_women = random.random() < 0.5
    chong, hong = _draw_athletes(random, is_women=is_women)
    return Card(
        number=_draw_number(random) if number is None else number,
        phase=random.choice(PHASES),
        division=division,
        is_women=is_women,
        weight=random.choice(CLASSES[division][is_women].split()),
        chong=chong,
        hong=hong,
        officials=_draw_officials(random),
        body_threshold=random.randint(18, 23),
    )


def _draw_number(random: Random) -> str:
    number = str(random.randint(101, 999))
    return number + random.choice((".A", ".B")) if random.random() < 0.1 else number


def _draw_athletes(random: Random, *, is_women: bool) -> tuple[Athlete, Athlete]:
    firsts = random.sample(WOMEN if is_women else MEN, 2)
    families = random.sample(FAMILIES, 2)
    nocs = random.choices(NOCS, k=2)
    chong, hong = (
        Athlete(short_name=f"{first[0]}. {family}", long_name=f"{first} {family}", noc=noc)
        for first, family, noc in zip(firsts, families, nocs, strict=True)
    )
    return chong, hong


def _draw_officials(random: Random) -> tuple[tuple[str, str], ...]:
    if random.random() < 0.6:
        return (("", ""),) * 4
    families = random.sample(FAMILIES, 4)
    return tuple((f"{random.choice(MEN)[0]}. {family}", random.choice([*NOCS, ""])) for family in families)
