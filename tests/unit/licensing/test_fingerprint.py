"""The fingerprint: of a machine made of files, changed as machines are."""

import os
import shutil
from pathlib import Path

import pytest

from shared.licensing.fingerprint import fingerprint, is_same_machine, machine_id
from tests.support.licensing.machine import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_what_it_is_made_of(machine: Machine) -> None:
    """Three traits, each with its value, and its digest in the text; nothing of a value is."""
    found = fingerprint(machine.root)
    assert [(part.name, part.value) for part in found.parts] == [
        ("os", "3f2b9c1d4e5f60718293a4b5c6d7e8f9"),
        ("board", "Dell Inc., Precision 3660, Dell Inc., 0PRR48, 12th Gen Intel(R) Core(TM) i7-12700"),
        ("disk", "S6B0NX0T123456"),
    ]
    assert found.fingerprint == ".".join(f"{part.name}-{part.digest}" for part in found.parts)
    assert all(len(part.digest or "") == 12 for part in found.parts)
    assert "S6B0" not in found.fingerprint


def test_it_survives_a_reboot_and_network_cards(machine: Machine) -> None:
    """Another boot id, another speed of the processor, other cards, a stick and a loop device more."""
    before = fingerprint(machine.root).fingerprint
    machine.write("proc/sys/kernel/random/boot_id", "22222222-2222-2222-2222-222222222222")
    machine.write(
        "proc/cpuinfo", "processor\t: 0\nmodel name\t: 12th Gen Intel(R) Core(TM) i7-12700\ncpu MHz\t: 4800.0\n"
    )
    shutil.rmtree(machine.root / "sys/class/net")
    machine.write("sys/class/net/enp3s0/address", "66:77:88:99:aa:bb")
    machine.write("sys/block/loop1/removable", "0")
    machine.write("sys/block/aaa/removable", "1")
    machine.write("sys/block/aaa/device/serial", "STICK-2")
    assert fingerprint(machine.root).fingerprint == before


CHANGES = {
    "another system": ("etc/machine-id", "ffffffffffffffffffffffffffffffff"),
    "another board": ("sys/class/dmi/id/board_name", "0XXXXX"),
    "another disk": ("sys/block/nvme0n1/device/serial", "S7Z9"),
}


@pytest.mark.parametrize("changed", CHANGES)
def test_one_trait_may_change(machine: Machine, changed: str) -> None:
    before = fingerprint(machine.root).fingerprint
    machine.write(*CHANGES[changed])
    after = fingerprint(machine.root).fingerprint
    assert after != before
    assert is_same_machine(before, after)


@pytest.mark.parametrize("kept", CHANGES)
def test_two_may_not(machine: Machine, kept: str) -> None:
    before = fingerprint(machine.root).fingerprint
    for name, change in CHANGES.items():
        if name != kept:
            machine.write(*change)
    assert not is_same_machine(before, fingerprint(machine.root).fingerprint)


def test_a_disk_swapped_for_one_without_a_number(machine: Machine) -> None:
    """A trait that is not told any more counts as changed; one that is told only now harms nothing."""
    before = fingerprint(machine.root).fingerprint
    shutil.rmtree(machine.root / "sys/block/nvme0n1")
    after = fingerprint(machine.root).fingerprint
    assert after.count("-") == 2
    assert is_same_machine(before, after)
    assert is_same_machine(after, before)


def test_a_container(tmp_path: Path) -> None:
    """No DMI, no disk: what is left makes it up, and both of two must fit."""
    machine = Machine(tmp_path)
    shutil.rmtree(tmp_path / "sys")
    found = fingerprint(tmp_path)
    assert [part.digest is None for part in found.parts] == [False, False, True]
    before = found.fingerprint
    machine.write("etc/machine-id", "ffffffffffffffffffffffffffffffff")
    assert not is_same_machine(before, fingerprint(tmp_path).fingerprint)


KINDS = [
    "overlayblk",
    "QM00001",
    "QM00005",
    "t10.ATA     QEMU HARDDISK                           QM00001",
    "0QEMU    QEMU HARDDISK   drive-scsi0",
    "0QEMU    QEMU HARDDISK   drive-scsi0-0-0-0",
    "drive-virtio1",
    "nvme-qemu-1",
    "nvme.1b36-6465616462656566-51454d55204e564d65204374726c-00000001",
    "Virtual Disk 1",
    "SN: 000001",
    "nvme.1414-534e3a20303030303031-4d534654-00000001",
    "persistent-disk-0",
    "nvme_card-pd0",
    "0000000000",
    "00000000000000000001",
    "0x00000000",
    "eui.0000000000000000",
    "naa.0000000000000000",
    "123456789",
    "0123456789abcdef",
    "deadbeef",
    "SSD",
    "model",
    "0x0",
]
OWN = [
    "S4EVNX0R123456789",
    "WD-WX123456789",
    "naa.5002538e40a1b2c3",
    "eui.0025385b21404a3e",
    "vol0123456789abcdef0",
    "VB1a2b3c4d-5e6f7a8b",
    "0x1a2b3c4d",
    "SN: 20340987",
]


@pytest.mark.parametrize("serial", OWN)
def test_numbers_of_one_disk(machine: Machine, serial: str) -> None:
    """Also those in which one occurs that makers leave in."""
    machine.write("sys/block/nvme0n1/device/serial", serial)
    assert fingerprint(machine.root).parts[2].digest is not None


