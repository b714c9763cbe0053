"""What udp-ingest says of a ring."""

from unittest.mock import Mock

import pytest

from services.udp_ingest.ring_status import status_of
from shared.config import Ring


@pytest.mark.parametrize("error", [None, "disk full"])
def test_a_journal_that_cannot_be_written_is_in_the_status(error: str | None) -> None:
    """The event of it is told once, and may be missed."""
    recorder = Mock(error=error)
    recorder.stream.return_value = Mock(journal_id="j", last=7)
    recorder.lost.return_value, recorder.waiting.return_value = 0, (0, 0)
    assert status_of(Ring(name="one"), None, recorder, error=None, queries=0).journal_error == error
