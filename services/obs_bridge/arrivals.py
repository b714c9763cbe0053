"""Tells rules that an OBS is there (`obs_connected`), for each ring that it serves; obs-bridge.

A rule fires once for each time that an OBS connected, for the first ring whose match meets its conditions. So a ring of
which nothing was heard yet counts as one without a match, and is said once more when its match is known.
"""

from collections.abc import Callable, Iterable
from typing import Protocol

from services.obs_bridge.faces import Named
from shared.automation.happenings import Happened
from shared.automation.match_view import MatchView
from shared.messages.automation import Happening
from shared.messages.obs import LinkState


class Serving(Named, Protocol):
    """A connection that is for some rings."""

    def serves(self, ring: str) -> bool:
        """Whether it is for this one."""


class Arrivals:
    """`views` are the matches of all rings that the suite knows, whether or not anything was heard of them. `session`
    is another one in each process.
    """

    def __init__(
        self,
        take: Callable[[Happened], None],
        *,
        session: str,
        now_us: Callable[[], int],
        views: Callable[[], Iterable[MatchView]],
    ) -> None:
        self._take = take
        self._session = session
        self._now_us = now_us
        self._views = views
        self._count = 0
        self._here: dict[str, tuple[Serving, int]] = {}
        self._heard_of: set[str] = set()

    def went(self, obs: Serving, state: LinkState) -> None:
        """Go on with how the connection of `obs` stands now."""
        if state is LinkState.CONNECTED and obs.name not in self._here:
            self._count += 1
            self._here[obs.name] = (obs, self._count)
            for view in self._views():
                self._tell(obs, self._count, view)
        elif state not in (LinkState.CONNECTED, LinkState.NOT_READY):  # one that opens a collection is still there
            self._here.pop(obs.name, None)

    def stands(self, view: MatchView) -> None:
        """How a ring stands, once nothing of it is missing any more."""
        if view.ring not in self._heard_of:
            self._heard_of.add(view.ring)
            for obs, number in self._here.values():
                self._tell(obs, number, view)

    def _tell(self, obs: Serving, number: int, view: MatchView) -> None:
        if obs.serves(view.ring):
            self._take(
                Happened(
                    what=Happening.OBS_CONNECTED,
                    ring=view.ring,
                    session=self._session,
                    entry=number,
                    index=0,
                    at_us=self._now_us(),
                    view=view,
                    label=f"OBS {obs.name} connected",
                    connection=obs.name,
                )
            )
