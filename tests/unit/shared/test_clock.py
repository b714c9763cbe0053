"""Times as text, and back."""

import pytest

from shared.clock import iso_utc, unix_us


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01T09:30:00.123456Z",
        "2026-03-01T10:30:00.123456+01:00",
        "2026-03-01T09:30:00.123456",
        "2026-03-01 09:30:00.123456",
    ],
)
def test_stored_times_are_read_to_the_microsecond(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """UTC where no offset is named, whatever this machine's time zone is; what was written is read as it was."""
    monkeypatch.setenv("TZ", "Asia/Seoul")
    assert unix_us(text) == 1_772_357_400_123_456
    assert iso_utc(unix_us(text) * 1000) == "2026-03-01T09:30:00.123456Z"
