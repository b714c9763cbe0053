r"""Where OBS's files are here: Windows and Unix names, shares, the longest folder, and no way out of it."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.video.path_map import is_this_machine, to_ours

WINDOWS = {"D:\\Rec": "/mnt/rec", "D:\\Rec\\Clips\\": "/mnt/clips", "\\\\nas\\video": "/mnt/nas", "E:\\": "/mnt/e"}
UNIX = {"/srv/obs/Videos/": "/mnt/obs", "/": "/mnt/all"}


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("D:\\Rec\\a.mkv", "/mnt/rec/a.mkv"),
        ("D:/Rec/Cup/Day 1/a.mkv", "/mnt/rec/Cup/Day 1/a.mkv"),
        ("d:\\REC\\A.mkv", "/mnt/rec/A.mkv"),
        ("D:\\Rec", "/mnt/rec"),
        ("D:\\Rec\\", "/mnt/rec"),
        ("D:\\Rec\\\\.\\a.mkv", "/mnt/rec/a.mkv"),
        ("D:/Rec/clips/a.mkv", "/mnt/clips/a.mkv"),
        ("D:\\Recorded\\a.mkv", None),
        ("D:\\Other\\a.mkv", None),
        ("D:Rec\\a.mkv", None),
        ("E:\\a.mkv", "/mnt/e/a.mkv"),
        ("\\\\NAS\\Video\\a.mkv", "/mnt/nas/a.mkv"),
        ("//nas/video/x/a.mkv", "/mnt/nas/x/a.mkv"),
        ("\\\\nas\\other\\a.mkv", None),
        ("\\\\?\\D:\\Rec\\a.mkv", "/mnt/rec/a.mkv"),
        ("\\\\?\\UNC\\nas\\video\\a.mkv", "/mnt/nas/a.mkv"),
        ("D:\\Rec\\..\\secret", None),
        ("D:/Rec/x/../../secret", None),
        ("D:\\Rec\\a\0.mkv", None),
        ("/mnt/rec/a.mkv", None),
        ("a.mkv", None),
        ("", None),
    ],
)
def test_names_of_windows(theirs: str, ours: str | None) -> None:
    """Any slashes and case; the longest folder counts, whole names only; nothing climbs out."""
    assert to_ours(theirs, WINDOWS) == (None if ours is None else Path(ours))


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("/srv/obs/Videos/a.mkv", "/mnt/obs/a.mkv"),
        ("/srv/obs/videos/a.mkv", "/mnt/all/srv/obs/videos/a.mkv"),
        ("/srv/obs/Videos/a\\b.mkv", "/mnt/obs/a\\b.mkv"),
        ("/srv/obs/Videos/../a.mkv", None),
        ("D:\\Rec\\a.mkv", None),
    ],
)
def test_names_of_unix(theirs: str, ours: str | None) -> None:
    """Case counts, and a backslash is a letter like others."""
    assert to_ours(theirs, UNIX) == (None if ours is None else Path(ours))


def test_a_folder_of_ours_must_be_whole() -> None:
    """A folder relative to nothing is no place."""
    assert to_ours("D:\\Rec\\a.mkv", {"D:\\Rec": "rec"}) is None


def test_a_local_obs_needs_no_map() -> None:
    """Its path is ours; one of another machine never is; a map goes first."""
    assert to_ours("/rec/a.mkv", {}, is_local=True) == Path("/rec/a.mkv")
    assert to_ours("/rec/a.mkv", {}) is None
    assert to_ours("D:\\Rec\\a.mkv", {}, is_local=True) is None
    assert to_ours("/rec/x/../a.mkv", {}, is_local=True) is None
    assert to_ours("/rec/a.mkv", {"/rec": "/mnt/rec"}, is_local=True) == Path("/mnt/rec/a.mkv")


def test_no_disk_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A share that does not answer holds nobody up who only wants to know where a file would be."""

    def hangs(*_: object, **__: object) -> None:
        pytest.fail("a disk was asked")

    for asking in ("stat", "lstat", "open", "scandir", "readlink", "access"):
        monkeypatch.setattr(os, asking, hangs)
    found = to_ours("/mnt/nas/a.mkv", {}, is_local=True), to_ours("D:\\Rec\\a.mkv", WINDOWS)
    monkeypatch.undo()
    assert found == (Path("/mnt/nas/a.mkv"), Path("/mnt/rec/a.mkv"))


@given(st.text(), st.sampled_from(["D:\\Rec", "D:\\Rec\\", "/rec", "\\\\nas\\v"]))
def test_nothing_leads_out(rest: str, root: str) -> None:
    """Whatever OBS reports, what is found lies in the map's folder."""
    found = to_ours(f"{root}{rest}", {root: "/mnt/rec"})
    assert found is None or found.is_relative_to("/mnt/rec")
    assert found is None or ".." not in found.parts


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("::1", True),
        ("127.3.3.3", True),
        ("192.0.2.7", False),
        ("x.y", False),
    ],
)
def test_this_machine(host: str, is_ours: bool) -> None:  # noqa: FBT001  # a parameter of the test
    """Loopback and its names are this machine."""
    assert is_this_machine(host) is is_ours
