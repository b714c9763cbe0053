"""A service follows restrike.json: taken, refused, gone for a moment, and what counts at a start."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.config.following import AGAIN_LOOKS, GONE, PATIENCE_LOOKS, Following, Source
from shared.config.history import History
from shared.config.reading import checksum_of
from shared.errors import ConfigError
from shared.rules import shipped

GOOD: dict[str, Any] = {"journal": {"keep_hours": 10}}
BETTER: dict[str, Any] = {"journal": {"keep_hours": 20}}


class Home:
    """A home without services; `look` is what a service does each second."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "restrike.json"
        self.history = History(folder / "config")
        self.rules = folder / "rules"
        self.environment: dict[str, str] = {}

    def write(self, content: object) -> None:
        """As an editor does that writes beside and renames."""
        fresh = self.path.with_suffix(".tmp")
        fresh.write_text(content if isinstance(content, str) else json.dumps(content))
        fresh.replace(self.path)

    def started(self) -> Following:
        following = Following(self.path, self.history, rules=self.rules, environment=self.environment)
        following.start()
        following.keep()
        return following

    def kept(self) -> list[bytes | None]:
        return [version.text() for version in self.history.versions()]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def _hours(following: Following) -> int:
    return following.config.journal.keep_hours


def _looks(following: Following, count: int) -> list[bool]:
    return [following.look() for _ in range(count)]


def test_a_change_is_taken_when_it_stayed_for_a_look(home: Home) -> None:
    """Seen at the first look, taken at the second, once."""
    home.write(GOOD)
    following = home.started()
    assert _looks(following, 3) == [False, False, False]
    home.write(BETTER)
    assert _looks(following, 4) == [False, True, False, False]
    assert (_hours(following), following.source, following.faults) == (20, Source.FILE, ())
    assert following.version == checksum_of(home.path.read_bytes())
    following.keep()
    assert home.kept() == [json.dumps(content).encode() for content in (GOOD, BETTER)]


def test_a_bad_file_is_refused_when_it_stays(home: Home) -> None:
    """Nobody is alarmed while somebody types; then all faults are told once, and what was accepted goes on."""
    home.write(GOOD)
    following = home.started()
    version = following.version
    home.write({"journal": {"keep_hours": 0}, "rings": [{"name": "a", "prot": 9}]})
    assert _looks(following, PATIENCE_LOOKS) == [False] * PATIENCE_LOOKS
    assert following.look()
    assert not following.look()
    assert (_hours(following), following.version, following.source) == (10, version, Source.ACCEPTED)
    assert [fault.partition(":")[0] for fault in following.faults][:1] == ["journal.keep_hours"]
    assert "did you mean port?" in following.faults[1]
    assert following.refused == checksum_of(home.path.read_bytes())
    home.write(GOOD)
    assert _looks(following, 2) == [False, True]
    assert not following.faults
    assert _looks(following, 2) == [False, False]
    assert len(home.kept()) == 1


def test_a_file_that_is_being_written_does_not_flap(home: Home) -> None:
    """Emptied, half written, away for a moment: none of it is told, the end of it is taken."""
    home.write(GOOD)
    following = home.started()
    states = []
    for content in ("", '{"journal": {"keep', json.dumps(GOOD)[:-1], None, json.dumps(BETTER)):
        if content is None:
            home.path.unlink()
        else:
            home.path.write_text(content)
        states += [following.look(), following.look()]
        assert following.faults == ()
    assert states == [False] * 9 + [True]
    assert _hours(following) == 20


def test_asked_to_reload_it_does_not_wait(home: Home) -> None:
    home.write(GOOD)
    following = home.started()
    home.write(BETTER)
    assert following.reload()
    assert not following.reload()
    home.write("{")
    assert following.reload()
    assert following.faults[0].startswith("Line 1, column 2:")
    assert _hours(following) == 20


def test_a_file_that_is_gone_changes_nothing(home: Home) -> None:
    """No defaults in the midst of a tournament; it is told when it stays away."""
    home.write(GOOD)
    following = home.started()
    home.path.unlink()
    assert _looks(following, PATIENCE_LOOKS + 2) == [False] * PATIENCE_LOOKS + [True, False]
    assert (_hours(following), following.faults) == (10, (GONE,))
    again = home.started()
    assert (_hours(again), again.source, again.faults) == (10, Source.ACCEPTED, (GONE,))


def test_a_home_without_a_file(home: Home) -> None:
    """The defaults; a file that appears is taken."""
    following = home.started()
    assert (following.source, following.version, home.kept()) == (Source.DEFAULTS, None, [])
    assert _looks(following, 5) == [False] * 5
    home.write(GOOD)
    assert _looks(following, 2) == [False, True]
    assert following.source is Source.FILE


