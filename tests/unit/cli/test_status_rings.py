"""Rings as lines on the live screen: marked where a line begins, in every window."""

import msgspec
import pytest

from services.cli.status.layout import laid_out
from services.cli.status.ring_lines import ring_lines
from shared.messages.health import Condition, Subject
from tests.support.scenes import NOW_US, a_ring, a_scene, an_item, drawn_in, silent_rings


def test_a_tiny_window_shows_rings_first() -> None:
    """Score and clock of both, then what there is room for."""
    bad = [an_item(Subject.DISK, f"/{n}", Condition.FAILED, reason=f"full {n:c}", remedy="free") for n in range(65, 68)]
    lines = drawn_in(a_scene(*bad, rings=2), width=30, height=6)
    assert [line for line in lines if "12-8" in line] == ["? ring-1 12-8 01:23 FIGHT", "? ring-2 12-8 01:23 FIGHT"]
    assert len(lines) <= 6


@pytest.mark.parametrize(("width", "height"), [(80, 24), (60, 15), (100, 20)])
def test_a_silent_ring_is_marked_where_its_line_begins(width: int, height: int) -> None:
    """With eight rings there is a line for each: its mark stands first, in its colour, and how it stands is whole;
    names give way before that.
    """
    wells = [an_item(Subject.RING, f"ring-{n}") for n in (1, 3, 4, 6, 7, 8)]
    scene = a_scene(*silent_rings("ring-2", "ring-5"), *wells, rings=8)
    quiet = [a_ring(one.ring, silent_s=9 if one.ring in ("ring-2", "ring-5") else 0) for one in scene.rings]
    lines = drawn_in(msgspec.structs.replace(scene, rings=quiet), width=width, height=height)
    rows = [line for line in lines if "ring-" in line and "12 : 8" in line]
    assert [row[:8] for row in rows] == [f"{'✗' if n in (2, 5) else '✓'} ring-{n}" for n in range(1, 9)]
    assert [n for n, row in enumerate(rows, 1) if "▶ FIGHT 2/3  ✗ SILENT for 9 s" in row] == [2, 5]
    assert all(("CRO" in row) == (width > 60) for row in rows)
    (line,) = ring_lines(
        quiet[1:2], scene.matches, {item.name: item for item in scene.report.items},
        laid_out(1, 80, 1, kept=0, wanted=0), width=80, now_us=NOW_US,
    )  # fmt: skip
    assert {str(span.style) for span in line.spans if span.end <= len("✗ ring-2")} == {"bold bright_red"}


def test_rings_that_have_no_line_are_counted() -> None:
    """Those that are ill have theirs, in the order of their numbers where all have one."""
    wells = [an_item(Subject.RING, f"ring-{n}") for n in range(1, 16)]
    scene = a_scene(*silent_rings("ring-16"), *wells, rings=16)
    lines = drawn_in(scene, width=40, height=10)
    assert any(line.startswith("✗ ring-16") for line in lines)
    assert f"+{16 - sum(' ring-' in line and '12-8' in line for line in lines)} more rings" in [
        x.strip() for x in lines
    ]
    rows = [line.split()[1] for line in drawn_in(scene, width=80, height=24) if "12 : 8" in line]
    assert rows == [f"ring-{n}" for n in range(1, 17)]
    packed = "\n".join(drawn_in(scene, width=60, height=15))
    assert [n for n in range(1, 17) if f"ring-{n} " not in packed] == []
    assert "✗ ring-16 12-8" in packed


def test_a_ring_without_a_match_has_a_line() -> None:
    """With what it heard; in columns with the others."""
    scene = a_scene(rings=8)
    del scene.matches["ring-3"]
    rows = [line for line in drawn_in(scene, width=80, height=24) if " ring-" in line]
    assert len(rows) == 8
    assert rows[2].split() == ["?", "ring-3", "no", "match", "✓", "heard", "now"]
    assert len({row.index("✓ heard now") for row in rows}) == 1
