"""What comes before a match is fought: the burst of a load, hardware tests, the sender's notices."""

from services.cli.simulator import wording
from services.cli.simulator.fight import Fight


def load(fight: Fight) -> None:
    """The burst of twelve. In mid-match it says where the match stands."""
    words, sheet, clock = fight.words, fight.sheet, fight.clock
    fight.loads += 1
    fight.tape.say_all(
        (
            "pre;FightLoaded;",
            words.officials(fight.card),
            words.athletes(fight.card),
            words.match(fight.card, rounds=fight.rules.rounds, round_s=fight.rules.round_s),
            wording.gam_jeoms(sheet.gam_jeoms()),
            wording.round_winners(sheet.round_winners()),
            wording.scores(sheet.round_scores()),
            wording.score(sheet.score()),
            wording.clock(clock.shown_s),
            f"rnd;{sheet.number};",
            f"sup;{fight.shown_superior}",
            "rdy;FightReady;",
        )
    )


def prepare(fight: Fight) -> None:
    """Everything up to the first start of the clock."""
    if fight.plan.has_banners:
        fight.tape.say_all(fight.words.greeting())
        fight.tape.pass_s(1, 20)
    if fight.plan.has_hardware_tests:
        _test_hardware(fight)
    for number in range(fight.plan.loads):
        if number:
            fight.tape.pass_s(4, 90)
        load(fight)
    fight.tape.pass_s(10, 95)


def _test_hardware(fight: Fight) -> None:
    fight.tape.say("hwt;1;")
    for _ in range(fight.random.randint(2, 8)):
        fight.tape.pass_s(0.8, 4)
        fight.tape.say(f"hwt;{fight.random.randint(2, 5)};")
    fight.tape.pass_s(1, 5)
    fight.tape.say("hwt;0;")
    fight.tape.pass_s(3, 30)
