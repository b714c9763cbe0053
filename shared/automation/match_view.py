"""What a rule, a file name or a caption needs to know of a match, as it stood at one moment."""

from msgspec import Struct

from shared.messages.match import Athlete, MatchState, Stage
from shared.messages.pss import AthleteName

NOBODY = AthleteName()


class Venue(Struct, frozen=True, kw_only=True):
    """To which tournament and day (from 1) a match belongs, and the venue's time zone (IANA; None: this machine's)."""

    tournament: str | None = None
    day: int | None = None
    time_zone: str | None = None


class MatchView(Struct, frozen=True, kw_only=True):
    """A ring's match. `match_id` None: none is loaded. Pairs are (chong, hong); `winner` is 1, 2 or 0 (a tie)."""

    ring: str
    match_id: str | None = None
    stage: Stage | None = None
    match_number: str | None = None
    phase: str | None = None
    weight_class: str | None = None
    division: str | None = None
    chong: AthleteName = NOBODY
    hong: AthleteName = NOBODY
    round: int | None = None
    is_golden: bool = False
    clock_ms: int | None = None
    score: tuple[int, int] = (0, 0)
    gam_jeoms: tuple[int, int] = (0, 0)
    round_winners: tuple[int, ...] = ()
    winner: int | None = None
    decision: str | None = None
    loaded_at_us: int | None = None
    venue: Venue = Venue()

    @property
    def rounds_won(self) -> tuple[int, int]:
        """How many rounds chong and hong won."""
        return self.round_winners.count(1), self.round_winners.count(2)

    @property
    def is_fought(self) -> bool:
        """Whether the match has begun and is not over."""
        return self.stage is not None and self.stage not in _NOT_FOUGHT

    @property
    def is_over(self) -> bool:
        """Whether the match has its end."""
        return self.stage in (Stage.DECIDED, Stage.CLOSED)


_NOT_FOUGHT = (Stage.NOT_LOADED, Stage.LOADING, Stage.LOADED, Stage.READY, Stage.CLOSED, Stage.DECIDED)


def view_of(state: MatchState, venue: Venue) -> MatchView:
    """The view of a match that was heard of in the midst of it."""
    return MatchView(
        ring=state.ring,
        match_id=state.match_id,
        stage=state.stage,
        match_number=state.match_number,
        phase=state.phase,
        weight_class=state.weight_class,
        division=state.division,
        chong=_name(state.chong),
        hong=_name(state.hong),
        round=state.round,
        is_golden=state.is_golden,
        clock_ms=state.clock_ms,
        score=(state.chong.score, state.hong.score),
        gam_jeoms=(state.chong.gam_jeoms, state.hong.gam_jeoms),
        round_winners=state.round_winners,
        winner=state.winner,
        decision=state.decision,
        venue=venue,
    )


def _name(athlete: Athlete) -> AthleteName:
    return AthleteName(short_name=athlete.short_name, long_name=athlete.long_name, noc=athlete.noc)
