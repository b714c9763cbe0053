"""From the parser's results to what happens in a match: the one place that says what a rule, a chapter or a recorder
may wait for. Pure; obs-bridge, and the command line's dry runs.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from shared.automation.match_view import NOBODY, MatchView, Venue
from shared.messages import match, pss
from shared.messages.automation import Happening
from shared.messages.edits import Changes
from shared.messages.episodes import Challenge, ChallengeStatus
from shared.messages.wire import ParsedEntries, ParsedEntry, ParsedMessage

SIDES: Final = ("referee", "chong", "hong")
DECIDED: Final = frozenset(
    {ChallengeStatus.WON, ChallengeStatus.LOST, ChallengeStatus.REJECTED, ChallengeStatus.CANCELLED}
)


class Happened(Struct, frozen=True, kw_only=True):
    """Something that happened, when (Unix microseconds, as the datagram was received), where in the journal, and the
    match just after it. `points` is the value of a point, `is_reload` says that the loaded match was loaded before.
    `label` is a sentence's worth of it for people. `connection` is the OBS that it happened on, None for the mat.
    """

    what: Happening
    ring: str
    session: str
    entry: int
    index: int
    at_us: int
    view: MatchView
    label: str
    athlete: int | None = None
    points: int | None = None
    challenge: Challenge | None = None
    is_reload: bool = False
    connection: str | None = None


class _Place(Struct, frozen=True):
    session: str
    entry: int
    index: int
    at_us: int


class Follower:
    """Follows one ring. `view` is the match as it stands; `venue_of` is asked at each load."""

    def __init__(self, view: MatchView, venue_of: Callable[[], Venue] = Venue) -> None:
        self.view = view
        self._venue_of = venue_of
        self._reviews: dict[int, tuple[ChallengeStatus, bool]] = {}
        self._injuries: dict[int, bool] = {}

    def take(self, batch: ParsedEntries) -> Iterator[Happened]:
        """What happened in `batch`, one by one, while the view goes on."""
        for number, parsed in enumerate(batch.results, batch.first):
            yield from self.take_entry(parsed, session=batch.session, number=number)

    def take_entry(self, parsed: ParsedEntry, *, session: str, number: int) -> Iterator[Happened]:
        """What happened in one entry."""
        at_us = parsed.entry.received_at_us
        self._enter(parsed.events)
        for event in parsed.events:
            yield from self._deduced(event, _Place(session, number, 0, at_us))
        for index, message in enumerate(parsed.messages):
            place = _Place(session, number, index, at_us)
            self._moment(message)
            self._enter(message.events)
            for event in message.events:
                yield from self._deduced(event, place)
            read = _READ.get(type(message.data))
            if read is not None:
                yield from read(self, message.data, place)

    def _moment(self, message: ParsedMessage) -> None:
        view = self.view
        if message.match_id == view.match_id and (message.clock_ms, message.score) != (view.clock_ms, view.score):
            self.view = replace(view, clock_ms=message.clock_ms, score=message.score or view.score)

    def _enter(self, events: list[match.AnyMatchEvent]) -> None:
        """The stage after a message is that of everything that followed from it."""
        for event in events:
            if type(event) is match.StageChanged:
                self.view = replace(self.view, stage=event.after)

    def _say(self, what: Happening, place: _Place, label: str, **more: Any) -> Iterator[Happened]:
        yield Happened(
            what=what,
            ring=self.view.ring,
            session=place.session,
            entry=place.entry,
            index=place.index,
            at_us=place.at_us,
            view=self.view,
            label=label,
            **more,
        )

    def _deduced(self, event: match.AnyMatchEvent, place: _Place) -> Iterator[Happened]:
        deduce = _DEDUCED.get(type(event))
        return deduce(self, event, place) if deduce is not None else iter(())

    def _loaded(self, event: match.MatchLoaded, place: _Place) -> Iterator[Happened]:
        is_same = event.match_id == self.view.match_id
        before = self.view if is_same else MatchView(ring=self.view.ring)
        if not is_same:
            self._reviews, self._injuries = {}, {}
        self.view = replace(
            before,
            match_id=event.match_id,
            match_number=event.match_number,
            phase=event.phase,
            weight_class=event.weight_class,
            division=event.division,
            chong=event.chong or NOBODY,
            hong=event.hong or NOBODY,
            loaded_at_us=place.at_us,
            venue=before.venue if is_same else self._venue_of(),
        )
        number = event.match_number or "without number"
        yield from self._say(Happening.MATCH_LOADED, place, f"match {number} loaded", is_reload=is_same)

    def _ready(self, _: pss.LoadCompleted, place: _Place) -> Iterator[Happened]:
        if self.view.match_id is not None:
            yield from self._say(Happening.MATCH_READY, place, "ready")

    def _clock(self, event: pss.ClockTicked, place: _Place) -> Iterator[Happened]:
        if self.view.match_id is None:
            return
        if event.action is pss.ClockAction.START:
            yield from self._say(Happening.CLOCK_STARTED, place, "clock starts")
        elif event.action in (pss.ClockAction.STOP, pss.ClockAction.STOP_END):
            yield from self._say(Happening.CLOCK_STOPPED, place, "clock stops")
        yield from self._say(Happening.CLOCK, place, "clock")

    def _round_started(self, event: match.RoundStarted, place: _Place) -> Iterator[Happened]:
        self.view = replace(self.view, round=event.round, is_golden=event.is_golden, gam_jeoms=(0, 0))
        label = "golden round" if event.is_golden else f"round {event.round}"
        yield from self._say(Happening.ROUND_STARTED, place, label)

    def _round_ended(self, event: match.RoundEnded, place: _Place) -> Iterator[Happened]:
        yield from self._say(Happening.ROUND_ENDED, place, f"round {event.round} ends")

    def _round_won(self, event: match.RoundWon, place: _Place) -> Iterator[Happened]:
        winners = [*self.view.round_winners, *[0] * (event.round - len(self.view.round_winners))]
        winners[event.round - 1] = event.winner
        self.view = replace(self.view, round_winners=tuple(winners))
        if event.winner:
            label = f"round {event.round} for {SIDES[event.winner]}"
            yield from self._say(Happening.ROUND_WON, place, label, athlete=event.winner)

    def _point(self, event: pss.PointScored, place: _Place) -> Iterator[Happened]:
        technique = event.technique.name.lower().replace("_", " ") if event.technique else "point"
        points = event.points if event.points is not None else _POINTS.get(event.technique)
        label = f"{SIDES[event.athlete]} {technique}" + (f" +{points}" if points else "")
        yield from self._say(Happening.POINT, place, label, athlete=event.athlete, points=points)

    def _score(self, event: match.ScoreChanged, place: _Place) -> Iterator[Happened]:
        label = f"{SIDES[event.athlete]} {event.before} to {event.after}"
        yield from self._say(
            Happening.SCORE_CHANGED, place, label, athlete=event.athlete, points=event.after - event.before
        )

    def _gam_jeoms(self, event: match.GamJeomsChanged, place: _Place) -> Iterator[Happened]:
        chong, hong = self.view.gam_jeoms
        gam_jeoms = (event.after, hong) if event.athlete == 1 else (chong, event.after)
        self.view = replace(self.view, gam_jeoms=gam_jeoms)
        if event.after > event.before:
            label = f"gam-jeom {SIDES[event.athlete]} ({event.after})"
            yield from self._say(Happening.GAM_JEOM, place, label, athlete=event.athlete)

    def _correction(self, event: match.CorrectionMade, place: _Place) -> Iterator[Happened]:
        label = f"correction of {event.what.replace('_', ' ')}"
        yield from self._say(Happening.CORRECTION, place, label, athlete=event.athlete)

    def _review(self, event: match.ChallengeChanged, place: _Place) -> Iterator[Happened]:
        review = event.challenge
        status, is_open = self._reviews.get(review.number, (None, False))
        self._reviews[review.number] = (review.status, review.is_open)
        more: dict[str, Any] = {"athlete": review.athlete, "challenge": review}
        if status is None and review.entry == place.entry:  # one that was asked for before we came is nothing new
            label = f"review asked by {SIDES[review.athlete]}"
            yield from self._say(Happening.REVIEW_REQUESTED, place, label, **more)
        is_cancelled = review.status is ChallengeStatus.CANCELLED
        decided_at_us = review.ended_at_us if is_cancelled else review.decided_at_us
        is_new = status is not None or place.at_us == decided_at_us  # or it was decided before we came
        if review.status in DECIDED and review.status is not status and is_new:
            yield from self._say(Happening.REVIEW_DECIDED, place, f"review {review.status}", **more)
        if not review.is_open and (is_open or status is None):
            yield from self._say(Happening.REVIEW_ENDED, place, "review ends", **more)

    def _injury(self, event: match.InjuryChanged, place: _Place) -> Iterator[Happened]:
        injury = event.injury
        was_open = self._injuries.get(injury.number)
        self._injuries[injury.number] = injury.is_open
        whose = SIDES[injury.athlete] if injury.athlete else "an athlete"
        kind = injury.kind.replace("_", " ")
        if was_open is None and injury.entry == place.entry:
            yield from self._say(Happening.INJURY_BEGAN, place, f"{kind} of {whose}", athlete=injury.athlete)
        if was_open is not False and not injury.is_open:
            yield from self._say(Happening.INJURY_ENDED, place, f"{kind} ends", athlete=injury.athlete)

    def _stage(self, event: match.StageChanged, place: _Place) -> Iterator[Happened]:
        if event.after is match.Stage.BREAK:
            yield from self._say(Happening.BREAK_BEGAN, place, "break")

    def _decided(self, event: match.MatchDecided, place: _Place) -> Iterator[Happened]:
        is_first = self.view.winner is None and self.view.decision is None
        self.view = replace(self.view, winner=event.winner, decision=event.decision)
        if is_first:
            label = f"{SIDES[event.winner]} wins" if event.winner else "decision"
            yield from self._say(Happening.MATCH_DECIDED, place, label, athlete=event.winner)

    def _closed(self, event: match.MatchClosed, place: _Place) -> Iterator[Happened]:
        if event.match_id == self.view.match_id:
            yield from self._say(Happening.MATCH_CLOSED, place, "match closed by hand")

    def _edited(self, event: match.MatchEdited, _: _Place) -> Iterator[Happened]:
        if event.match_id == self.view.match_id:
            self.view = _with_changes(self.view, event.changes)
        return iter(())


def _with_changes(view: MatchView, changes: Changes) -> MatchView:
    names = {name: getattr(changes, name) for name in ("match_number", "phase", "weight_class", "division")}
    said = {name: value for name, value in names.items() if value is not None}
    sides = {}
    for side in ("chong", "hong"):
        name, noc = getattr(changes, f"{side}_name"), getattr(changes, f"{side}_noc")
        known = getattr(view, side)
        new = {"long_name": name, "short_name": name} if name is not None else {}
        sides[side] = replace(known, **new, **({"noc": noc} if noc is not None else {}))
    return replace(view, **said, **sides)


_POINTS: Final = {
    pss.Technique.PUNCH: 1,
    pss.Technique.BODY: 2,
    pss.Technique.HEAD: 3,
    pss.Technique.TECHNICAL_BODY: 4,
    pss.Technique.TECHNICAL_HEAD: 5,
    None: None,
}
_Take = Callable[[Follower, Any, _Place], Iterator[Happened]]
# ruff: noqa: SLF001 - the tables of this module's own class
_READ: Final[dict[type[pss.Reading], _Take]] = {
    pss.LoadCompleted: Follower._ready,
    pss.ClockTicked: Follower._clock,
    pss.PointScored: Follower._point,
}
_DEDUCED: Final[dict[type[match.Deduction], _Take]] = {
    match.MatchLoaded: Follower._loaded,
    match.RoundStarted: Follower._round_started,
    match.RoundEnded: Follower._round_ended,
    match.RoundWon: Follower._round_won,
    match.ScoreChanged: Follower._score,
    match.GamJeomsChanged: Follower._gam_jeoms,
    match.CorrectionMade: Follower._correction,
    match.ChallengeChanged: Follower._review,
    match.InjuryChanged: Follower._injury,
    match.StageChanged: Follower._stage,
    match.MatchDecided: Follower._decided,
    match.MatchClosed: Follower._closed,
    match.MatchEdited: Follower._edited,
}
