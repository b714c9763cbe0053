"""Every fault of tests/support/trouble on a suite under load, one after the other; the table of what was measured is
printed. Run by `make faults` and by `make proof`; about four minutes.
"""

from pathlib import Path

import pytest

from tests.support.trouble.disks import small_disk
from tests.support.trouble.faults import FAULTS, NETWORK_FAULTS
from tests.support.trouble.networks import SUITE_ADDRESS, two_computers
from tests.support.trouble.venue import HEAD, Measured, venue

DATA_MIB = 256


def judge(rows: list[Measured]) -> None:
    """Print the table; nothing was lost that no sentence explains, and each fault was told."""
    print("\n".join(["", HEAD, *(row.row() for row in rows)]), flush=True)
    assert [row.fault for row in rows if row.lost and row.bound == "nothing"] == []
    assert [row.fault for row in rows if row.told_s is None and not row.is_quiet] == []


@pytest.mark.timeout(600)
def test_faults(tmp_path: Path) -> None:
    """On one suite: nothing of a fault is left that the next one could stumble over."""
    with small_disk(tmp_path / "disk", DATA_MIB) as disk, venue(tmp_path / "venue", data=disk) as place:
        judge([fault(place) for fault in FAULTS])


@pytest.mark.timeout(300)
def test_faults_of_the_network(tmp_path: Path) -> None:
    """On a suite that hears its rings by a network card."""
    with (
        two_computers() as network,
        venue(tmp_path, runs_by=network.runs_by, address=SUITE_ADDRESS, sender=network.sender) as place,
    ):
        judge([fault(place, network) for fault in NETWORK_FAULTS])
