"""Manual control: each command line makes its one action or question, and says what came of it."""

from typing import Any

import pytest

from shared.errors import ObsError
from shared.messages import obs_actions as obs
from shared.messages.obs_commands import ActionDone, ActOnObs, AskObs
from tests.unit.cli.conftest import Run
from tests.unit.cli.obs.conftest import Bridge

ACTIONS: list[tuple[tuple[str, ...], obs.Action]] = [
    (("record", "start"), obs.StartRecording()),
    (("record", "stop"), obs.StopRecording()),
    (("record", "pause"), obs.PauseRecording()),
    (("record", "resume"), obs.ResumeRecording()),
    (("record", "split"), obs.SplitRecording()),
    (("record", "chapter", "Gold"), obs.AddChapter(title="Gold")),
    (("record", "directory", "D:\\Rec"), obs.SetRecordDirectory(path="D:\\Rec")),
    (("record", "name", "%hh"), obs.SetFileName(format="%hh")),
    (("stream", "start"), obs.StartStream()),
    (("stream", "stop"), obs.StopStream()),
    (("replay", "start"), obs.StartReplayBuffer()),
    (("replay", "stop"), obs.StopReplayBuffer()),
    (("replay", "save"), obs.SaveReplay()),
    (("camera", "start"), obs.StartVirtualCamera()),
    (("camera", "stop"), obs.StopVirtualCamera()),
    (("scene", "set", "Match"), obs.SetScene(scene="Match")),
    (("scene", "preview", "Match"), obs.SetPreviewScene(scene="Match")),
    (("studio", "on"), obs.SetStudioMode(on=True)),
    (("studio", "off"), obs.SetStudioMode(on=False)),
    (("studio", "take"), obs.RunTransition()),
    (("transition", "set", "Fade"), obs.SetTransition(transition="Fade")),
    (("transition", "set", "Fade", "--for", "300"), obs.SetTransition(transition="Fade", duration_ms=300)),
    (("source", "show", "Logo"), obs.ShowSource(source="Logo")),
    (("source", "hide", "Logo", "--scene", "A"), obs.ShowSource(source="Logo", visible=False, scene="A")),
    (("text", "set", "Chong", "Ana ANIĆ"), obs.SetText(source="Chong", text="Ana ANIĆ")),
    (("message", "Chong", "Break", "--for", "1.5"), obs.ShowMessage(source="Chong", text="Break", for_ms=1500)),
    (("filter", "on", "Cam", "Slow"), obs.EnableFilter(source="Cam", filter="Slow")),
    (("filter", "off", "Cam", "Slow"), obs.EnableFilter(source="Cam", filter="Slow", enabled=False)),
    (("audio", "mute", "Mic"), obs.Mute(source="Mic")),
    (("audio", "unmute", "Mic"), obs.Mute(source="Mic", muted=False)),
    (("audio", "volume", "Mic", "-12.5"), obs.SetVolume(source="Mic", volume_db=-12.5)),
    (("profile", "set", "P"), obs.SetProfile(profile="P")),
    (("collection", "set", "C"), obs.SetSceneCollection(collection="C")),
    (("collection", "build"), obs.BuildScenes()),
    (("collection", "build", "Mine"), obs.BuildScenes(collection="Mine")),
    (("screenshot", "/rec/a.png"), obs.TakeScreenshot(path="/rec/a.png")),
    (("screenshot", r"D:\Rec\a.png"), obs.TakeScreenshot(path=r"D:\Rec\a.png")),
    (("screenshot", "/a.png", "--source", "Cam"), obs.TakeScreenshot(path="/a.png", source="Cam")),
    (("hotkey", "press", "X"), obs.PressHotkey(hotkey="X")),
    (
        ("hotkey", "press", "OBS_KEY_F5", "--with", "shift", "--with", "alt"),
        obs.PressHotkey(hotkey="OBS_KEY_F5", modifiers=("shift", "alt")),
    ),
]
INPUTS = [
    {"name": "Mic", "kind": "pulse", "muted": True, "volume_db": -3.25, "text": None},
    {"name": "Chong\x1b", "kind": "text_ft2", "muted": None, "volume_db": None, "text": "Ana\nANIĆ"},
]
QUESTIONS: list[tuple[tuple[str, ...], tuple[obs.Question, Any, str]]] = [
    (("record", "settings"), (obs.RecordSettings(), {"mode": "Simple", "replay_buffer": True}, "replay buffer  yes")),
    (
        ("stream", "settings"),
        (
            obs.StreamSettings(),
            {"service": "rtmp", "server": None, "has_key": False, "complete": False, "missing": ["the key"]},
            "\n! missing: the key\n",
        ),
    ),
    (("scene", "list"), (obs.Scenes(), {"program": "B", "preview": None, "scenes": ["A", "B"]}, "  A\n* B\n")),
    (("scene", "current"), (obs.Scenes(), {"program": "B", "preview": "A", "scenes": []}, "B, in the preview A\n")),
    (
        ("transition", "list"),
        (
            obs.Transitions(),
            {"current": "Cut", "duration_ms": None, "transitions": ["Cut"], "studio_mode": False},
            "Cut; studio mode is off\n* Cut\n",
        ),
    ),
    (
        ("source", "list", "--scene", "A"),
        (
            obs.Sources(scene="A"),
            {"scene": "A", "sources": [{"name": "Logo", "kind": "image", "visible": False, "group": None}]},
            "Logo  image  no       -",
        ),
    ),
    (("text", "list"), (obs.Inputs(), INPUTS, "\nChong\\x1b  Ana\\x0aANIĆ  text_ft2\n")),
    (("filter", "list", "Cam"), (obs.Filters(source="Cam"), [], "There is none.\n")),
    (("audio", "list"), (obs.Inputs(), INPUTS, "name  muted  volume dB  kind\nMic   yes    -3.2       pulse\n")),
    (("profile", "list"), (obs.Profiles(), {"current": "P", "profiles": ["P", "Q"]}, "* P\n  Q\n")),
    (("collection", "list"), (obs.SceneCollections(), {"current": "C", "collections": ["C"]}, "* C\n")),
    (("hotkey", "list"), (obs.Hotkeys(), ["A", "B"], "A\nB\n")),
    (("stats",), (obs.Statistics(), {"load": {"fps": 29.97}, "frames": 7}, "load fps  30.0\nframes    7\n")),
]


