"""What `restrike` asks of db-writer while another command works on the database in its place, and from which folder."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.cli import writer
from shared.errors import ValidationError
from shared.messages.jobs import Job, StartJob
from shared.messages.service import WRITER
from shared.messages.settings import ChangeSettings, SettingChanged, SettingsChanged
from shared.paths import Paths
from shared.service_lock import take_lock
from shared.stand_in import sign, stand_in
from tests.unit.cli.conftest import Run


@pytest.fixture
def lock(run: Run, home: Path) -> Iterator[int]:  # noqa: ARG001  # it must find no home yet
    """The lock of db-writer, held."""
    paths = Paths(home)
    paths.prepare()
    held = take_lock(paths, WRITER)
    assert held is not None
    yield held
    os.close(held)


def test_in_force_now_or_later(run: Run, home: Path, lock: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting is in force when db-writer is told, not when another command holds its lock."""

    def ask(command: ChangeSettings, *, paths: Paths) -> SettingsChanged:  # noqa: ARG001  # as it is asked
        ((key, value),) = command.values.items()
        return SettingsChanged(
            changed=[
                SettingChanged(
                    key=key,
                    value=value,
                    is_sensitive=False,
                    is_default=False,
                    author=command.author,
                    reason=None,
                    changed_at_us=0,
                    needs_restart=[],
                )
            ]
        )

    monkeypatch.setattr(writer, "ask", ask)
    change = ("settings", "set", "advanced.commit_rest_ms", "6")
    assert "in force now." in run(*change).out
    assert stand_in(Paths(home)) is None
    sign(lock, "restore")
    assert "in force when the suite starts." in run(*change).out
    assert stand_in(Paths(home)) == (os.getpid(), "restore")


@pytest.mark.parametrize("command", ["restore --yes", "drill", "verify", "push"])
def test_a_file_of_another_folder(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """db-writer, which works elsewhere, is told its whole path."""
    asked = []

    def run_job(order: StartJob, *, json: bool) -> Job:  # noqa: ARG001  # as it is asked
        asked.append(order)
        raise ValidationError("test.asked", "That is all.")

    monkeypatch.setattr(writer, "run_job", run_job)
    monkeypatch.chdir(tmp_path)
    backup = tmp_path / "usb" / "restrike-20260301T093000Z-by-hand.db"
    backup.parent.mkdir()
    backup.touch()
    run("backup", *command.split(), "usb/restrike-20260301T093000Z-by-hand.db", "--json")
    assert [order.options["backup"] for order in asked] == [str(backup)]
