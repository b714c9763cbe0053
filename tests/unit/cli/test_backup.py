"""`restrike backup`: what it refuses before anybody is asked to do it."""

from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--reason", "Before Finals"), "hyphens"),
        (("--reason", "x" * 65), "64"),
        (("--format", "xml"), "database, json"),
        (("--without-datagrams",), "--format json"),
    ],
)
def test_mistyped_options_make_no_job(run: Run, home: Path, arguments: tuple[str, ...], said: str) -> None:
    """They are wrong usage (2), and no database is opened for them."""
    done = run("backup", "create", *arguments)
    assert done.code == 2
    assert said in done.err
    assert not (home / "data" / "restrike.db").exists()
