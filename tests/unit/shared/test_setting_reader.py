"""How a service reads settings: typed values, defaults whatever happens, and a word when something changed."""

from pathlib import Path

import pytest

from shared.db.sqlite import connect_writer, sqlite3
from shared.errors import RestrikeError
from shared.paths import Paths
from shared.settings.key import Category, Key, Kind, Rules
from shared.settings.reader import Settings
from shared.settings.secrets import Secrets

HOURS = Key(
    name="test.hours",
    category=Category.APP,
    title="Hours",
    description="Of this test.",
    kind=Kind.INTEGER,
    default=24,
    rules=Rules(min=1, max=48),
)
WORD = Key(
    name="test.word",
    category=Category.APP,
    title="Word",
    description="Of this test.",
    kind=Kind.STRING,
    default="",
    is_sensitive=True,
)


class Home:
    """What is stored, and what a service that reads it was told."""

    def __init__(self, folder: Path) -> None:
        self.stored: dict[str, str] = {}
        self.error: Exception | None = None
        self.reads = 0
        self.warned: list[tuple[str, str]] = []
        self.secrets = Secrets(Paths(folder))
        self.settings = Settings(self.read, self.secrets, warn=self.warn)

    def read(self) -> dict[str, str]:
        self.reads += 1
        if self.error is not None:
            raise self.error
        return dict(self.stored)

    def warn(self, name: str, error: RestrikeError) -> None:
        self.warned.append((name, str(error)))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_values_are_read_once(home: Home) -> None:
    """And again only after they were to be forgotten."""
    home.stored = {"test.hours": "5", "test.word": home.secrets.encrypt("hidden")}
    assert [home.settings.get(HOURS), home.settings.get(WORD)] == [5, "hidden"]
    home.stored = {}
    assert home.settings.get(HOURS) == 5
    assert home.reads == 1
    home.settings.forget()
    assert [home.settings.get(HOURS), home.settings.get(WORD)] == [24, ""]
    assert home.reads == 2


def test_what_cannot_be_used_is_told_once(home: Home) -> None:
    """A default is in force instead, and the next good value again."""
    home.stored = {"test.hours": "500", "test.word": "in clear"}
    for _ in range(3):
        assert [home.settings.get(HOURS), home.settings.get(WORD)] == [24, ""]
        home.settings.forget()
    assert home.warned == [
        ("test.hours", "test.hours must be at most 48 (rule max). (got: '500')"),
        ("test.word", "What is stored is no encrypted text: set it again."),
    ]
    assert set(home.settings.faults) == {"test.hours", "test.word"}
    home.stored = {"test.hours": "7"}
    home.settings.look()
    assert [home.settings.get(HOURS), home.settings.get(WORD)] == [7, ""]
    assert not home.settings.faults


@pytest.mark.parametrize("error", [sqlite3.OperationalError("database is locked"), sqlite3.DatabaseError("malformed")])
def test_a_database_that_cannot_be_read_changes_nothing(home: Home, error: Exception) -> None:
    """What was in force stays so; it is tried again at the next look, not at each question."""
    home.error = error
    assert home.settings.get(HOURS) == 24
    assert home.settings.get(WORD) == ""
    assert home.reads == 1
    home.error, home.stored = None, {"test.hours": "7"}
    home.settings.look()
    assert home.settings.get(HOURS) == 7
    home.error = error
    home.settings.look()
    assert home.settings.get(HOURS) == 7


def test_who_watches_is_told_of_changes_alone(home: Home) -> None:
    """The value at once, then each other one; the same value again is no news."""
    told: list[int] = []
    home.settings.watch(HOURS, told.append)
    for text in ("5", "5", "500", "6"):
        home.stored = {"test.hours": text}
        home.settings.look()
    assert told == [24, 5, 24, 6]


def test_a_watcher_that_fails_keeps_no_other_waiting(home: Home) -> None:
    """All hear of the change, in their order; the one that failed hears of it again at the next look."""
    told: list[tuple[str, int]] = []
    fails = [False]

    def fail(value: int) -> None:
        told.append(("first", value))
        if fails[0]:
            raise OSError("no such port")

    home.settings.watch(HOURS, fail)
    home.settings.watch(HOURS, lambda value: told.append(("second", value)))
    told.clear()
    home.stored = {"test.hours": "7"}
    fails[0] = True
    with pytest.raises(OSError, match="no such port"):
        home.settings.look()
    assert told == [("first", 7), ("second", 7)]
    fails[0] = False
    home.settings.look()
    home.settings.look()
    assert told == [("first", 7), ("second", 7), ("first", 7)]


def test_a_rotation_between_two_readings_is_no_trouble(home: Home) -> None:
    """The text was read before the key was changed, the key file after."""
    stale = home.secrets.encrypt("hidden")
    home.secrets.begin_rotation()
    fresh = home.secrets.encrypt("hidden")
    home.secrets.end_rotation()
    answers = [{"test.word": stale}, {"test.word": fresh}]
    assert Settings(lambda: answers.pop(0), home.secrets).get(WORD) == "hidden"


def test_no_database_and_an_older_one_have_defaults(tmp_path: Path) -> None:
    """A service may start before the first migration; what is made meanwhile is found."""
    paths = Paths(tmp_path)
    paths.prepare()
    settings = Settings.of_file(paths)
    assert settings.get(HOURS) == 24
    assert not paths.database.exists()
    connection = connect_writer(paths.database)
    settings.look()
    assert settings.get(HOURS) == 24
    connection.execute("CREATE TABLE settings_keys (id INTEGER PRIMARY KEY, key_name TEXT)")
    connection.execute("CREATE TABLE settings_values (key_id INTEGER, value TEXT)")
    connection.execute("INSERT INTO settings_keys VALUES (1, 'test.hours')")
    connection.execute("INSERT INTO settings_values VALUES (1, '3')")
    settings.look()
    assert settings.get(HOURS) == 3
    assert Settings.of_connection(connection, paths).get(HOURS) == 3
    connection.close()
