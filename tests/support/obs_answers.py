"""Answers that a real OBS cannot be made to give, in the middle of a match: what comes of the recording."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from shared.messages.obs import LinkState
from tests.support.mat import Mat
from tests.support.obs.fake import FakeObs
from tests.support.obs.steps import (
    FAILED,
    NOT_READY,
    AfterNext,
    AsUsual,
    Close,
    Drop,
    Late,
    Raw,
    Silence,
    Step,
    Twice,
    WrongId,
    refuse,
)
from tests.support.obs_ringside import RESPONSIVE_S, SESSIONS, SOON_S, Measured
from tests.support.obs_suite import ObsSuite, obs_suite
from tests.support.obs_watch import Watch
from tests.support.stored import bodies
from tests.support.wait import eventually, lenient

ANSWERS: Final[dict[str, Step]] = {
    "never answered, not done": Silence(),
    "never answered, done": Silence(then=AsUsual()),
    "answered after 1 s": Late(1.0),
    "answered after 3 s": Late(3.0),
    "answered out of order": AfterNext(),
    "answered with another's number": WrongId(),
    "answered twice": Twice(),
    "answered with half a message": Raw('{"op": 7, "d": {'),
    "answered with bytes": Raw(b"\x00\xff\xfe"),
    "closed in mid-request": Close(),
    "broken off in mid-request": Drop(),
    "refused": refuse(FAILED, "no reason"),
    "not ready": refuse(NOT_READY),
}
ORDERLY: Final = {"StartRecord": ("answered after 3 s",)}
"""What OBS cannot do, as it takes requests in their order: begin to record after a later request to do so was done."""
STEPS: Final = ("StartRecord", "StopRecord", "GetRecordStatus", "GetStats", "SetProfileParameter")
"""The requests that a recording is made of, and the two that are asked each second."""


class Pretended:
    """A suite with a pretended OBS, a mat and somebody who watches."""

    def __init__(self, suite: ObsSuite, fake: FakeObs, mat: Mat, watch: Watch) -> None:
        self.suite = suite
        self.fake = fake
        self.mat = mat
        self.watch = watch
        self.number = 500

    def match(self, request: str, answer: str) -> Measured:
        """Record a match of which one `request` is answered like that; both within 5 s, and one true row."""
        self.number += 1
        self.watch.forget()
        measured = Measured(fault=f"{request} {answer}")
        self.suite.connected()
        if request in ("StartRecord", "SetProfileParameter"):
            self.fake.on(request, ANSWERS[answer])
        began_s = time.monotonic()
        self.mat.fight(self.number)
        self.suite.records(self.number, within=SOON_S)
        start_s = time.monotonic() - began_s
        if request not in ("StartRecord", "SetProfileParameter"):
            asked = len(self.fake.asked(request))
            self.fake.on(request, ANSWERS[answer])
            if request != "StopRecord":
                eventually(lambda: len(self.fake.asked(request)) > asked, within=SOON_S, what=f"{request} is asked")
        ended_s = time.monotonic()
        self.mat.decide()
        eventually(self._is_over, within=SOON_S, what=f"the recording of {self.number} has ended")
        measured.back_s = round(max(start_s, time.monotonic() - ended_s), 2)
        eventually(lambda: self.suite.status().state, equals=LinkState.CONNECTED, within=SOON_S, what="connected")
        measured.slowest_s, measured.lag_ms = max(self.watch.slowest_s.values()), self.watch.lag_ms
        assert measured.slowest_s < lenient(RESPONSIVE_S), self.watch.slowest_s
        self._assert_true()
        measured.sentence = next(iter(self.watch.sentences()), "")
        return measured

    def _is_over(self) -> bool:
        assert "Record" not in self.fake.studio.running, "OBS records on"
        return self.suite.status().recording == "idle"

    def _assert_true(self) -> None:
        """One session that is over, one row, and the file that OBS wrote."""

        def rows() -> list[tuple[int, str, int]]:
            found = self.suite.rows(SESSIONS, str(self.number))
            return [(part, state, by_hand) for _, part, state, _, by_hand in found]

        eventually(rows, equals=[(1, "idle", 0)], within=SOON_S, what=f"sessions of {self.number}")
        videos = [video for video in self.suite.videos("match") if video.match == str(self.number)]
        assert len(videos) == 1, videos
        assert Path(videos[0].obs_path or "").exists(), videos


@contextlib.contextmanager
def pretended(folder: Path) -> Iterator[Pretended]:
    """A suite with a pretended OBS; afterwards every datagram is in the database, once."""
    records = folder / "records"
    records.mkdir(parents=True)
    with FakeObs(records=records) as fake, obs_suite(folder / "home") as suite:
        suite.connect(fake)
        suite.restrike("obs", "recording", "main", "--post-roll", "0")
        suite.connected()
        with Mat(suite) as mat:
            with Watch(suite) as watch:
                yield Pretended(suite, fake, mat, watch)
            suite.stored()
            assert bodies(suite) == mat.sent
            assert suite.rows("SELECT producer, entry, error FROM refused_facts") == []
