"""What `restrike doctor` says of ports, interfaces, buffers and firewalls, by the facts that it is given."""

import socket
from pathlib import Path

import pytest

from services.cli.doctor import iptables, nftables
from services.cli.doctor.firewall import DEEPEST, Arrival, Chain, Holds, Rule, walk
from services.cli.doctor.ports import Holder, Wanted, held, judge
from services.cli.doctor.result import Outcome, Result
from services.cli.doctor.rings import ALL, judge_buffers, judge_interfaces, raise_rmem
from shared.config import Ring
from shared.messages.facts import NetworkInterface

RING = Wanted(what="ring-1", kind="udp", address="10.1.1.5", port=8888, service="udp-ingest")
WIRED = NetworkInterface(name="eth0", address="10.1.1.5", is_up=True, is_recommended=True, kind="wired")
LOOPBACK = NetworkInterface(name="lo", address="127.0.0.1", is_up=True, is_loopback=True, kind="loopback")
FIREWALLS = Path(__file__).parent


def _holder(pid: int | None, *, address: str = "10.1.1.5", port: int = 8888, kind: str = "udp") -> Holder:
    return Holder(
        kind=kind, address=address, port=port, pid=pid, program="snmpd" if pid else "a program of another user"
    )


@pytest.mark.parametrize(
    ("holders", "running", "expected"),
    [
        ([], {}, Outcome.OK),
        ([_holder(7)], {"udp-ingest": 7}, Outcome.OK),
        ([_holder(7, address=ALL)], {"udp-ingest": 7}, Outcome.OK),
        ([_holder(None)], {"udp-ingest": 7}, Outcome.OK),
        ([_holder(None)], {}, Outcome.FAILED),
        ([_holder(9)], {}, Outcome.FAILED),
        ([_holder(9), _holder(7)], {"udp-ingest": 7}, Outcome.FAILED),
        ([], {"udp-ingest": 7}, Outcome.FAILED),
        ([_holder(9, kind="tcp"), _holder(9, port=8889), _holder(9, address="10.1.1.6")], {}, Outcome.OK),
    ],
)
def test_a_port_is_free_or_ours(holders: list[Holder], running: dict[str, int], expected: Outcome) -> None:
    """Another protocol, port or address is no matter; all addresses are."""
    (result,) = judge([RING], holders, running=running, is_root=True)
    assert result.outcome is expected
    assert (result.fix is None) == (expected is Outcome.OK)


def test_who_holds_a_port_is_named() -> None:
    """Program and process."""
    (result,) = judge([RING], [_holder(9)], running={}, is_root=True)
    assert "snmpd (process 9)" in result.found


def test_a_ring_that_was_stopped_need_not_listen() -> None:
    """It is told, and no fault; a low port is only root's."""
    quiet = Wanted(what="ring-1", kind="udp", address="10.1.1.5", port=8888, service="udp-ingest", must=False)
    assert judge([quiet], [], running={"udp-ingest": 7}, is_root=True)[0].outcome is Outcome.SKIPPED
    low = Wanted(what="ring-1", kind="udp", address="10.1.1.5", port=88, service="udp-ingest")
    assert [judge([low], [], running={}, is_root=root)[0].outcome for root in (True, False)] == [
        Outcome.OK,
        Outcome.WARNING,
    ]


