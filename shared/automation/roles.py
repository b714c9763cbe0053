"""Which connections an action of a rule goes to; obs-bridge and the CLI."""

from typing import Final

from shared.messages import obs_actions as act
from shared.messages.obs import Role

_OF_OTHERS: Final[dict[type[act.Action], Role]] = {
    act.StartRecording: Role.RECORDING,
    act.StopRecording: Role.RECORDING,
    act.PauseRecording: Role.RECORDING,
    act.ResumeRecording: Role.RECORDING,
    act.SplitRecording: Role.RECORDING,
    act.AddChapter: Role.RECORDING,
    act.SetRecordDirectory: Role.RECORDING,
    act.SetFileName: Role.RECORDING,
    act.StartStream: Role.STREAMING,
    act.StopStream: Role.STREAMING,
    act.StartReplayBuffer: Role.REPLAY,
    act.StopReplayBuffer: Role.REPLAY,
    act.SaveReplay: Role.REPLAY,
}


def role_of(action: act.Action) -> Role | None:
    """The role of the connections that an action goes to; None: it goes to no OBS."""
    if isinstance(action, act.RunCommand | act.Wait):
        return None
    return _OF_OTHERS.get(type(action), Role.SCENES)


def word_of(action: act.Action) -> str:
    """An action's name as it stands in a rule: `set_scene`."""
    return str(type(action).__struct_config__.tag)
