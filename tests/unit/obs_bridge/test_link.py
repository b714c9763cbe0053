"""A link with a scripted OBS: what a real one cannot be made to do, and what an operator is told."""

import threading
import time
from statistics import median

import pytest
from msgspec.structs import replace

from services.obs_bridge.client import RequestClient
from services.obs_bridge.procedure import Ask, Confirmed, Data, Event, Pause, Procedure, Proof
from shared.errors import ObsError
from shared.messages.obs import LinkState
from tests.support.obs.fake import FakeObs
from tests.support.obs.linked import SHORT, Linked, link_threads, linked, one
from tests.support.obs.steps import AfterNext, Answer, Close, Drop, Late, Raw, Silence, Told, Twice, WrongId, refuse
from tests.support.wait import eventually, lenient

pytestmark = pytest.mark.slow

CONNECTED, DISCONNECTED = LinkState.CONNECTED, LinkState.DISCONNECTED


def test_it_connects_and_tells_each_state_once(fake: FakeObs, ours: Linked) -> None:
    """connecting, authenticating, connected; the version is known when connected is told."""
    seen: list[object] = []
    ours.on_connected = lambda: seen.append(ours.link.version.get("obsWebSocketVersion"))
    ours.connect()
    assert [state.value for state, _ in ours.states] == ["connecting", "authenticating", "connected"]
    assert seen == [fake.studio.version["obsWebSocketVersion"]]
    assert "GetStats" in ours.link.version["availableRequests"]
    ours.loop.until(lambda: len(ours.stats) > 2, within=5)
    assert 0 < median(round_trip_ms for _, round_trip_ms in ours.stats) < 100


def test_a_procedure_of_its_owner_runs_first(fake: FakeObs, ours: Linked) -> None:
    """What the owner starts when it is told `connected` is asked before anything else of OBS."""
    started: list[object] = []
    ours.on_connected = lambda: started.append(ours.start(one(Ask("GetSceneList"))))
    ours.connect()
    ours.ask("GetRecordStatus")
    asked = [received.request for received in fake.requests if received.request != "GetStats"]
    assert asked == ["GetVersion", "GetSceneList", "GetRecordStatus"]


def test_requests_and_events_come_over_two_connections(fake: FakeObs, ours: Linked) -> None:
    """Answers and events are told with OBS's own names and values."""
    ours.connect()
    assert fake.clients == 2
    fake.send_event("CustomEvent", {"eventData": {"a": [1, None]}})
    ours.loop.until(lambda: ours.events, within=5)
    assert ours.events[0] == ("CustomEvent", {"eventData": {"a": [1, None]}})
    assert "obsVersion" in ours.ask("GetVersion")


@pytest.mark.parametrize("order", ["before", "after"])
def test_an_event_proves_a_request_whichever_comes_first(fake: FakeObs, ours: Linked, order: str) -> None:
    """OBS's event may overtake its answer, as they come over two connections."""
    ours.connect()
    told = (Told("RecordStateChanged", {"outputState": "X"}),)
    fake.on("StartRecord", Answer(before=told) if order == "before" else Answer(after=told))

    def start() -> Procedure[Proof]:
        proof: Proof = yield Confirmed(ask=Ask("StartRecord"), event="RecordStateChanged", within_s=2)
        return proof

    assert ours.do(start()).value() == Proof(answer={}, event={"outputState": "X"})


def test_a_refusal_carries_the_number_and_words_of_obs(fake: FakeObs, ours: Linked) -> None:
    """604 and its comment reach who asked; the connection is as good as before."""
    ours.connect()
    fake.on("SaveReplayBuffer", refuse(604, "Replay buffer is not available."))
    with pytest.raises(ObsError) as caught:
        ours.ask("SaveReplayBuffer")
    assert (caught.value.code, caught.value.status) == ("obs.refused", 604)
    assert caught.value.comment == "Replay buffer is not available."
    assert ours.link.counts.refused == 1
    assert ours.link.is_connected


def test_an_answer_belongs_to_its_request(fake: FakeObs, ours: Linked) -> None:
    """An answer that comes twice is not taken for that of the next request."""
    ours.connect()
    fake.on("GetSceneList", Twice(Answer(data={"n": 1})), Answer(data={"n": 2}))
    assert ours.ask("GetSceneList") == {"n": 1}
    assert ours.ask("GetSceneList") == {"n": 2}


