"""The suite notices what goes wrong with itself, mends it, and loses no datagram: the faults that matter most, one
after the other on one running suite. All of them: tests/proof/test_faults.py.
"""

from collections.abc import Iterator

import pytest

from tests.support.trouble.faults import SHORT
from tests.support.trouble.venue import Venue, venue


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    """One suite under load for all faults of this process."""
    with venue(tmp_path_factory.mktemp("venue"), rings=2) as place:
        yield place


@pytest.mark.parametrize("fault", SHORT)
def test_fault(place: Venue, fault: str) -> None:
    """The fault is told, all is well after it, and every datagram is stored once, or the journal names the hole."""
    measured = SHORT[fault](place)
    assert measured.told_s is not None, measured
    assert measured.lost == 0 or measured.bound != "nothing", measured
