"""How long it takes from a datagram to the request that reaches OBS, and what the suite itself says it took.

OBS is a fake that stamps what arrives with the monotonic clock, which all processes share. Its requests are matched to
the datagrams by their order: one connection asks one after the other. Meanwhile the venue's load goes to other ports.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import cycle
from typing import Self, TypeVar

from msgspec import Struct

from shared.clock import NS_PER_S
from tests.bench.bare_obs import Ports
from tests.bench.bouts import Script
from tests.bench.child import Child
from tests.bench.loaded import LoadedSuite
from tests.bench.player import Play, Played
from tests.bench.sender import Order, Sent
from tests.support.obs.fake import FakeObs, Received
from tests.support.wait import eventually

T = TypeVar("T")
RING = "ring-1"
RULES = {
    "Fight": ("--on", "point", "--athlete", "chong"),
    "Winner": ("--on", "point", "--athlete", "hong"),
    "Break": ("--on", "gam_jeom"),
}
"""Which scene follows what, in the order of `moments`. With two of them one might often be on the air already when it
is asked for a little late."""
ASK, SET = "GetCurrentProgramScene", "SetCurrentProgramScene"
FIRED = """
SELECT entry, outcome, latency_ms FROM obs_rule_firings WHERE ring = ? AND entry > ? ORDER BY entry
"""
WITHIN_S = 15.0
REST_S = 0.5
"""The load begins so long before the first datagram that is timed, and ends so long after the last."""


class Asked(Struct, frozen=True, kw_only=True):
    """Milliseconds from each timed datagram until OBS had the first request that it led to, and the one that changes
    the scene; and how long the suite says that the first took.
    """

    first: list[float]
    scene: list[float]
    stored: list[float]


class Mat:
    """Plays scripts to a port while the venue's load goes to others."""

    def __init__(self, player: Child, sender: Child) -> None:
        self._player = player
        self._sender = sender

    def play(self, script: Script, port: int, others: Sequence[int], *, rate: float) -> Played:
        """Play a script from its beginning to its end."""
        lasts_s = script.datagrams[-1][0] + 2 * REST_S
        if others:
            self._sender.begin(Order(rings=list(others), rate=rate, count=int(rate * lasts_s)))
        late = [(at_s + REST_S, text) for at_s, text in script.datagrams]
        played = self._player.ask(Play(port=port, datagrams=late), Played)
        if others:
            self._sender.read(Sent)
        return played


class BareAct:
    """The process that does nothing but split datagrams and ask OBS."""

    def __init__(self, fake: FakeObs) -> None:
        self._fake = fake
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        child = Child("tests.bench.bare_obs", str(self._fake.port), self._fake.password)
        self._ports = self._stack.enter_context(child).read(Ports)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def asked(self, mat: Mat, script: Script, *, rate: float) -> list[float]:
        """Play `script` to it; the delays of its timed datagrams in ms."""
        before = len(self._fake.asked(SET))
        played = mat.play(script, self._ports.mat, [self._ports.others], rate=rate)
        return _delays(self._fake, SET, before, script, played)


def connect(suite: LoadedSuite, port: int, password: str, *, name: str = "main") -> None:
    """Give the suite an OBS for the one ring, with all roles, as an operator does."""
    suite.suite.environment["RESTRIKE_OBS_PASSWORD"] = password
    suite.suite.restrike("obs", "add", name, "--port", str(port), "--rings", RING)
    suite.suite.restrike("obs", "recording", name, "--post-roll", "0.5", "--least-free", "100")
    suite.suite.restrike("obs", "connect", name)


def add_rules(suite: LoadedSuite) -> None:
    """A scene for each side's points, and one for gam-jeoms."""
    for scene, words in RULES.items():
        suite.suite.restrike("obs", "rules", "add", scene.lower(), *words, "--ring", RING, "--scene", scene)


def suite_asked(suite: LoadedSuite, fake: FakeObs, mat: Mat, script: Script, *, rate: float) -> Asked:
    """Play `script` to the suite's first ring while its others have `rate` datagrams a second."""
    before, asks, sets = suite.ends()[RING].entry, len(fake.asked(ASK)), len(fake.asked(SET))
    port, *others = suite.suite.ports.values()
    played = mat.play(script, port, others, rate=rate)
    assert_sound(suite)
    first = _delays(fake, ASK, asks, script, played)
    entries = [before + 1 + place for place in script.timed]
    rows = _all(lambda: suite.suite.rows(FIRED, RING, before), len(entries), what="firings")
    assert [(entry, outcome) for entry, outcome, _ in rows] == [(entry, "done") for entry in entries], rows
    return Asked(
        first=first,
        scene=_scene_delays(fake.asked(SET)[sets:], _sent_s(script, played)),
        stored=[float(latency_ms) for _, _, latency_ms in rows],
    )


def assert_sound(suite: LoadedSuite) -> None:
    """obs-bridge had no fault that would explain a figure."""
    assert suite.suite.health("obs-bridge").faults == 0, suite.suite.logs()


def _scene_delays(asked: list[Received], sent_s: list[float]) -> list[float]:
    """A scene is not asked for when it is on the air already, as it is when three datagrams were late together."""
    due, delays = zip(cycle(RULES), sent_s), []  # the scenes have no end
    for received in asked:
        at_s = next(at_s for scene, at_s in due if scene == received.data["sceneName"])
        delays.append((received.at_s - at_s) * 1000)
    return delays


def _delays(fake: FakeObs, request: str, before: int, script: Script, played: Played) -> list[float]:
    asked = _all(lambda: fake.asked(request)[before:], len(script.timed), what=f"{request} at OBS")
    return [(received.at_s - at_s) * 1000 for received, at_s in zip(asked, _sent_s(script, played), strict=True)]


def _sent_s(script: Script, played: Played) -> list[float]:
    return [played.stamps[place] / NS_PER_S for place in script.timed]


def _all(look: Callable[[], list[T]], count: int, *, what: str) -> list[T]:
    def complete() -> list[T]:
        found = look()
        assert len(found) == count, f"{len(found)} of {count} {what}"
        return found

    return eventually(complete, within=WITHIN_S, what=what)
