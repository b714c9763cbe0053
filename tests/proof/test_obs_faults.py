"""Every fault of OBS several times, every odd answer to every request, many short matches without a break: the table
of what was measured is printed. Run by `make proof`; about 15 minutes.
"""

from pathlib import Path
from statistics import median

import pytest

from tests.support.obs.real import needs_obs
from tests.support.obs_answers import ANSWERS, ORDERLY, STEPS, pretended
from tests.support.obs_faults import FAULTS, quick_matches
from tests.support.obs_ringside import Measured, ringside

ROUNDS = 5
QUICK_MATCHES = 20


def show(rows: list[Measured]) -> None:
    """The table: each fault in one line, the worst of its rounds."""
    print("\n| fault | told after | recorded again after | slowest answer | what is lost | what is told |")
    print("|---|---|---|---|---|---|")
    for fault in dict.fromkeys(row.fault for row in rows):
        same = [row for row in rows if row.fault == fault]
        told = [row.told_s for row in same]
        back = [row.back_s for row in same if row.back_s is not None]
        backs = f"{median(back):.2f} s (most {max(back):.2f})" if back else ""
        slowest_ms = max(row.slowest_s for row in same) * 1000
        print(
            f"| {fault} | {median(told):.2f} s (most {max(told):.2f}) | {backs} | {slowest_ms:.0f} ms | {same[0].lost} "
            f"| {same[0].sentence} |"
        )


@needs_obs
@pytest.mark.timeout(1800)
def test_every_fault(tmp_path: Path) -> None:
    """On one OBS and one suite, round after round: nothing of a fault is left that the next one could stumble over."""
    with ringside(tmp_path) as place:
        rows = []
        for _ in range(ROUNDS):
            for fault in FAULTS.values():
                place.ready()
                rows.append(fault(place))
        place.ready()
        rows.append(quick_matches(place, QUICK_MATCHES))
        show(rows)


@pytest.mark.timeout(1800)
def test_every_odd_answer(tmp_path: Path) -> None:
    """Each request of a recording, answered in each way that a pretended OBS knows."""
    with pretended(tmp_path) as stage:
        pairs = [(request, answer) for request in STEPS for answer in ANSWERS]
        possible = [(request, answer) for request, answer in pairs if answer not in ORDERLY.get(request, ())]
        show([stage.match(request, answer) for request, answer in possible])