def test_sockets_of_this_machine_are_seen() -> None:
    """A UDP socket with its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mine:
        mine.bind(("127.0.0.1", 0))
        assert (mine.getsockname()[1], "udp") in {(one.port, one.kind) for one in held()}


@pytest.mark.parametrize(
    ("bind", "interfaces", "expected"),
    [
        ("10.1.1.5", [WIRED, LOOPBACK], Outcome.OK),
        ("auto", [WIRED, LOOPBACK], Outcome.OK),
        (ALL, [WIRED, LOOPBACK], Outcome.OK),
        ("auto", [LOOPBACK], Outcome.FAILED),
        ("10.1.1.6", [WIRED], Outcome.FAILED),
        ("127.0.0.1", [WIRED, LOOPBACK], Outcome.WARNING),
        ("127.0.0.1", [LOOPBACK], Outcome.OK),
        ("10.1.1.5", [NetworkInterface(name="eth0", address="10.1.1.5", is_up=False)], Outcome.FAILED),
    ],
)
def test_interfaces(bind: str, interfaces: list[NetworkInterface], expected: Outcome) -> None:
    """The address of a ring is there and up; one that only this machine reaches is a warning on a network."""
    (result,) = judge_interfaces([Ring(name="ring-1", bind=bind)], interfaces)
    assert result.outcome is expected
    assert (result.fix is None) == (expected is Outcome.OK)


def test_a_buffer_that_the_kernel_cut() -> None:
    """What the kernel allows is raised by --fix, once for all rings; otherwise a restart of the ring helps."""
    rings = [Ring(name="a", receive_buffer_bytes=4_000_000), Ring(name="b", port=9, receive_buffer_bytes=8_000_000)]
    good = judge_buffers(rings, {"a": 4_000_000, "b": 8_000_000}, most=8_000_000)
    assert [one.outcome for one in good] == [Outcome.OK, Outcome.OK]
    cut = judge_buffers(rings, {"a": 212_992, "b": 212_992}, most=212_992)
    assert [_mend_of(one) for one in cut] == ["sudo sysctl -w net.core.rmem_max=8000000"] * 2
    old = judge_buffers(rings, {"a": 212_992, "b": 8_000_000}, most=8_000_000)
    assert [one.outcome for one in old] == [Outcome.WARNING, Outcome.OK]
    assert old[0].mend is None


def _mend_of(result: Result) -> str:
    assert result.outcome is Outcome.WARNING
    assert result.mend is not None
    assert result.mend.needs_root
    assert result.mend.asks
    return result.mend.command


def test_rmem_max_is_raised_for_good(tmp_path: Path) -> None:
    """Now, and in a file that is read at each start of the machine."""
    now, lasting = tmp_path / "rmem_max", tmp_path / "sysctl.d" / "90-restrike.conf"
    now.write_text("212992\n")
    raise_rmem(4_194_304, now=now, lasting=lasting)
    assert now.read_text() == "4194304\n"
    assert "\nnet.core.rmem_max = 4194304\n" in lasting.read_text()


def _to(port: int, interface: str | None = "eth0", address: str = "10.9.0.1") -> Arrival:
    return Arrival(port=port, address=address, interface=interface)


@pytest.mark.parametrize(
    ("arrival", "expected"),
    [
        (_to(8888), "accept"),  # a named set
        (_to(8005), "accept"),  # a range within a set
        (_to(9000), "perhaps"),  # only from some senders, in a chain of its own
        (_to(9999), "drop"),  # rejected
        (_to(9997), "drop"),  # the policy
        (_to(9997, "lo"), "accept"),
        (_to(9997, None), "drop"),  # not lo, whichever it is
    ],
)
def test_nft(arrival: Arrival, expected: str) -> None:
    """Rules as a real nft 1.0.6 lists them."""
    rules = (FIREWALLS / "nft_rules.json").read_text()
    assert nftables.verdict(rules, arrival).does == expected


def test_nft_without_rules() -> None:
    """What nobody filters comes in."""
    assert nftables.verdict('{"nftables": [{"metainfo": {}}]}', _to(1)).does == "accept"


@pytest.mark.parametrize(
    ("arrival", "expected"),
    [(_to(8888), "accept"), (_to(9005), "perhaps"), (_to(7), "drop"), (_to(7, "lo"), "accept"), (_to(7, None), "drop")],
)
def test_iptables(arrival: Arrival, expected: str) -> None:
    """Rules as a real iptables 1.8.9 lists them, much as ufw makes them."""
    rules = (FIREWALLS / "iptables_rules.txt").read_text()
    assert iptables.verdict(rules, arrival).does == expected


def test_chains_that_jump_in_circles_end() -> None:
    """They are followed as deep as the kernel does."""
    circle = Chain(rules=[Rule(holds=Holds.YES, does="jump", target="a", text="jump a")], policy="drop")
    assert walk("a", {"a": circle}).does == "drop"
    assert DEEPEST < 100


def test_a_rule_that_may_hold_makes_it_uncertain() -> None:
    """Unless what follows does the same."""
    perhaps = Rule(holds=Holds.PERHAPS, does="drop", text="drop some")
    accept = Rule(holds=Holds.YES, does="accept", text="accept")
    assert walk("a", {"a": Chain(rules=[perhaps, accept])}).does == "perhaps"
    assert walk("a", {"a": Chain(rules=[perhaps], policy="drop")}).does == "drop"
