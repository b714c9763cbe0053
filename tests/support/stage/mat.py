"""What a mat sends, as (seconds, datagram)."""


def load(number: int, at_s: float = 0.0, *, ready: bool = True) -> list[tuple[float, bytes]]:
    """The load of a match, up to ready."""
    bodies = [
        b"pre;FightLoaded;",
        b"at1;F. STORM;Ferenc STORM;JOR;at2;G. NOVAK;Grga NOVAK;MEX;",
        b"mch;%d;Final;M -54kg;0;#0000ff;#FFFFFF;#ff0000;#FFFFFF;null;Under 21;3;120;cntDown;21;5;" % number,
        b"wg1;0;wg2;0;",
        b"wrd;rd1;0;rd2;0;rd3;0",
        b"s11;0;s21;0;s12;0;s22;0;s13;0;s23;0",
        b"sc1;0;sc2;0",
        b"clk;02:00;",
        b"rnd;1;",
    ]
    burst = [(at_s + place * 0.002, body) for place, body in enumerate(bodies)]
    return [*burst, (at_s + 1.0, b"rdy;FightReady;")] if ready else burst


def fight(at_s: float, lasts_s: int) -> list[tuple[float, bytes]]:
    """The clock runs from then on."""
    ticks = [(at_s + second, b"clk;%02d:%02d;" % divmod(120 - second, 60)) for second in range(1, lasts_s)]
    return [(at_s, b"clk;02:00;start;"), *ticks]


def decide(at_s: float) -> list[tuple[float, bytes]]:
    """The match is over: hong wins."""
    return [(at_s, b"clk;01:40;stop;"), (at_s + 0.1, b"win;RED"), (at_s + 0.2, b"wmh;Grga NOVAK;2-0 PTF;")]


def match(number: int, at_s: float = 0.0, *, lasts_s: int = 10) -> list[tuple[float, bytes]]:
    """A whole match: loaded, ready 1 s later, fought from 3 s on, decided."""
    return [*load(number, at_s), *fight(at_s + 3, lasts_s), *decide(at_s + 3 + lasts_s)]