def test_an_answer_with_a_foreign_number_is_no_answer(fake: FakeObs, ours: Linked) -> None:
    """Nobody is told what another asked: the request is not answered, and the client is given up."""
    ours.connect()
    fake.on("GetSceneList", WrongId(Answer(data={"n": 1})))
    assert ours.fails("GetSceneList") == "obs.no_answer"
    ours.becomes(CONNECTED)
    assert ours.link.counts.connects == 2


def test_answers_out_of_order_over_two_lanes(fake: FakeObs, ours: Linked) -> None:
    """A slow request that is answered late does not hold a quick one up, and each gets its own."""
    ours.connect()
    fake.on("GetSourceScreenshot", Late(0.4, Answer(data={"is": "slow"})))
    slow = ours.start(one(Ask("GetSourceScreenshot", slow=True)))
    assert ours.ask("GetSceneList")["scenes"]
    assert slow.outcomes == []
    assert ours.outcome(slow).value() == {"is": "slow"}
    assert ours.link.counts.connects == 1


def test_a_client_that_timed_out_is_given_up(fake: FakeObs, ours: Linked) -> None:
    """No answer in time: told as such with the state, and a new connection within the first retry."""
    ours.connect()
    fake.on("StartRecord", Silence())
    assert ours.fails("StartRecord") == "obs.no_answer"
    assert ours.link.state is DISCONNECTED
    assert "hangs" in (ours.link.reason or "")
    ours.becomes(CONNECTED)
    assert ours.link.counts.time_outs == 1


@pytest.mark.parametrize("slow", [False, True])
def test_a_fault_of_ours_leaves_nobody_waiting(ours: Linked, monkeypatch: pytest.MonkeyPatch, *, slow: bool) -> None:
    """What no error of OBS is goes to the log, ends the procedure that met it, and the next one is done."""
    logged: list[object] = []
    monkeypatch.setattr(threading, "excepthook", logged.append)
    ours.connect()
    with monkeypatch.context() as patch:
        ask = RequestClient.ask

        def fails(client: RequestClient, request: str, data: Data | None, *, within_s: float) -> Data:
            if request == "GetSceneList":
                raise ZeroDivisionError
            return ask(client, request, data, within_s=within_s)

        patch.setattr(RequestClient, "ask", fails)
        outcome = ours.do(one(Ask("GetSceneList", slow=slow)))
    assert outcome.error is not None
    assert outcome.error.code == "obs.gone"
    ours.loop.until(lambda: len(logged) == 1, within=5)
    ours.becomes(CONNECTED)
    assert ours.ask("GetSceneList", slow=slow)["scenes"]


def test_a_late_answer_reaches_nobody(fake: FakeObs, ours: Linked) -> None:
    """What is answered after the time-out does not answer the same request on the next connection."""
    ours.connect()
    fake.on("GetSceneList", Late(0.5, Answer(data={"n": 1})), Answer(data={"n": 2}))
    assert ours.fails("GetSceneList") == "obs.no_answer"
    ours.becomes(CONNECTED)
    assert ours.ask("GetSceneList") == {"n": 2}


def test_an_answer_kept_back_costs_only_its_own_request(fake: FakeObs, ours: Linked) -> None:
    """Held until the next request of that client: no answer, and the next one is right."""
    ours.connect()
    fake.on("GetSceneList", AfterNext(Answer(data={"n": 1})))
    assert ours.fails("GetSceneList") == "obs.no_answer"
    ours.becomes(CONNECTED)
    assert "recordDirectory" in ours.ask("GetRecordDirectory")


def test_a_slow_time_out_costs_only_the_slow_client(fake: FakeObs, ours: Linked) -> None:
    """The quick connection stays; the next slow request gets a new client, and what waited behind is told unsent."""
    ours.connect()
    fake.on("GetSourceScreenshot", Silence())
    first = ours.start(one(Ask("GetSourceScreenshot", slow=True)))
    second = ours.start(one(Ask("GetSourceScreenshot", slow=True)))
    errors = [ours.outcome(running).error for running in (first, second)]
    assert [error.code for error in errors if error] == ["obs.no_answer", "obs.not_connected"]
    fake.on("GetSourceScreenshot", Answer(data={"n": 3}))
    assert ours.ask("GetSourceScreenshot", slow=True) == {"n": 3}
    assert ours.link.counts.connects == 1


