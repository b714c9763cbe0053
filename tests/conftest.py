"""For all tests: Hypothesis judges what the code does, not how busy the machine is; and a database worth asking."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from shared.db.lock import file_lock

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def season_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of 20,000 events of two tournaments, made once for all tests: open it read-only, or copy it."""
    from tests.support.large_database import small_database  # noqa: PLC0415  # half of the services, for a few tests

    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "season"
    folder.mkdir(exist_ok=True)
    with file_lock(folder / ".lock", within_s=120):
        path = folder / "restrike.db"
        if not path.exists():
            (folder / "new").mkdir()
            small_database(folder / "new").rename(path)
    return path
