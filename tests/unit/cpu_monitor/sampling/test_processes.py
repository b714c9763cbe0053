"""Processes: who is ours, what each takes, and those that go while they are looked at."""

import os
from pathlib import Path

import pytest

from services.cpu_monitor.sampling.process_list import Found, ProcessList, Who, who_is
from services.cpu_monitor.sampling.processes import Footprint, ProcessMeter, footprints
from shared.messages.system import ProcessKind
from shared.paths import Paths

STAT = (
    "{pid} ({name}) {state} {parent} 1 1 0 -1 4194560 900 0 0 0 {ticks} 10 0 0 20 0 {threads} 0 {began} 60000000"
    " {pages} 18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 1 0 0 0 0 0"
)
IO = "rchar: 323934931\nwchar: 323929600\nsyscr: 632687\nsyscw: 632675\nread_bytes: {read}\nwrite_bytes: {written}\n"
PYTHON = "/opt/restrike/bin/python\0-P\0-m\0services\0{}\0"


class Proc:
    """A /proc of our own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir()

    def put(  # what a process has
        self,
        pid: int,
        *,
        name: str = "python",
        command: str = "",
        home: str | None = None,
        ticks: int = 0,
        began: int = 100,
        state: str = "S",
        read: int | None = 0,
        parent: int = 1,
    ) -> None:
        folder = self.folder / str(pid)
        folder.mkdir(exist_ok=True)
        values = {"pid": pid, "name": name, "state": state, "parent": parent, "ticks": ticks, "began": began}
        (folder / "stat").write_text(STAT.format(**values, threads=4, pages=25))
        (folder / "cmdline").write_text(command)
        if home is not None:
            (folder / "environ").write_text(f"PATH=/bin\0RESTRIKE_HOME={home}\0LANG=C\0")
        if read is not None:
            (folder / "io").write_text(IO.format(read=read, written=2 * read))

    def remove(self, pid: int) -> None:
        for path in (self.folder / str(pid)).iterdir():
            path.write_text("")
            path.unlink()
        (self.folder / str(pid)).rmdir()


@pytest.fixture
def proc(tmp_path: Path) -> Proc:
    return Proc(tmp_path / "proc")


@pytest.mark.parametrize(
    ("command", "arguments", "who"),
    [
        ("python", "python -P -m services udp-ingest", Who(ProcessKind.SERVICE, "udp-ingest", is_of_a_home=True)),
        (
            "python",
            "python -m services.supervisord -c x",
            Who(ProcessKind.SUPERVISOR, "supervisord", is_of_a_home=True),
        ),
        ("python", "python -m services.db_writer.errand x", Who(ProcessKind.COMMAND, "errand", is_of_a_home=True)),
        (
            "restrike",
            "/v/bin/python -P /v/bin/restrike match edit --author x ring-1",
            Who(ProcessKind.COMMAND, "restrike match edit", is_of_a_home=True),
        ),
        ("obs", "/usr/bin/obs --minimize-to-tray", Who(ProcessKind.OBS, "obs", is_of_a_home=False)),
        ("obs-browser-pag", "obs-browser-page --type=x", Who(ProcessKind.OBS, "obs-browser-page", is_of_a_home=False)),
        ("ffmpeg", "ffmpeg -i x", Who(ProcessKind.FFMPEG, "ffmpeg", is_of_a_home=False)),
        ("obs-ffmpeg-mux", "/usr/bin/obs-ffmpeg-mux x", Who(ProcessKind.FFMPEG, "obs-ffmpeg-mux", is_of_a_home=False)),
        ("obsidian", "/usr/bin/obsidian", None),
        ("python", "python -m", None),
        ("python", "python -m services", None),
        ("vim", "vim a/restrikes", None),
        ("kthreadd", "", None),
    ],
)
def test_who_a_process_is(command: str, arguments: str, who: Who | None) -> None:
    """By its program and its first words; a name that only begins like ours is none."""
    assert who_is(command, [*arguments.split(" "), ""]) == who


def test_only_this_homes_suite_and_every_obs(tmp_path: Path, proc: Proc) -> None:
    """Another home's services are not ours; where the environment may not be read, the lock tells."""
    paths = Paths(tmp_path / "home")
    paths.prepare()
    paths.lock("broker").write_text("14\n")
    proc.put(10, command=PYTHON.format("udp-ingest"), home=str(paths.home))
    proc.put(11, command=PYTHON.format("udp-ingest"), home="/elsewhere")
    proc.put(12, name="obs", command="obs\0")
    proc.put(13, command=PYTHON.format("broker"))
    proc.put(14, command=PYTHON.format("broker"))
    proc.put(15, name="kworker/u4:1 (x", parent=2)
    proc.put(16, name="bash", command="-bash\0")
    (proc.folder / "self").mkdir()
    found = ProcessList(paths, proc=str(proc.folder)).look()
    assert sorted((one.pid, one.kind.value, one.name) for one in found) == [
        (10, "service", "udp-ingest"),
        (12, "obs", "obs"),
        (14, "service", "broker"),
    ]


