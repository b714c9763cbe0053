"""For all tests: Hypothesis judges what the code does, not how busy the machine is; and databases, made once."""

import compileall
import gc
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from shared.db.lock import file_lock
from shared.db.migrate import migrate
from shared.db.sqlite import connect_writer
from shared.paths import PROGRAM_ROOT
from tests.support.obs.display import Display
from tests.support.obs.real import RealObs, real_obs

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

# What pytest makes of the tests is kept; what it starts writes nothing beside its source, see below.
sys.dont_write_bytecode = False
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"

# A run in the background of a shell ignores SIGINT, and so would every process that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """Compile once what thousands of processes import. None of them does it by itself: on a disk that a test has filled
    it would leave half a file.
    """
    if not hasattr(config, "workerinput"):
        for folder in ("services", "shared", "tests/support"):
            compileall.compile_dir(PROGRAM_ROOT / folder, quiet=2)


def pytest_collection_finish() -> None:
    """What thousands of collected tests are made of stays until the end: the garbage collector need not look at it."""
    gc.freeze()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of an empty database at the latest version: written where a test wants one, as migrating takes long."""
    path = tmp_path_factory.mktemp("migrated") / "restrike.db"
    migrate(path, backups=None)
    with closing(connect_writer(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.read_bytes()


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


@pytest.fixture(scope="session")
def screen() -> Iterator[Display]:
    """A screen for every OBS of this run that is started with `real_obs(..., display=screen)`."""
    with Display() as display:
        yield display


@pytest.fixture
def obs(tmp_path: Path, screen: Display) -> Iterator[RealObs]:
    """A real OBS that answers; mark the test with `needs_obs`."""
    with real_obs(tmp_path, display=screen) as one:
        yield one


@pytest.fixture
def two_obs(tmp_path: Path, screen: Display) -> Iterator[tuple[RealObs, RealObs]]:
    """Two real OBS at once."""
    with real_obs(tmp_path, display=screen) as one, real_obs(tmp_path, display=screen) as two:
        yield one, two