@pytest.mark.parametrize("step", [Drop(), Close(1001), Raw("{not json"), Raw(b"\xff\xfe")])
def test_closed_in_mid_request(fake: FakeObs, ours: Linked, step: Drop | Close | Raw) -> None:
    """The answer breaks off: it is not known whether OBS did it, which is said, and it connects again."""
    ours.connect()
    fake.on("StartRecord", step)
    assert ours.fails("StartRecord") == "obs.gone"
    ours.becomes(CONNECTED)
    assert ours.link.counts.losses == 1


def test_everything_under_way_is_told_when_the_connection_is_lost(fake: FakeObs, ours: Linked) -> None:
    """Requests, events and pauses end with an error once, before anything runs on the next connection."""
    ours.connect()

    def waiting(step: Event | Pause) -> Procedure[Data]:
        yield step
        return {}

    running = [ours.start(waiting(step)) for step in (Event(event="Never", within_s=60), Pause(60))]
    fake.drop_all()
    errors = [ours.outcome(each).error for each in running]
    assert [error and error.code for error in errors] == ["obs.gone"] * 2
    assert ours.fails("GetStats") == "obs.not_connected"
    ours.becomes(CONNECTED)
    assert [len(each.outcomes) for each in running] == [1, 1]


def test_a_lost_event_connection_is_noticed(fake: FakeObs, ours: Linked) -> None:
    """Without events nothing is confirmed, so both connections are made again."""
    ours.connect()
    [listener] = [client for client in fake._clients if client.subscriptions]
    listener.drop()
    ours.becomes(DISCONNECTED, within=1)
    ours.becomes(CONNECTED)
    fake.send_event("CustomEvent")
    ours.loop.until(lambda: ("CustomEvent", {}) in ours.events, within=5)


def test_a_hang_is_seen_by_the_ping(fake: FakeObs, ours: Linked) -> None:
    """Sockets stay open and nobody asks anything: still told, with the reason, and mended when it answers again."""
    ours.connect()
    fake.always("GetStats", Silence())
    assert ours.becomes(DISCONNECTED) < 1
    assert "hangs" in (ours.link.reason or "")


def test_not_ready_is_asked_again(fake: FakeObs, ours: Linked) -> None:
    """207 right after connecting: a state of its own, then connected; and 207 later is retried before it is told."""
    fake.on("GetVersion", *[refuse(207)] * 3)
    ours.connect()
    assert [state.value for state, _ in ours.states[-2:]] == ["not_ready", "connected"]
    fake.on("GetSceneList", *[refuse(207)] * 3, Answer(data={"n": 1}))
    assert ours.ask("GetSceneList") == {"n": 1}
    fake.always("GetSceneList", refuse(207))
    assert ours.fails("GetSceneList") == "obs.refused"
    assert ours.link.is_connected


def test_a_request_that_waits_for_obs_to_be_ready_is_not_sent_on_a_later_connection(fake: FakeObs) -> None:
    """207, then the connection breaks: who asked is told once, and OBS is not asked behind his back."""
    with linked(fake.port, fake.password, limits=replace(SHORT, not_ready_every_s=0.4)) as ours:
        ours.connect()
        fake.on("StartRecord", refuse(207))
        running = ours.start(one(Ask("StartRecord")))
        ours.loop.until(lambda: ours.link.counts.refused, within=5)
        fake.drop_all()
        assert ours.outcome(running).error is not None
        ours.becomes(CONNECTED, within=0.3)
        ours.loop.pass_s(0.5)
        assert len(fake.asked("StartRecord")) == 1


def test_frames_that_are_no_answer_do_not_lengthen_the_wait(fake: FakeObs, ours: Linked) -> None:
    """OBS goes on sending and never answers: the time of a request is up all the same."""
    ours.connect()
    fake.on("GetSceneList", Silence())
    start = time.monotonic()
    running = ours.start(one(Ask("GetSceneList")))
    while not running.outcomes:
        assert time.monotonic() - start < lenient(2)
        fake.send_raw('{"op": 7, "d": {"requestId": "0", "requestType": "GetSceneList"}}')
        ours.loop.turn(0.05)
    error = ours.outcome(running).error
    assert error is not None
    assert error.code == "obs.no_answer"


