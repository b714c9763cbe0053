"""What the kernel and chrony say of the clock."""

from shared.clock_keeping import KernelClock, chrony_ms


def test_this_kernel_answers() -> None:
    """Whatever it says, nothing is claimed where nothing synchronises it."""
    said = KernelClock().discipline()
    assert said.offset_ms is None or said.is_synchronised


def test_what_chrony_prints() -> None:
    """Its fifth field, unless it follows nobody."""
    line = "0A000001,10.0.0.1,3,1700000000.1,0.912000000,-0.000123,0.0001,-12.1,0.001,0.02,0.001,0.0002,64.2,{}\n"
    assert chrony_ms(line.format("Normal")) == 912.0
    assert chrony_ms(line.format("Not synchronised")) is None
    assert chrony_ms("506 Cannot talk to daemon") is None
