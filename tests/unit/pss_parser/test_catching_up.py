"""Rings that are not at their journal's end get there, whatever happens on the way."""

from pathlib import Path
from unittest.mock import MagicMock

import pytest

from services.pss_parser.main import build
from shared.config import Ring


def test_a_fault_is_not_the_end_of_it(tmp_path: Path) -> None:
    """Something nobody foresaw, in the midst of it, and no datagram comes that would wake anybody: asked again."""
    runtime = MagicMock()
    runtime.config.rings = [Ring(name="ring-1", port=8888)]
    runtime.paths.parser_states = tmp_path
    runtime.client.call.side_effect = ValueError("as asked")
    build(runtime)
    timers = [call.args[1] for call in runtime.every.call_args_list]
    (begin,) = [call.args[0] for call in runtime.post.call_args_list]
    begin()
    for asked in (1, 2):
        with pytest.raises(ValueError, match="as asked"):
            runtime.post.call_args.args[0]()
        assert runtime.client.call.call_count == asked
        posted = runtime.post.call_count
        for timer in timers:
            timer()
        assert runtime.post.call_count == posted + 1
