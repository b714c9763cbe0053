"""Where metrics may be served: on this machine, and on others only when somebody says so."""

import pytest

from shared.config import Config, Metrics, faults_of


@pytest.mark.parametrize(
    "metrics",
    [
        Metrics(),
        Metrics(endpoint=None),
        Metrics(endpoint="127.0.0.2:1"),
        Metrics(endpoint="10.1.2.3:9464", allow_remote=True),
        Metrics(endpoint="0.0.0.0:9464", allow_remote=True),
    ],
)
def test_sound(metrics: Metrics) -> None:
    """Loopback, nowhere, and another address that is allowed."""
    assert faults_of(Config(metrics=metrics)) == []


@pytest.mark.parametrize(
    ("endpoint", "says"),
    [
        ("10.1.2.3:9464", "set metrics.allow_remote"),
        ("0.0.0.0:9464", "set metrics.allow_remote"),
        ("localhost:9464", "must look like 127.0.0.1:9464"),
        ("127.0.0.1", "must look like"),
        ("127.0.0.1:0", "must look like"),
        ("127.0.0.1:65536", "must look like"),
        ("http://127.0.0.1:9464", "must look like"),
        ("", "must look like"),
    ],
)
def test_faults(endpoint: str, says: str) -> None:
    """Each is told in a sentence with what is allowed."""
    found = faults_of(Config(metrics=Metrics(endpoint=endpoint)))
    assert len(found) == 1
    assert says in found[0]
