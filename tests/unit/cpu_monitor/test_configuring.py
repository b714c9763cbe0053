"""What cpu-monitor makes of what the services say of restrike.json."""

from services.cpu_monitor.configuring import faults_in
from shared.messages.configuration import ConfigurationState


def _states(**faults: tuple[str, ...]) -> dict[str, ConfigurationState]:
    return {name: ConfigurationState(service=name, version=None, faults=told) for name, told in faults.items()}


def test_all_is_well() -> None:
    assert faults_in({}) == ()
    assert faults_in(_states(broker=(), parser=())) == ()


def test_a_fault_that_all_tell_is_one() -> None:
    """They read the same file."""
    assert faults_in(_states(broker=("a", "b"), parser=("a", "b"))) == ("a", "b")


def test_a_fault_that_one_alone_tells_names_it() -> None:
    """Its rights differ from the others', or it has not looked again yet."""
    assert faults_in(_states(broker=("a",), parser=(), writer=())) == ("a (broker)",)