@pytest.mark.parametrize("serial", KINDS)
def test_virtual_machines_of_a_kind(tmp_path: Path, serial: str) -> None:
    """What all of them have is shown, but does not count: those with a number of their own are machines of their own,
    and one that has moved to another host is the same.
    """
    first, second = Machine(tmp_path / "1"), Machine(tmp_path / "2")
    for guest in (first, second):
        guest.write("sys/block/nvme0n1/device/serial", serial)
    second.write("etc/machine-id", "00000000000000000000000000000001")
    mine, other = fingerprint(first.root), fingerprint(second.root)
    assert [(part.name, part.digest is None) for part in mine.parts] == [
        ("os", False),
        ("board", False),
        ("disk", True),
    ]
    assert mine.parts[2].value == serial
    assert not is_same_machine(mine.fingerprint, other.fingerprint)
    first.write("sys/class/dmi/id/product_name", "Standard PC (Q35)")
    assert is_same_machine(mine.fingerprint, fingerprint(first.root).fingerprint)


def test_a_licence_of_before_that_was_bound_to_a_common_number(tmp_path: Path) -> None:
    """Its machine goes on to have it; other guests of the host do not."""
    guest, other = Machine(tmp_path / "1"), Machine(tmp_path / "2")
    old = fingerprint(guest.root).fingerprint.rpartition(".")[0] + ".disk-9269b5285570"
    for machine in (guest, other):
        machine.write("sys/block/nvme0n1/device/serial", "overlayblk")
    other.write("etc/machine-id", "00000000000000000000000000000001")
    assert is_same_machine(old, fingerprint(guest.root).fingerprint)
    assert not is_same_machine(old, fingerprint(other.root).fingerprint)


def test_a_number_of_another_disk_is_taken(machine: Machine) -> None:
    """Where the first one has none of its own."""
    machine.write("sys/block/aaa/removable", "0")
    machine.write("sys/block/aaa/serial", "QM00001")
    assert fingerprint(machine.root).parts[2].value == "S6B0NX0T123456"


def outside(machine: Machine, way: str, name: str, serial: str) -> None:
    """A disk as the system has it: a link to where it lies."""
    machine.write(f"sys/devices/{way}/block/{name}/removable", "0")
    machine.write(f"sys/devices/{way}/block/{name}/device/serial", serial)
    (machine.root / "sys/block" / name).symlink_to(f"../devices/{way}/block/{name}")


OUTSIDE = {"usb": ("pci0000:00/0000:00:14.0/usb2/2-1", "aaa"), "card": ("platform/mmc_host/mmc0/mmc0:0001", "mmcblk0")}


@pytest.mark.parametrize("where", OUTSIDE)
def test_a_disk_that_can_be_pulled_out(machine: Machine, where: str) -> None:
    """It changes nothing where there is another one, also one that tells no number; alone it is the machine's."""
    before = fingerprint(machine.root).fingerprint
    outside(machine, *OUTSIDE[where], "CARD-4711")
    assert fingerprint(machine.root).fingerprint == before
    (machine.root / "sys/block/nvme0n1/device/serial").unlink()
    assert fingerprint(machine.root).parts[2].value is None
    shutil.rmtree(machine.root / "sys/block/nvme0n1")
    assert fingerprint(machine.root).parts[2].value == "CARD-4711"


def test_a_board_alone_is_no_machine(tmp_path: Path) -> None:
    """All of its model have it: no licence can be bound to it."""
    machine = Machine(tmp_path)
    machine.write("etc/machine-id", "uninitialized")
    machine.write("sys/block/nvme0n1/device/serial", "overlayblk")
    found = fingerprint(tmp_path)
    assert found.fingerprint == "none"
    board = f"board-{found.parts[1].digest}"
    assert not is_same_machine(board, board)


def test_a_machine_that_tells_nothing(tmp_path: Path) -> None:
    """It is not the same as another one that tells nothing."""
    found = fingerprint(tmp_path)
    assert found.fingerprint == "none"
    assert not is_same_machine("none", found.fingerprint)


def test_files_that_cannot_be_read(machine: Machine) -> None:
    """A folder, a FIFO, a link to nowhere, something that is no text, in place of a file: that trait is not told, and
    nobody waits.
    """
    for name in ("etc/machine-id", "sys/class/dmi/id/board_name", "proc/cpuinfo", "sys/block/nvme0n1/device/serial"):
        (machine.root / name).unlink()
    (machine.root / "etc/machine-id").mkdir()
    os.mkfifo(machine.root / "sys/class/dmi/id/board_name")
    (machine.root / "proc/cpuinfo").write_bytes(b"\xff\xfe\x00" * 100_000)
    (machine.root / "sys/block/nvme0n1/device/serial").symlink_to("/nowhere")
    found = fingerprint(machine.root)
    assert [part.value for part in found.parts] == [None, "Dell Inc., Precision 3660, Dell Inc.", None]
    assert machine_id(machine.root) is None


@pytest.mark.parametrize("path", ["device/serial", "serial", "device/wwid", "wwid"])
def test_where_disks_have_their_numbers(tmp_path: Path, path: str) -> None:
    machine = Machine(tmp_path)
    shutil.rmtree(tmp_path / "sys/block")
    machine.write(f"sys/block/vda/{path}", "disk-7")
    assert fingerprint(tmp_path).parts[2].value == "disk-7"


def test_this_machine() -> None:
    """The real one has a fingerprint, and keeps it."""
    assert fingerprint() == fingerprint()
    assert fingerprint().fingerprint != "none"
