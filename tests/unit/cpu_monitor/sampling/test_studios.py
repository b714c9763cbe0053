"""Which process an OBS is, and its frames of each interval."""

import os
import socket
from pathlib import Path

import pytest

from services.cpu_monitor.sampling.process_list import Found
from services.cpu_monitor.sampling.studios import MIB, Asked, FrameCounts, asked_of, pids_of, uses_of
from shared.messages.obs import LinkState, ObsLoad, ObsStatus, Outputs
from shared.messages.system import ObsUse, ProcessKind

TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1167 00000000:0000 0A 00000000:00000000 00:00000000 00000000  {user}        0 12345 1 0000 100 0 0 10 0
   1: 0100007F:1167 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 777 1 0000 100 0 0 10 0
"""
LOCAL = Asked("main", "127.0.0.1", 4455, 500.0)


def _obs(pid: int, user: int = 1000, name: str = "obs") -> Found:
    return Found(pid=pid, began=1, kind=ProcessKind.OBS, name=name, user=user)


def _proc(folder: Path, *pids: int, user: int = 1000) -> str:
    (folder / "net").mkdir()
    (folder / "net/tcp").write_text(TCP.format(user=user))
    for pid in pids:
        (folder / str(pid) / "fd").mkdir(parents=True)
        (folder / str(pid) / "fd/3").symlink_to("socket:[777]")
    return str(folder)


def test_who_holds_the_port_is_the_process(tmp_path: Path) -> None:
    """Of two OBS it is the one with the listening socket; nobody else is taken for it."""
    proc = _proc(tmp_path, 7, 8)
    assert pids_of([LOCAL], [_obs(7), _obs(8)], {}, proc=proc) == {}
    (tmp_path / "8/fd/12").symlink_to("socket:[12345]")
    assert pids_of([LOCAL], [_obs(7), _obs(8)], {}, proc=proc) == {"main": 8}
    assert pids_of([LOCAL], [_obs(7)], {}, proc=proc) == {}  # a tunnel listens, and it is not this OBS


@pytest.mark.parametrize(
    ("studios", "rss_mib", "host", "pids"),
    [
        ([_obs(7)], 520, "127.0.0.1", {"main": 7}),
        ([_obs(7), _obs(9, name="obs-browser-page")], 520, "localhost", {"main": 7}),
        ([_obs(7)], 900, "127.0.0.1", {}),
        ([_obs(7, user=1001)], 520, "127.0.0.1", {}),
        ([_obs(7), _obs(8)], 520, "127.0.0.1", {}),
        ([_obs(7)], 520, "203.0.113.9", {}),
        ([], 520, "127.0.0.1", {}),
    ],
)
def test_another_users_obs(  # noqa: PLR0917  # the cases
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    studios: list[Found],
    rss_mib: int,
    host: str,
    pids: dict[str, int],
) -> None:
    """Its files may not be looked at: it must be the only OBS of the user who listens, and as large as it says."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    asked = Asked("main", host, 4455, 500.0)
    assert pids_of([asked], studios, {7: rss_mib * MIB, 8: rss_mib * MIB}, proc=_proc(tmp_path)) == pids


def test_this_machine_is_looked_at() -> None:
    """A socket that this process listens on is found to be its own."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        asked = Asked("main", "127.0.0.1", listener.getsockname()[1], 1.0)
        assert pids_of([asked], [_obs(os.getpid())], {}) == {"main": os.getpid()}


def _status(connection: str, load: ObsLoad | None) -> ObsStatus:
    return ObsStatus(
        connection=connection,
        state=LinkState.CONNECTED,
        reason=None,
        since_us=0,
        host="127.0.0.1",
        port=4455,
        roles=(),
        rings=(),
        load=load,
        outputs=None if load is None else Outputs(),
    )


def test_only_who_is_connected_says_something() -> None:
    """One that is away has no load."""
    statuses = [_status("b", ObsLoad(fps=50.0, memory_mib=7.0)), _status("a", None)]
    assert [(use.connection, use.load.fps, use.pid) for use in uses_of(statuses, {"b": 4})] == [("b", 50.0, 4)]
    assert asked_of(statuses) == (Asked("b", "127.0.0.1", 4455, 7.0),)


def test_frames_are_those_of_the_interval() -> None:
    """The first interval has none, as OBS counts since its start; an OBS that was started again begins anew."""

    def use(skipped: int, dropped: int) -> ObsUse:
        load, outputs = ObsLoad(render_frames_skipped=skipped), Outputs(stream_frames_dropped=dropped)
        return ObsUse(connection="main", load=load, outputs=outputs)

    counts = FrameCounts()
    found = [counts.of_interval([one])[0] for one in (use(100, 7), use(103, 7), use(2, 9))]
    assert [(one.load.render_frames_skipped, one.outputs.stream_frames_dropped) for one in found] == [
        (0, 0),
        (3, 0),
        (2, 2),
    ]
    assert counts.of_interval([]) == ()
    assert counts.of_interval([use(50, 0)])[0].load.render_frames_skipped == 0  # it was away meanwhile
