"""What happens in a match, and rules for it, as tests of automation say them."""

from typing import Any

from msgspec.structs import replace

from shared.automation.happenings import Happened
from shared.automation.match_view import MatchView, Venue
from shared.messages.automation import Happening, Rule
from shared.messages.match import Stage
from shared.messages.obs_actions import SetScene
from shared.messages.pss import AthleteName

AT_US = 1_700_000_000_000_000
VIEW = MatchView(
    ring="ring-1",
    match_id="ring-1.a.4",
    stage=Stage.RUNNING,
    match_number="101",
    phase="Semifinals",
    weight_class="W +73kg",
    division="Under 21",
    chong=AthleteName(short_name="M. ČAČIĆ", long_name="Marija ČAČIĆ", noc="CRO"),
    hong=AthleteName(short_name="D. ĐURIĆ", long_name=None, noc="KOR"),
    round=2,
    clock_ms=65_000,
    score=(5, 2),
    gam_jeoms=(1, 3),
    round_winners=(1,),
    venue=Venue(tournament="Croatia Open", day=2, time_zone="Europe/Zagreb"),
)


class Mat:
    """Makes happenings of one ring, each in an entry of its own."""

    def __init__(self) -> None:
        self.entry = 0

    def happened(
        self, what: Happening = Happening.POINT, *, at_s: float = 0.0, view: dict[str, Any] | None = None, **more: Any
    ) -> Happened:
        """Something that happened `at_s` seconds after the beginning; `view` and `more` say what is not as usual."""
        self.entry += 1
        known = replace(VIEW, **(view or {}))
        usual: dict[str, Any] = {
            "ring": known.ring,
            "session": "s",
            "entry": self.entry,
            "index": 0,
            "at_us": AT_US + round(at_s * 1e6),
            "label": "hong body +2",
        }
        return Happened(what=what, view=known, **(usual | more))


def rule(name: str = "r", *on: Happening, **more: Any) -> Rule:
    """A rule that shows the scene Match; it waits for points if nothing else is said."""
    usual: dict[str, Any] = {"on": on or (Happening.POINT,), "actions": (SetScene(scene="Match"),)}
    return Rule(rule=name, **(usual | more))
