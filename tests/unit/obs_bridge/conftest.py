"""For the tests of obs-bridge: a scripted OBS, and a link to it that waits for little."""

from collections.abc import Iterator

import pytest

from tests.support.obs.fake import FakeObs
from tests.support.obs.linked import SHORT, Linked, linked


@pytest.fixture
def fake() -> Iterator[FakeObs]:
    with FakeObs() as fake:
        yield fake


@pytest.fixture
def ours(fake: FakeObs) -> Iterator[Linked]:
    with linked(fake.port, fake.password, limits=SHORT) as ours:
        yield ours