def test_a_cancelled_request_that_waits_for_another_is_not_sent(fake: FakeObs, ours: Linked) -> None:
    """Called off in time, it never reaches OBS."""
    ours.connect()
    fake.on("GetSceneList", Late(0.2))
    first = ours.start(one(Ask("GetSceneList")))
    second = ours.start(one(Ask("StartRecord")))
    second.execution.cancel()
    assert ours.outcome(first).error is None
    assert ours.ask("GetVersion")
    assert fake.asked("StartRecord") == []


def test_an_obs_that_is_not_ready_for_long_says_so(fake: FakeObs, ours: Linked) -> None:
    """Pings that are answered 207 change the state, and it comes back."""
    ours.connect()
    fake.always("GetStats", refuse(207))
    fake.always("GetVersion", refuse(207))
    ours.becomes(LinkState.NOT_READY, within=2)
    assert ours.fails("GetStats") == "obs.not_connected"
    fake.always("GetStats", Answer())
    fake.always("GetVersion", Answer())
    ours.becomes(CONNECTED)
    assert ours.link.counts.connects == 1


def test_a_closed_link_leaves_nothing(fake: FakeObs, ours: Linked) -> None:
    """Threads, sockets, timers and procedures are gone; it can be opened again."""
    for _ in range(2):
        ours.connect()
        ours.ask("GetVersion", slow=True)
        assert fake.clients == 3
        running = ours.start(one(Ask("GetVersion", slow=True)))
        ours.link.close()
        assert ours.link.state is DISCONNECTED
        assert running.outcomes[0].error is not None
        eventually(lambda: not link_threads(), within=3, what="threads ended")
        eventually(lambda: fake.clients == 0, within=3, what="connections ended")
        assert ours.loop.timers == 0
    ours.loop.pass_s(0.3)
    assert ours.states[-1] == (DISCONNECTED, None)


def test_closing_while_it_connects_never_blocks(fake: FakeObs) -> None:
    """A mute OBS holds the thread, not the loop, and the thread is freed long before it would give up."""
    fake.handshake = "deaf"
    with linked(fake.port, fake.password, limits=replace(SHORT, connect_s=60, greet_s=60, attempt_s=60)) as ours:
        ours.link.open()
        eventually(lambda: fake._server is not None and link_threads(), within=3)
        ours.link.close()
        eventually(lambda: not link_threads(), within=1, what="threads ended")


def test_a_big_answer_is_read_quickly(fake: FakeObs) -> None:
    """20 MB of screenshot are read in well under the 3 s that the library's own check of the text takes."""
    with linked(fake.port, fake.password, limits=replace(SHORT, slow_request_s=10)) as ours:
        ours.connect()
        big = "x" * 20_000_000
        fake.on("GetSourceScreenshot", Answer(data={"imageData": big}))
        assert ours.do(one(Ask("GetSourceScreenshot", slow=True)), within=2).value() == {"imageData": big}


def test_a_fault_of_its_owner_does_not_end_a_link(fake: FakeObs, ours: Linked) -> None:
    """Whoever is told and raises: the loop gets the error, the link connects again, and everybody else is told."""
    ours.connect()
    running = ours.start(one(Ask("GetSceneList")))

    def raising() -> None:
        raise ValueError(ours.link.reason)

    ours.on_disconnected = raising
    fake.on("GetSceneList", Drop())
    fake.drop_all()
    with pytest.raises(ValueError, match="closed the connection"):
        ours.becomes(DISCONNECTED)
    ours.on_disconnected = lambda: None
    assert len(running.outcomes) == 1
    ours.becomes(CONNECTED)


@pytest.mark.parametrize(
    "frame",
    ["{", "[]", "7", b"\xff", '{"op": 5, "d": null}', '{"op": 7, "d": {}}', '{"op": 99, "d": {}}', "\u0000" * 100_000],
)
def test_nonsense_from_obs_does_no_harm(fake: FakeObs, ours: Linked, frame: str | bytes) -> None:
    """Frames that mean nothing, on both connections: connected soon again, and answers are right."""
    ours.connect()
    for _ in range(3):
        fake.send_raw(frame)
    ours.loop.pass_s(0.3)
    ours.becomes(CONNECTED, within=2)
    assert ours.ask("GetSceneList")["scenes"]
