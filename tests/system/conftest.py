"""Fixtures of the system tests: a running suite in a home of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.suite import Suite, running


@pytest.fixture
def suite(tmp_path: Path) -> Iterator[Suite]:
    """A running suite with one ring."""
    with running(tmp_path / "home") as started:
        yield started
