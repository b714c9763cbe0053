"""A vendor's shop of its own for each test."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.licensing.shop import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Books without licences, and one key."""
    with closing(Shop(tmp_path / "licensor")) as one:
        yield one
