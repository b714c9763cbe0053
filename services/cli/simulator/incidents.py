"""What interrupts a round: pauses, injuries, challenges, an operator's corrections, another load, a para timeout."""

from collections.abc import Callable
from typing import Final

from services.cli.simulator import loading, wording
from services.cli.simulator.clocks import count_down
from services.cli.simulator.fight import Fight
from services.cli.simulator.plan import EVEN, ActKind
from services.cli.simulator.truth import Challenge, Corrected, Correction, Injury, Outcome
from shared.messages.pss import Technique

INJURY_S: Final = 60
MOST_EXPIRED: Final = 2


def pause(fight: Fight) -> None:
    """Kal-yeo: the clock stands for a while."""
    fight.clock.stop()
    fight.tape.pass_s(2, 40)


def injury(fight: Fight) -> None:
    """Injury time: shown, counted down, hidden; the round's clock is stopped just after it is shown."""
    athlete, tape = fight.random.choice((0, 1, 2)), fight.tape

    def said(seconds: int, action: str = "") -> str:
        return f"ij{athlete};{wording.time(seconds)};" + (f"{action};" if action else "")

    is_expired = fight.expired_injuries < MOST_EXPIRED and fight.random.random() < 0.3
    ran_s = INJURY_S if is_expired else fight.random.randint(5, 50)
    tape.say(said(INJURY_S, "show"), said(INJURY_S - 1))
    fight.clock.stop()
    count_down(tape, said, shown_s=INJURY_S - 1, seconds=ran_s)
    if is_expired:
        fight.expired_injuries += 1
        tape.say(said(0, "hide"), f"ij{athlete};0:00;hide;")
    else:
        tape.say(said(max(0, INJURY_S - 1 - ran_s), "hide"))
    fight.injuries.append(Injury(round=fight.sheet.number, athlete=athlete, seconds=ran_s))
    tape.pass_s(3, 15)


def challenge(fight: Fight) -> None:
    """A video review, and what the operator changes when it was won."""
    athlete = fight.random.choices((0, 1, 2), (1, 4, 4))[0]
    outcome = fight.random.choice(list(Outcome))
    tape, name = fight.tape, f"ch{athlete}"
    answers = {
        Outcome.ACCEPTED: (f"{name};1;",),
        Outcome.REJECTED: (f"{name};0;",),
        Outcome.CANCELLED: (),
        Outcome.WON: (f"{name};1;1;",),
        Outcome.LOST: (f"{name};1;0;",),
    }
    fight.clock.stop()
    tape.pass_s(1, 5)
    tape.say(f"{name};")
    tape.pass_s(3, 30)
    tape.say_all((*answers[outcome], f"{name};-1;"))
    fight.challenges.append(Challenge(round=fight.sheet.number, athlete=athlete, outcome=outcome))
    tape.pass_s(1, 6)
    if outcome is Outcome.WON and athlete and fight.plan.ending not in EVEN:
        _grant(fight, athlete)
    tape.pass_s(1, 6)


def _grant(fight: Fight, athlete: int) -> None:
    """Give the points that were missing, or take those of the opponent away."""
    points = fight.random.randint(2, 3)
    if fight.random.random() < 0.5 and fight.may_lower(3 - athlete, points):
        _lower(fight, 3 - athlete, points)
    else:
        fight.technique(athlete, fight.random.choice((Technique.BODY, Technique.HEAD)), by_sensor=False)


def correction(fight: Fight) -> None:
    """The operator corrects the clock, a score or a gam-jeom; the clock, where nothing else can be."""
    fight.clock.stop()
    fight.tape.pass_s(2, 10)
    what = fight.random.choice(list(Corrected))
    if not (what is Corrected.SCORE and _correct_score(fight)) and not (
        what is Corrected.GAM_JEOMS and _take_back(fight)
    ):
        _correct_clock(fight)
    fight.tape.pass_s(2, 10)


def _correct_clock(fight: Fight) -> None:
    before = fight.clock.shown_s
    after = min(fight.rules.round_s, max(5, before + fight.random.choice((-3, -2, -1, 1, 2, 3, 5))))
    if after != before:
        fight.clock.correct(after)
        _note(fight, Corrected.CLOCK, athlete=0, before=before, after=after)


def _correct_score(fight: Fight) -> bool:
    athlete, points = fight.random.choice((1, 2)), fight.random.randint(1, 3)
    if not fight.may_lower(athlete, points):
        return False
    _lower(fight, athlete, points)
    return True


def _lower(fight: Fight, athlete: int, points: int) -> None:
    side = fight.side(athlete)
    side.score -= points
    fight.say_scores()
    _note(fight, Corrected.SCORE, athlete=athlete, before=side.score + points, after=side.score)


def _take_back(fight: Fight) -> bool:
    points = fight.rules.gam_jeom_points
    athletes = [a for a in (1, 2) if fight.side(a).gam_jeoms and fight.may_lower(3 - a, points)]
    if not athletes:
        return False
    athlete = fight.random.choice(athletes)
    side = fight.side(athlete)
    side.gam_jeoms -= 1
    fight.side(3 - athlete).score -= points
    fight.say_scores(after=wording.gam_jeoms(fight.sheet.gam_jeoms()))
    _note(fight, Corrected.GAM_JEOMS, athlete=athlete, before=side.gam_jeoms + 1, after=side.gam_jeoms)
    return True


def _note(fight: Fight, what: Corrected, *, athlete: int, before: int, after: int) -> None:
    number = fight.sheet.number
    fight.corrections.append(Correction(round=number, what=what, athlete=athlete, before=before, after=after))


def reload(fight: Fight) -> None:
    """The match is loaded again where it stands."""
    fight.clock.stop()
    fight.tape.pass_s(5, 30)
    loading.load(fight)
    fight.tape.pass_s(5, 30)


def timeout(fight: Fight) -> None:
    """A para athlete's timeout."""
    athlete, tape = fight.random.choice((1, 2)), fight.tape

    def said(seconds: int, action: str = "") -> str:
        return f"to{athlete};{wording.time(seconds)};" + (f"{action};" if action else "")

    fight.clock.stop()
    tape.pass_s(1, 4)
    tape.say(said(INJURY_S, "show"), said(INJURY_S - 1))
    count_down(tape, said, shown_s=INJURY_S - 1, seconds=INJURY_S)
    tape.say(said(0, "hide"))
    tape.pass_s(2, 8)


INCIDENTS: Final[dict[ActKind, Callable[[Fight], None]]] = {
    ActKind.PAUSE: pause,
    ActKind.INJURY: injury,
    ActKind.CHALLENGE: challenge,
    ActKind.CORRECTION: correction,
    ActKind.RELOAD: reload,
    ActKind.TIMEOUT: timeout,
}