@pytest.mark.parametrize(("words", "action"), ACTIONS, ids=[" ".join(words) for words, _ in ACTIONS])
def test_an_action(bridge: Bridge, run: Run, words: tuple[str, ...], action: obs.Action) -> None:
    """It reaches obs-bridge as it was meant, with who asked; the answer is one sentence that says how sure it is."""
    done = run("obs", *words, "--author", "ana")
    assert (done.code, done.out) == (0, "OBS main did it (confirmed in 640 ms).\n"), done.err
    assert bridge.asked == [ActOnObs(action=action, author="ana")]  # type: ignore[arg-type]  # one of the union


@pytest.mark.parametrize(("words", "expected"), QUESTIONS, ids=[" ".join(words) for words, _ in QUESTIONS])
def test_a_question(bridge: Bridge, run: Run, words: tuple[str, ...], expected: tuple[obs.Question, Any, str]) -> None:
    """It is asked of OBS and shown, and is a document for programs."""
    question, bridge.answer, shown = expected
    done = run("obs", *words)
    assert done.code == 0, done.err
    assert shown in done.out
    assert bridge.asked == [AskObs(question=question)]  # type: ignore[arg-type]  # one of the union
    assert run("obs", *words, "--on", "two", "--json").document["connection"] == "two"
    assert max(map(len, done.out.splitlines())) <= 100


def test_lists_leave_out_what_is_not_meant(bridge: Bridge, run: Run) -> None:
    """`text list` and `audio list` ask the same; each has only its own inputs."""
    bridge.answer = INPUTS
    assert [one["name"] for one in run("obs", "text", "list", "--json").document["answer"]] == ["Chong\x1b"]
    assert [one["name"] for one in run("obs", "audio", "list", "--json").document["answer"]] == ["Mic"]


def test_the_answer_says_how_sure_it_is(bridge: Bridge, run: Run) -> None:
    """A deed that OBS cannot prove is told as such; what is not about OBS gets its name before it."""
    bridge.done = ActionDone(
        connection="", confirmed=False, message="Hotkey X was triggered.", took_ms=1, details={"hotkey": "X"}
    )
    assert run("obs", "hotkey", "press", "X", "--on", "two").out == "OBS two: Hotkey X was triggered (not confirmed).\n"
    assert run("obs", "hotkey", "press", "X", "--json").document["details"] == {"hotkey": "X"}
    bridge.done = ActionDone(connection="", confirmed=False, message="OBS 29.0.2 sets none.", took_ms=1)
    assert run("obs", "record", "chapter", "x").out == "OBS main: OBS 29.0.2 sets none (not confirmed).\n"
    bridge.done = ActionDone(connection="", confirmed=True, message="OBS wrote a\nb.", took_ms=1900)
    assert run("obs", "record", "stop").out == "OBS main wrote a\\x0ab (confirmed in 1.9 s).\n"


def test_a_refusal_is_passed_on(bridge: Bridge, run: Run) -> None:
    """The bridge's sentence as it comes, and exit 1."""
    bridge.refuse = ObsError("obs.which", "Several could be meant: main, two. Name one with --on.")
    for words in (("record", "start"), ("scene", "list")):
        done = run("obs", *words)
        assert (done.code, done.out, done.err) == (1, "", "Several could be meant: main, two. Name one with --on.\n")
        assert run("obs", *words, "--json").document["error"]["code"] == "obs.which"


@pytest.mark.usefixtures("paths")
@pytest.mark.parametrize("words", [("record", "start"), ("scene", "list"), ("status",), ("test", "main")])
def test_without_a_bridge(run: Run, words: tuple[str, ...]) -> None:
    """Nobody answers: 3, and what to do."""
    done = run("obs", *words)
    assert (done.code, done.out) == (3, "")
    assert done.err == "obs-bridge is not running (yet); see: restrike ps. Start the suite with: restrike up\n"


@pytest.mark.parametrize(
    "words",
    [
        ("audio", "volume", "Mic", "27"),
        ("audio", "volume", "Mic", "loud"),
        ("audio", "volume", "Mic", "-12", "--onn", "main"),
        ("record", "chapter"),
        ("screenshot", "a.png"),
        ("screenshot", "pictures\\a.png", "--source", "Cam"),
        ("hotkey", "press", "X", "--with", "meta"),
        ("message", "Chong", "x", "--for", "0"),
    ],
)
def test_wrong_usage(bridge: Bridge, run: Run, words: tuple[str, ...]) -> None:
    """Nothing is asked of OBS."""
    assert run("obs", *words).code == 2
    assert bridge.asked == []