def test_a_process_may_become_another_program(tmp_path: Path, proc: Proc) -> None:
    """Just forked it is still its parent: it is judged again at the next look, and then no more for a while."""
    listed = ProcessList(Paths(tmp_path / "home"), proc=str(proc.folder))
    proc.put(20, name="bash", command="bash\0")
    assert listed.look() == ()
    proc.put(20, name="ffmpeg", command="ffmpeg\0-i\0x\0")
    (one,) = listed.look()
    assert one.name == "ffmpeg"
    proc.put(20, name="bash", command="bash\0")
    assert listed.look() == (one,)
    proc.remove(20)
    assert listed.look() == ()
    proc.put(20, name="obs", command="obs\0", began=999)
    assert [(found.name, found.began) for found in listed.look()] == [("obs", 999)]


def _found(pid: int = 30, *, began: int = 100, name: str = "ffmpeg") -> Found:
    return Found(pid=pid, began=began, kind=ProcessKind.FFMPEG, name=name, user=0)


def test_what_a_process_takes(proc: Proc) -> None:
    """Percent of one core and bytes each second, of the time since it was last read; none before that."""
    ticks_per_s = os.sysconf("SC_CLK_TCK")
    proc.put(30, ticks=5, state="R")
    meter = ProcessMeter(str(proc.folder))
    meter.take([_found()], 10.0)
    meter.take_footprints({_found(): Footprint(pss_bytes=7, files=3), _found(began=1): Footprint(8, 9)})
    proc.put(30, ticks=5 + ticks_per_s, state="R", read=4096)
    (use,) = meter.measure(12.0)
    assert (use.cpu_percent, use.state, use.threads, use.rss_bytes) == (50.0, "running", 4, 25 * 4096)
    assert (use.read_bytes_per_s, use.written_bytes_per_s) == (2048.0, 4096.0)
    assert (use.pss_bytes, use.files) == (7, 3)
    meter.close()
    assert meter.measure(13.0) == ()


def test_a_suspended_machine_makes_no_peaks(proc: Proc) -> None:
    """An interval that took an hour is an hour."""
    proc.put(30)
    meter = ProcessMeter(str(proc.folder))
    meter.take([_found()], 0.0)
    proc.put(30, ticks=36 * os.sysconf("SC_CLK_TCK"))
    (use,) = meter.measure(3600.0)
    assert use.cpu_percent == 1.0


def test_gone_reused_or_not_ours_to_look_into(proc: Proc) -> None:
    """A process that ended is gone at once; a number that was given again is another one; another user's has no I/O."""
    proc.put(30)
    proc.put(31, read=None)
    proc.put(32)
    meter = ProcessMeter(str(proc.folder))
    meter.take([_found(30), _found(31), _found(32)], 1.0)
    proc.remove(30)
    proc.put(32, began=555)
    (use,) = meter.measure(2.0)
    assert (use.pid, use.read_bytes_per_s, use.pss_bytes) == (31, None, None)
    meter.take([_found(31), _found(32, began=555)], 2.0)
    assert [one.pid for one in meter.measure(3.0)] == [31, 32]
    meter.take([_found(99)], 3.0)
    assert meter.measure(4.0) == ()


def test_a_real_process_is_read() -> None:
    """This one: its memory by share is within its memory, and it has files open."""
    me = os.getpid()
    began = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    found = _found(me, began=began)
    meter = ProcessMeter()
    meter.take([found], 1.0)
    meter.take_footprints(footprints([found, _found(2**22 + 1)]))
    (use,) = meter.measure(2.0)
    assert use.files is not None
    assert use.files > 2
    assert use.pss_bytes is None or 0 < use.pss_bytes <= 2 * use.rss_bytes
    meter.close()
