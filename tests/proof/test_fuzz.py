"""Coverage-guided fuzzing of framing, decoding and reducing; run by `make proof`, 10 minutes.

`RESTRIKE_FUZZ_S` says how many seconds it takes. What an earlier run found worth keeping is in `tests/corpus/fuzz/`.
"""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.proof.fuzzing import fuzz, inputs

SECONDS = int(os.environ.get("RESTRIKE_FUZZ_S", "600"))


@pytest.mark.timeout(SECONDS + 300)
@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris has no package for this machine")
def test_fuzzing_finds_nothing(tmp_path: Path) -> None:
    """Nothing that is fed to the parser raises, loses text, takes 10 s, or reads differently when written again."""
    done = fuzz(tmp_path, seconds=SECONDS)
    found = [path.read_bytes() for path in tmp_path.glob("found-*")]
    assert (done.code, found) == (0, []), done.output
    assert done.executions > len(inputs()), done.output
    print(f"{done.executions} executions in {SECONDS} s, no finding")
