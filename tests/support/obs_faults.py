"""What goes wrong with an OBS at ringside, one function each: made, told, mended, and what the rows say then.

Each takes a match of its own, leaves OBS as it found it, and returns what was measured.
"""

import contextlib
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from tests.support.obs.stranger import Stranger
from tests.support.obs_ringside import RESPONSIVE_S, SOON_S, Measured, Ringside
from tests.support.trouble import disks
from tests.support.wait import eventually, lenient, pause

MIB: Final = 1 << 20
FILLER: Final = "filler"
NO_ROOM: Final = "left where OBS records"


@contextlib.contextmanager
def small_disk(place: Ringside, mib: int, *, least_free: int = 0) -> Iterator[Path]:
    """A file system of so many MiB that OBS records to until the block ends, `least_free` to be kept; needs root."""
    with disks.small_disk(place.obs.home.parent / f"disk-{len(place.roots)}", mib) as folder:
        place.roots.append(folder)
        try:
            place.configure(root=str(folder), least_free=str(least_free))
            yield folder
        finally:
            place.configure(root=str(place.obs.records), least_free="100")


def _remount(folder: Path, option: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{option}", str(folder)], check=True)


def _fill(folder: Path, mib: int) -> None:
    """Write so much, or as much as there is room for."""
    with contextlib.suppress(OSError), (folder / FILLER).open("wb") as file:
        for _ in range(mib):
            file.write(bytes(MIB))


def _went_on(place: Ringside, measured: Measured, *, parts: int, lost: str) -> Measured:
    """The match is recorded to its end: so many files, and all that is stored of them is true."""
    place.goes_on()
    videos = place.over()
    place.assert_true(videos)
    assert [video.part for video in videos] == list(range(1, parts + 1)), videos
    assert videos[-1].problem is None, videos[-1]
    measured.lost = lost
    return measured


def _begins_anyway(place: Ringside, fault: str, *, told: str, mend: Callable[[], object], until: str) -> Measured:
    """A match begins, and nothing can be recorded; then it can."""
    with place.fault(fault) as measured:
        place.fight()
        place.began()
        place.told(measured, told)
        place.gone()
        mend()
        place.back(measured)
    return _went_on(place, measured, parts=1, lost=f"the time until {until}")


def _breaks_off(
    place: Ringside, fault: str, *, harm: Callable[[], object], told: str, mend: Callable[[], object], lost: str
) -> Measured:
    """`harm` comes while OBS records, which ends by it; mended, the next part is recorded."""
    place.recorded()
    with place.fault(fault) as measured:
        harm()
        place.began()
        place.told(measured, told)
        eventually(lambda: place.suite.status().recording == "failed", within=SOON_S, what="ended")
        place.gone()
        mend()
        place.back(measured)
    return _went_on(place, measured, parts=2, lost=lost)


@contextlib.contextmanager
def _folder(place: Ringside, name: str) -> Iterator[Path]:
    """A folder, not made yet, that OBS records to until the block ends."""
    folder = place.obs.home.parent / name
    place.roots.append(folder)
    place.configure(root=str(folder))
    try:
        yield folder
    finally:
        place.configure(root=str(place.obs.records))


def killed(place: Ringside) -> Measured:
    """OBS is killed with -9 while it records, and started again."""
    place.recorded()
    with place.fault("OBS killed with -9 while recording") as measured:
        place.obs.kill()
        place.told(measured, "nothing listens")
        place.gone()
        place.obs.start()
        place.back(measured)
    _went_on(place, measured, parts=2, lost="what OBS's encoder held (0.5 s), and the time until OBS ran again")
    first = place.videos()[0]
    assert not first.is_whole
    assert "OBS ended while it recorded" in (first.problem or "")
    assert [session.state for session in place.sessions()] == ["failed", "idle"]
    return measured


def power_cut(place: Ringside) -> Measured:
    """OBS and what writes its file are killed at once: as a power cut does it."""
    place.recorded()
    with place.fault("power cut of OBS's computer") as measured:
        place.obs.cut_power()
        place.told(measured, "nothing listens")
        place.gone()
        place.obs.start()
        place.back(measured)
    return _went_on(place, measured, parts=2, lost="the last 0.5 to 1.4 s (mkv), and the time until OBS ran again")


def frozen(place: Ringside, *, for_s: float = 2.0) -> Measured:
    """OBS hangs (SIGSTOP) while it records, and goes on some time after that was told."""
    place.recorded()
    with place.fault("OBS stopped with SIGSTOP") as measured:
        place.obs.freeze()
        try:
            place.told(measured, "hangs")
            eventually(lambda: len(place.watch.of("obs.alarm", place.fault_s)) > 0, within=SOON_S + for_s, what="alarm")
        finally:
            place.gone()
            place.obs.thaw()
        place.back(measured)
    _went_on(place, measured, parts=1, lost="nothing; the picture stands still meanwhile")
    place.assert_placed(place.videos()[0])
    return measured


def late(place: Ringside) -> Measured:
    """A match begins before OBS was started."""
    place.obs.kill()
    eventually(lambda: not place.is_connected(), within=SOON_S, what="OBS gone")
    return _begins_anyway(place, "OBS started late", told="OBS is not connected", mend=place.obs.start, until="OBS ran")


def wrong_password(place: Ringside) -> Measured:
    """The password is wrong from one moment to the next, and put right."""
    place.recorded()
    edit = ("obs", "edit", "main", "--password-stdin")
    with place.fault("wrong password") as measured:
        place.suite.restrike(*edit, text="not this one\n")
        place.told(measured, "refuses the password")
        place.suite.restrike(*edit, text=f"{place.obs.password}\n")
        place.gone()
        place.back(measured)
    return _went_on(place, measured, parts=1, lost="nothing")


def port_taken(place: Ringside) -> Measured:
    """Another program has OBS's port when OBS ended; then OBS gets it back."""
    place.recorded()
    with place.fault("port taken by another program") as measured, contextlib.ExitStack() as stack:
        place.obs.cut_power()
        stranger = eventually(lambda: _stranger(place.obs.port), within=SOON_S, what="the port is free")
        stack.enter_context(stranger)
        place.began()
        place.told(measured, "another program")
        stack.close()
        place.gone()
        place.obs.start()
        place.back(measured)
    return _went_on(place, measured, parts=2, lost="what OBS's encoder held, and the time until OBS ran again")


def _stranger(port: int) -> Stranger:
    return Stranger(b"SSH-2.0-OpenSSH_9.2\r\n", port=port)


def folder_missing(place: Ringside) -> Measured:
    """The folder of recordings is not there when a match begins, and is made later."""
    with _folder(place, "not-there") as folder:
        fault = "directory missing before the match"
        return _begins_anyway(place, fault, told="folder", mend=folder.mkdir, until="the folder was there")


def folder_vanishes(place: Ringside) -> Measured:
    """The folder of recordings is deleted with all that is in it while OBS records there, and made again."""
    with _folder(place, "vanishing") as folder:
        folder.mkdir()
        return _breaks_off(
            place,
            "directory deleted while recording",
            harm=lambda: shutil.rmtree(folder),
            told="folder",
            mend=folder.mkdir,
            lost="all before: it was deleted with the folder",
        )


def not_writable(place: Ringside) -> Measured:
    """The folder of recordings cannot be written to when a match begins, and later can."""
    with small_disk(place, 300) as folder:
        _remount(folder, "ro")
        return _begins_anyway(
            place,
            "directory not writable",
            told="cannot be written to",
            mend=lambda: _remount(folder, "rw"),
            until="it was writable",
        )


def disk_low_before(place: Ringside) -> Measured:
    """Less is free than must be when a match begins; then there is room."""
    with small_disk(place, 90, least_free=100) as folder:
        return _without_room(place, "disk nearly full before the match", folder)


def disk_low_by_obs(place: Ringside) -> Measured:
    """Nothing must be free by our settings, but OBS itself wants 50 MB."""
    with small_disk(place, 30) as folder:
        return _without_room(place, "less free than OBS itself wants", folder)


def _without_room(place: Ringside, fault: str, folder: Path) -> Measured:
    return _begins_anyway(
        place, fault, told=NO_ROOM, mend=lambda: _remount(folder, "size=400M"), until="there was room"
    )


def disk_low_while(place: Ringside) -> Measured:
    """The disk gets nearly full while OBS records: what is there is closed in time; it goes on when there is room."""
    with small_disk(place, 300, least_free=150) as folder:  # it is ended with half of what is needed to begin
        measured = _breaks_off(
            place,
            "disk nearly full while recording",
            harm=lambda: _fill(folder, 230),
            told=NO_ROOM,
            mend=(folder / FILLER).unlink,
            lost="the time until there was room",
        )
        assert place.videos()[0].is_whole
        return measured


def disk_full(place: Ringside) -> Measured:
    """Not a byte is left from one moment to the next while OBS records."""
    with small_disk(place, 200) as folder:
        return _breaks_off(
            place,
            "disk full to the last byte while recording",
            harm=lambda: _fill(folder, 400),
            told="full",
            mend=(folder / FILLER).unlink,
            lost="the file that was being written, as far as OBS could not write it",
        )


def quick_matches(place: Ringside, count: int, *, each_s: float = 1.5) -> Measured:
    """Matches with no time between the decision of one and the load of the next, and nothing recorded after one. While
    the replay buffer runs a file begins at the encoder's next key frame: one that got no picture must say so.
    """
    place.suite.restrike("obs", "recording", "main", "--post-roll", "0")
    first = place.number + 1
    place.watch.forget()
    measured = Measured(fault=f"{count} matches of {each_s:g} s without a break")
    try:
        for _ in range(count):
            place.number += 1
            place.mat.fight(place.number)
            pause(each_s)
            place.mat.decide()
        lasts = []
        for number in range(first, first + count):
            place.number = number
            eventually(lambda: place.suite.status().recording == "idle", within=SOON_S, what="the last one's end")
            videos = place.stored()
            place.assert_true(videos)
            assert len(videos) == 1, f"match {number}: {videos}, {place.sessions()}"
            assert videos[0].problem is None or "no picture" in videos[0].problem, videos
            lasts.append((videos[0].duration_ms or 0) / 1000)
    finally:
        place.suite.restrike("obs", "recording", "main", "--post-roll", "0.5")
    measured.lost = f"of {each_s:g} s each, {min(lasts):.1f} to {max(lasts):.1f} s are recorded"
    measured.slowest_s, measured.lag_ms = max(place.watch.slowest_s.values()), place.watch.lag_ms
    assert measured.slowest_s < lenient(RESPONSIVE_S), place.watch.slowest_s
    place.table.append(measured)
    return measured


FAULTS: Final[dict[str, Callable[[Ringside], Measured]]] = {
    fault.__name__: fault
    for fault in (
        killed,
        power_cut,
        frozen,
        late,
        wrong_password,
        port_taken,
        folder_missing,
        folder_vanishes,
        not_writable,
        disk_low_before,
        disk_low_by_obs,
        disk_low_while,
        disk_full,
    )
}
"""All faults of a real OBS, by name."""
