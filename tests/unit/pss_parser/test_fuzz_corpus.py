"""What fuzzing found worth keeping, once more: inputs that between them reach all that the fuzzer reached."""

import pytest

from services.pss_parser.datagram import split
from tests.proof import fuzzing


@pytest.mark.slow
@pytest.mark.parametrize("data", fuzzing.inputs(), ids=lambda data: repr(data[:30]))
def test_kept_inputs(data: bytes) -> None:
    """No input of the corpus breaks what must hold for any bytes."""
    fuzzing.check(data)


def test_the_corpus_is_one() -> None:
    """It is not empty, has no double, and is small enough for every run of the tests."""
    kept = fuzzing.inputs()
    assert 20 < len(kept) < 1500
    assert len(set(kept)) == len(kept)


@pytest.mark.parametrize("data", fuzzing.seeds()[::7], ids=lambda data: repr(data[:30]))
def test_seeds(data: bytes) -> None:
    """Nor does what fuzzing begins with."""
    fuzzing.check(data)


def test_a_fault_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The checks are not empty: a parser that raises, loses text, or reads differently is noticed."""
    with monkeypatch.context() as patch:
        patch.setattr(fuzzing, "split", lambda body: [message for message in split(body) if message.values])
        with pytest.raises(fuzzing.BrokenError, match="lost"):
            fuzzing.check(b"rsr;\nclk;1:00;")
    with monkeypatch.context() as patch:
        patch.setattr(fuzzing, "encode", lambda *_: "clk;0:00;")
        with pytest.raises(fuzzing.BrokenError, match="became"):
            fuzzing.check(b"clk;1:00;")