def test_a_start_with_a_bad_file(home: Home) -> None:
    """What was accepted last counts; where nothing was, it is refused with all faults."""
    home.write({"rings": 5, "log_level": "loud"})
    with pytest.raises(ConfigError, match=r"rings: .*log_level: .*Allowed: debug, info, warning, error") as refusal:
        home.started()
    assert refusal.value.code == "config.invalid"
    home.write(GOOD)
    version = home.started().version
    home.write("{")
    following = home.started()
    assert (_hours(following), following.version, following.source) == (10, version, Source.ACCEPTED)
    assert len(following.faults) == 1
    home.write(BETTER)
    assert _looks(following, 2) == [False, True]
    assert _hours(following) == 20


def test_a_file_that_cannot_be_read(home: Home) -> None:
    """A folder in its place is told like rights that lack; what was accepted goes on."""
    home.write(GOOD)
    following = home.started()
    home.path.unlink()
    home.path.mkdir()
    assert following.reload()
    assert "cannot be read" in following.faults[0]
    assert _hours(following) == 10
    assert home.started().source is Source.ACCEPTED


def test_a_rule_set_that_comes_later(home: Home) -> None:
    """A file that only lacks what it refers to is refused, and tried again by itself."""
    home.write(GOOD)
    following = home.started()
    home.write({"rings": [{"name": "mat-1", "rules": "club"}]})
    assert following.reload()
    assert following.faults[0].startswith("Ring mat-1: there is no rule set club.")
    assert _looks(following, AGAIN_LOOKS) == [False] * AGAIN_LOOKS
    rules = json.loads((Path(__file__).parents[3] / "shared" / "rules" / "wt-2022.json").read_text())
    assert rules["name"] in shipped()
    home.rules.mkdir()
    (home.rules / "club.json").write_text(json.dumps({**rules, "name": "club"}))
    assert any(_looks(following, AGAIN_LOOKS))
    assert (following.faults, following.config.rings[0].rules) == ((), "club")


def test_a_first_start_without_the_rule_set(home: Home) -> None:
    """Nothing was accepted that could do instead: it is heard all the same, told, and not kept as accepted."""
    home.write({"rings": [{"name": "mat-1", "rules": "club"}]})
    following = home.started()
    assert (following.source, following.config.rings[0].rules) == (Source.FILE, "club")
    assert len(following.faults) == 1
    assert home.kept() == []


def test_what_lacks_is_told_with_the_other_faults(home: Home) -> None:
    """At a start and at a change; a file with other faults is not looked at again and again."""
    bad = {"rings": [{"name": "mat-1", "rules": "club"}], "log_level": "loud"}
    home.write(GOOD)
    following = home.started()
    home.write(bad)
    _looks(following, 1 + PATIENCE_LOOKS)
    for one in (following, home.started()):
        assert len(one.faults) == 2
        assert ("log_level" in one.faults[0], "no rule set club" in one.faults[1]) == (True, True)
        assert one.source is Source.ACCEPTED
    assert not any(_looks(following, 2 * AGAIN_LOOKS))


def test_a_file_in_force_that_lacks_something_is_not_refused(home: Home) -> None:
    """It is what a service goes by, however often it looks for what lacks: not accepted instead, and not refused."""
    home.write({"rings": [{"name": "mat-1", "rules": "club"}]})
    following = home.started()
    before = (following.version, following.source, following.refused)
    assert before == (checksum_of(home.path.read_bytes()), Source.FILE, None)
    assert _looks(following, AGAIN_LOOKS + 1) == [False] * (AGAIN_LOOKS + 1)
    assert (following.version, following.source, following.refused) == before
    assert len(following.faults) == 1


@pytest.mark.parametrize("wrong", [{"log_level": None}, {"rings": None}, {"rings": "\ud800"}])
def test_nonsense_never_ends_a_service(home: Home, wrong: dict[str, Any]) -> None:
    """Neither one that runs nor one that starts; where nothing was accepted, it is a refusal like any other."""
    home.write(wrong)
    with pytest.raises(ConfigError):
        home.started()
    home.write(GOOD)
    running = home.started()
    home.write(wrong)
    assert any(_looks(running, PATIENCE_LOOKS + 1))
    for following in (running, home.started()):
        assert (_hours(following), following.source, len(following.faults)) == (10, Source.ACCEPTED, 1)


def test_the_environment_is_part_of_what_is_checked(home: Home) -> None:
    """A new file that contradicts a variable is refused, with the variable's name."""
    home.environment = {"RESTRIKE__BUS__EVENTS": "tcp://127.0.0.1:7"}
    home.write(GOOD)
    following = home.started()
    home.write({"bus": {"commands": "tcp://127.0.0.1:7"}})
    assert following.reload()
    assert following.faults == (
        "bus.events and bus.commands both take port 7 of 127.0.0.1: give each its own port. (RESTRIKE__BUS__EVENTS)",
    )


def test_what_could_not_be_kept_is_kept_later(home: Home) -> None:
    """A disk that refuses costs the history, not the change."""
    home.write(GOOD)
    home.history.folder.write_text("no folder")
    following = Following(home.path, home.history, rules=home.rules, environment={})
    following.start()
    with pytest.raises(OSError, match="exists"):
        following.keep()
    assert (_hours(following), following.is_kept) == (10, False)
    home.history.folder.unlink()
    following.keep()
    assert following.is_kept
