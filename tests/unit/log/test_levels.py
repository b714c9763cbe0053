"""How much is written: as configured, as set while running, of all and of one part."""

import json
import logging
import sys
import threading
from pathlib import Path

import pytest

from shared.errors import ValidationError
from shared.log.log import Log
from shared.log.subsystems import OWN, faults_of, subsystems_of
from shared.messages.logs import LogLevels, SetLogLevel


def _log(tmp_path: Path, level: str = "info", **levels: str) -> Log:
    named = {name.replace("__", ".").replace("_", "-"): value for name, value in levels.items()}
    return Log(service="pss-parser", boot_id="1", level=level, levels=named, fallback=tmp_path / "x.log")


def test_a_level_that_is_set_is_in_force_at_once_and_for_loggers_that_are_held(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A logger that was bound long before writes what it did not, and no more after it was set back."""
    log = _log(tmp_path)
    held = log.logger("datagrams").bind(obs="a")
    held.debug("one")
    log.set_level(SetLogLevel(level="debug", subsystem="datagrams"))
    held.debug("two")
    log.logger("bus").debug("of another part")
    log.set_level(SetLogLevel(level=None, subsystem="datagrams"))
    held.debug("three")
    events = [json.loads(line)["event"] for line in capfd.readouterr().err.splitlines()]
    assert events == ["log_level_set", "two", "log_level_set"]


def test_which_level_stands_over_which(tmp_path: Path) -> None:
    """Set of a part, set of the service, configured of a part, configured of the service, configured of all."""
    log = _log(tmp_path, pss_parser="warning", pss_parser__datagrams="debug", broker="debug")
    assert log.levels().level == "warning"
    assert log.levels().subsystems == {"datagrams": "debug"}
    log.set_level(SetLogLevel(level="error"))
    assert log.levels().subsystems == {}
    log.set_level(SetLogLevel(level="info", subsystem="bus"))
    assert log.levels().subsystems == {"bus": "info"}
    log.set_configured_level("debug", {})
    assert log.levels().level == "error"
    log.set_level(SetLogLevel(level=None))
    assert log.levels() == LogLevels(
        level="debug", configured="debug", subsystems={"libraries": "warning"}, known=subsystems_of("pss-parser")
    )


def test_libraries_say_warnings_only_unless_asked(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What libraries log becomes lines, redacted; their chatter only when their own level is set."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    log = _log(tmp_path, "debug")
    try:
        log.take_over()
        library = logging.getLogger("some.library")
        library.info("chatter")
        library.warning("cannot reach %s", "https://user:pass@example.org")
        library.warning("does not fit %d", "x")
        log.set_level(SetLogLevel(level="debug", subsystem="libraries"))
        library.debug("chatter")
    finally:
        root.handlers[:], level = before
        root.setLevel(level)
        logging.captureWarnings(capture=False)
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    said = [(line["level"], line["message"]) for line in lines if line["event"] == "library"]
    assert said == [
        ("warning", "cannot reach https://***@example.org"),
        ("warning", "does not fit %d"),
        ("debug", "chatter"),
    ]


def test_what_ends_a_process_is_a_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error that nobody caught, in any thread, is written as others are: without secrets, with its place."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    before = root.level
    _log(tmp_path).take_over()
    root.setLevel(before)
    logging.captureWarnings(capture=False)

    def fail() -> None:
        raise RuntimeError("password=abcdef")

    thread = threading.Thread(target=fail, name="lane")
    thread.start()
    thread.join()
    try:
        fail()
    except RuntimeError as error:
        sys.excepthook(RuntimeError, error, error.__traceback__)
    written = capfd.readouterr().err
    lines = [json.loads(line) for line in written.splitlines()]
    assert [(line["event"], line["level"], line.get("thread")) for line in lines] == [
        ("crashed", "critical", "lane"),
        ("crashed", "critical", None),
    ]
    assert "abcdef" not in written


@pytest.mark.parametrize(
    ("level", "subsystem", "code"),
    [("loud", None, "log.level_unknown"), ("debug", "kitchen", "log.subsystem_unknown")],
)
def test_what_there_is_not_is_refused(tmp_path: Path, level: str, subsystem: str | None, code: str) -> None:
    """The sentence names what there is."""
    with pytest.raises(ValidationError) as refused:
        _log(tmp_path).set_level(SetLogLevel(level=level, subsystem=subsystem))
    assert refused.value.code == code


def test_a_logger_of_a_subsystem_that_is_not_listed(tmp_path: Path) -> None:
    """The list is the one place: who forgets it is told at the start."""
    with pytest.raises(ValueError, match="subsystems"):
        _log(tmp_path).logger("kitchen")


def test_configured_levels_are_checked() -> None:
    """A service, a subsystem and a level that there is not, each with what there is."""
    levels = {"obs-bridge": "debug", "obs-bridge.rules": "error", "kitchen": "info", "broker.rules": "info"}
    found = faults_of({**levels, "broker": "loud"})
    assert len(found) == 3
    assert "kitchen" in found[0]
    assert "bus, commands, libraries" in found[1]
    assert "loud" in found[2]


def test_every_service_has_its_subsystems() -> None:
    """A service that is not in the list could not be configured."""
    from services.registry import SERVICES  # noqa: PLC0415 - beside its only use

    assert set(OWN) == set(SERVICES)
