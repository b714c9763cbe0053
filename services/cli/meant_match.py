"""Which match `restrike match edit` or `close` means, and what is known of it: asked from pss-parser while it is
loaded, else read from the database.
"""

from msgspec import Struct

from shared.errors import RestrikeError, ValidationError
from shared.messages.commands import GetMatchState, ListMatchStates
from shared.messages.match import MatchState, Stage
from shared.paths import Paths
from shared.rpc import Client


class Meant(Struct, frozen=True, kw_only=True):
    """A match. `winner` and `decision` are those in force, as far as they are known; `is_decided`: it has a result, or
    a half of one.
    """

    ring: str
    match_id: str
    total_rounds: int | None
    winner: int | None
    decision: str | None
    is_decided: bool


def meant_match(paths: Paths, named: str) -> Meant:
    """The match of that id, or the one that is loaded on the ring of that name.

    Raises:
        ValidationError: there is none.
        RestrikeError: a ring is named, and pss-parser does not know it or does not answer.
    """
    from services.cli.stored_edits import find_stand  # noqa: PLC0415  # loads SQLite, only here

    if "." not in named:
        state = Client(paths).call(GetMatchState(ring=named))
        if state.match_id is None:
            raise ValidationError("match.none", f"No match is loaded on {named}. See restrike match list.")
        return _loaded(state, state.match_id)
    # A match of this moment may not be stored yet, or not its result.
    loaded = next((_loaded(state, named) for state in shown_states(paths) if state.match_id == named), None)
    if loaded is not None:
        return loaded
    stored = find_stand(paths.database, named)
    if stored is None:
        raise ValidationError("match.unknown", f"There is no match {named}. See restrike match list.", value=named)
    return Meant(
        ring=stored.ring,
        match_id=named,
        total_rounds=stored.total_rounds,
        winner=stored.winner,
        decision=stored.decision,
        is_decided=bool(stored.is_decided) or stored.winner is not None or stored.decision is not None,
    )


def shown_states(paths: Paths) -> list[MatchState]:
    """The rings' matches as they stand; none while pss-parser does not run."""
    try:
        return Client(paths).call(ListMatchStates()).states
    except RestrikeError:
        return []


def _loaded(state: MatchState, match_id: str) -> Meant:
    in_force = state if state.result is None else state.result
    return Meant(
        ring=state.ring,
        match_id=match_id,
        total_rounds=state.total_rounds,
        winner=in_force.winner,
        decision=in_force.decision,
        is_decided=state.stage is Stage.DECIDED or in_force.winner is not None or in_force.decision is not None,
    )
