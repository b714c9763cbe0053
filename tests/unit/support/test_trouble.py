"""What the proofs of faults and of growth judge by can fail."""

import pytest

from tests.proof.soaking import slope
from tests.support.trouble.load import in_order


def test_what_is_stored_has_gaps_at_most() -> None:
    """Lost ones leave a gap; one that is twice, changed, or out of order is no gap."""
    sent = [b"1", b"2", b"2", b"3"]
    assert in_order(sent, sent)
    assert in_order([b"1", b"3"], sent)
    assert in_order([], sent)
    assert not in_order([b"1", b"1"], sent)
    assert not in_order([b"2", b"1"], sent)
    assert not in_order([b"1", b"x"], sent)
    assert not in_order([*sent, b"3"], sent)


def test_the_line_through_what_was_weighed() -> None:
    """Its slope is that of a straight line, nothing for what only goes up and down, and nothing for one moment."""
    hours = [0.0, 1.0, 2.0, 3.0]
    assert slope(hours, [5.0, 7.0, 9.0, 11.0]) == pytest.approx(2.0)
    assert slope(hours, [1.0, 3.0, 3.0, 1.0]) == pytest.approx(0.0)
    assert slope([1.0, 1.0], [1.0, 9.0]) == 0.0
