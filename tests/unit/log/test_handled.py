"""Every line that is written while an entry is handled names it."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.log.handled import HANDLED
from shared.log.log import Log


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    HANDLED.forget()


def test_lines_name_the_entry(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Ring, entry and match; not a line about another ring, none from another thread, none afterwards."""
    logger = Log(service="tiny", boot_id="1", level="info", levels={}, fallback=tmp_path / "x.log").logger()
    HANDLED.ring, HANDLED.entry, HANDLED.match_of = "ring-1", 7, lambda: "m1"
    logger.info("within")
    logger.info("of another", ring="ring-2")
    thread = threading.Thread(target=lambda: logger.info("beside"))
    thread.start()
    thread.join()
    HANDLED.forget()
    logger.info("after")
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    places = [(line["event"], line.get("ring"), line.get("entry"), line.get("match_id")) for line in lines]
    assert places == [
        ("within", "ring-1", 7, "m1"),
        ("of another", "ring-2", None, None),
        ("beside", None, None, None),
        ("after", None, None, None),
    ]
