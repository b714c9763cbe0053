"""For tests of the license service."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.licensing.customer import Customer


@pytest.fixture
def customer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Customer]:
    """An installation that started for the first time on 2026-01-01."""
    made = Customer(tmp_path / "home", monkeypatch)
    yield made
    made.close()
