"""Matches as they are played to time OBS: which datagram comes when, and which of them OBS is to act on."""

from random import Random

from msgspec import Struct

LOADING = (
    "pre;FightLoaded;",
    "at1;F. STORM;Ferenc STORM;JOR;at2;G. NOVAK;Grga NOVAK;MEX;",
    "mch;{number};Final;M -54kg;0;#0000ff;#FFFFFF;#ff0000;#FFFFFF;null;Under 21;3;120;cntDown;21;5;",
    "wrd;rd1;0;rd2;0;rd3;0",
    "sc1;0;sc2;0",
    "clk;02:00;",
    "rnd;1;",
)
READY = "rdy;FightReady;"
ENDING = ("clk;01:00;stop;", "win;RED", "wmh;Grga NOVAK;2-0 PTF;")
APART_S = 0.002
"""Between the datagrams of a load."""


class Script(Struct, frozen=True, kw_only=True):
    """Datagrams (seconds from the beginning, text) in order, and which of them (by place) are timed."""

    datagrams: list[tuple[float, str]]
    timed: list[int]


class Match:
    """Writes one script; `at_s` is how far it is."""

    def __init__(self) -> None:
        self.at_s = 0.0
        self._datagrams: list[tuple[float, str]] = []
        self._timed: list[int] = []

    def say(self, *texts: str, timed: bool = False) -> None:
        """Send these now; the first of them is timed or not."""
        if timed:
            self._timed.append(len(self._datagrams))
        for text in texts:
            self._datagrams.append((self.at_s, text))
            self.at_s += APART_S

    def rest(self, seconds: float) -> None:
        """Send nothing for a while."""
        self.at_s += seconds

    def load(self, number: int) -> None:
        """Load a match."""
        self.say(*(text.format(number=number) for text in LOADING))

    def script(self) -> Script:
        """All of it."""
        return Script(datagrams=self._datagrams, timed=self._timed)


def moments(number: int, count: int, *, every_s: float) -> Script:
    """A match with `count` points of chong, points of hong and gam-jeoms in turns, each timed; every `every_s`, out of
    step with all timers and never closer than half of that. A tick of the clock stands between them each second.
    """
    match, chance, sums, ticked = Match(), Random(number), [0, 0, 0], 0
    match.load(number)
    match.rest(0.5)
    match.say(READY)
    match.rest(0.5)
    match.say("clk;02:00;start;")
    match.rest(0.5)
    began_s = match.at_s
    for moment in range(count):
        which = moment % 3
        sums[which] += 1
        chong, hong, gam_jeoms = sums
        say = (f"pt{which + 1};1;", f"sc1;{chong};sc2;{hong};") if which < 2 else (f"wg1;{gam_jeoms};wg2;0;",)
        match.say(*say, timed=True)
        match.rest(every_s * chance.uniform(0.5, 1.5) - len(say) * APART_S)
        if match.at_s - began_s > ticked + 1:
            ticked += 1
            match.say(f"clk;01:{59 - ticked % 59:02};")
    match.rest(0.5)
    match.say(*ENDING)
    return match.script()


def starts(first: int, count: int, *, apart_s: float) -> Script:
    """`count` short matches, each loaded while the one before is still recorded; each "ready" is timed."""
    match = Match()
    for number in range(first, first + count):
        match.load(number)
        match.rest(apart_s)
        match.say(READY, timed=True)
        match.rest(apart_s / 2)
        match.say("clk;02:00;start;")
        match.rest(apart_s / 2)
        match.say(*ENDING)
    return match.script()


def reviews(number: int, count: int, *, apart_s: float) -> Script:
    """A match with `count` challenges; each is timed."""
    match = Match()
    match.load(number)
    match.rest(apart_s)
    match.say(READY)
    match.rest(1)
    match.say("clk;02:00;start;")
    match.rest(apart_s)
    for review in range(count):
        athlete = review % 2 + 1
        match.say(f"ch{athlete};", timed=True)
        match.rest(apart_s / 2)
        match.say(f"ch{athlete};1;0;", f"ch{athlete};-1;")
        match.rest(apart_s / 2)
    match.say(*ENDING)
    return match.script()
