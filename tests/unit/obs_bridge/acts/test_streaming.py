"""Streaming, played by hand: what is missing, what is never shown, what a server that refuses looks like."""

from typing import Any

import pytest

from services.obs_bridge.acts import streaming
from shared.messages.obs_actions import StartStream
from tests.support.obs.play import play
from tests.unit.obs_bridge.acts.facts import OLD, UNCONFIRMED, proof, went

IDLE = {"outputActive": False, "outputReconnecting": False}
COMPLETE = {
    "streamServiceType": "rtmp_custom",
    "streamServiceSettings": {"server": "rtmp://live.example/app", "key": "secret-key"},
}


@pytest.mark.parametrize(
    ("kind", "said", "missing"),
    [
        ("rtmp_common", {}, ["the service", "the server", "the stream key"]),
        ("rtmp_common", {"service": "YouTube - RTMPS", "server": "auto", "key": "k"}, []),
        ("rtmp_custom", {"server": "rtmp://live.example/app"}, ["the stream key"]),
        ("rtmp_custom", {"server": "srt://live.example:9000?streamid=k"}, []),
        ("whip_custom", {"server": "https://live.example/whip", "bearer_token": "t"}, []),
    ],
)
def test_what_is_missing_is_named(kind: str, said: dict[str, Any], missing: list[str]) -> None:
    """The service, the server, the key; an SRT address holds its own."""
    told = streaming.told(kind, said)
    assert told["missing"] == missing
    assert told["complete"] == (not missing)


def test_no_secret_is_ever_told() -> None:
    """Neither the key nor what an address holds of it."""
    told = [
        streaming.told("rtmp_custom", {"server": "rtmp://user:secret@host/app", "key": "secret"}),
        streaming.told("rtmp_custom", {"server": "srt://host:9000?passphrase=secret"}),
        streaming.told("whip_custom", {"server": "https://host/whip", "bearer_token": "secret"}),
    ]
    assert "secret" not in repr(told)
    assert [one["server"] for one in told] == ["rtmp://host/app", "srt://host:9000", "https://host/whip"]


def test_incomplete_settings_refuse_before_obs_is_asked_to_stream() -> None:
    """The sentence names what is missing."""
    played = play(
        streaming.start_stream(StartStream(), OLD),
        [IDLE, {"streamServiceType": "rtmp_common", "streamServiceSettings": {}}],
    )
    assert played.error is not None
    assert played.error.code == "obs.stream_incomplete"
    assert "the stream key" in played.error.message


def test_a_stream_is_one_when_the_server_took_it() -> None:
    """STARTING is not enough, and STOPPED is a refusal."""
    begun = [IDLE, COMPLETE, proof("STARTING")]
    done = play(streaming.start_stream(StartStream(), OLD), [*begun, went("STARTED")]).result
    assert done is not None
    assert done.details["server"] == "rtmp://live.example/app"
    error = play(streaming.start_stream(StartStream(), OLD), [*begun, went("STOPPED")]).error
    assert error is not None
    assert error.code == "obs.start_failed"
    error = play(streaming.start_stream(StartStream(), OLD), [*begun, UNCONFIRMED, IDLE]).error
    assert error is not None
    assert "does not stream" in error.message
