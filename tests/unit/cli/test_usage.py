"""Arguments that cannot be: exit code 2 whoever reads them, in words of `restrike` and not of a library."""

import pytest

from services.cli.usage import plain_words
from tests.unit.cli.conftest import Run


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        ("Value error, 'x' is not one of 'a', 'b'.", "'x' is not one of 'a', 'b'."),
        ("Input should be greater than or equal to 0.2", "It must be 0.2 or more."),
        ("Input should be less than or equal to 60", "It must be 60 or less."),
        ("Input should be greater than 0", "It must be more than 0."),
        ("Input should be less than 1", "It must be less than 1."),
        ("Input should be a valid integer, unable to parse string as an integer", "It must be a whole number."),
        ("Input should be a valid number, unable to parse string as a number", "It must be a number."),
        ("Input should be a finite number", "It must be a finite number."),
        ("'30x' is not like 30s, 10m or 2h.", "'30x' is not like 30s, 10m or 2h."),
    ],
)
def test_words(words: str, plain: str) -> None:
    """Those of the library are said otherwise; our own stay."""
    assert plain_words(words) == plain


@pytest.mark.parametrize(
    "command",
    [
        ("alerts", "history", "--severity", "loud"),
        ("monitor", "history", "--metric", "x"),
        ("monitor", "interval", "0.01"),
        ("monitor", "interval", "often"),
        ("doctor", "--hours", "0"),
        ("logs", "tail", "-n", "1.5"),
    ],
)
def test_no_word_of_the_library(run: Run, command: tuple[str, ...]) -> None:
    """In any command, of a lazy group or not; the library may change its words, so they are looked for."""
    done = run(*command)
    assert (done.code, done.out) == (2, "")
    assert "Error: Invalid value for" in done.err
    for word in ("Value error", "Input should", "unable to parse", "pydantic"):
        assert word not in done.err


@pytest.mark.parametrize(
    "command",
    [
        ("logs", "search", "--event", "nonsense"),
        ("logs", "search", "--since", "tomorrow"),
        ("logs", "search", "--level", "loud"),
        ("logs", "tail", "kitchen"),
        ("logs", "level", "kitchen"),
        ("logs", "level", "broker.kitchen"),
        ("logs", "level", "broker", "loud"),
        ("logs", "export", "--out", "x.rar"),
        ("alerts", "history", "--last", "0s"),
        ("monitor", "history", "--last", "long"),
        ("doctor", "profile", "kitchen"),
        ("udp", "capture", "ring-1", "--out", "x.pcapng"),
    ],
)
def test_what_no_installation_would_take_is_wrong_usage(run: Run, command: tuple[str, ...]) -> None:
    """Also where the command itself reads it."""
    assert run(*command).code == 2


def test_levels_of_a_suite_that_is_down(run: Run) -> None:
    """Nobody answers: 3, as everywhere, and a sentence with what to do."""
    done = run("logs", "level")
    assert (done.code, done.out) == (3, "")
    assert "restrike up" in done.err
    assert run("logs", "level", "--json").document["error"]["code"] == "service.not_running"
