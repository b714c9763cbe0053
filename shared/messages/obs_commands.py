"""What obs-bridge is asked, and what db-writer is asked to keep for it."""

from typing import Any

from msgspec import Struct

from shared.messages.automation import Rule
from shared.messages.obs import ObsConnection, ObsStatus, Role
from shared.messages.obs_actions import Answer, AnyAction, AnyQuestion
from shared.messages.recordings import VideoStored
from shared.messages.requests import Command
from shared.messages.service import BRIDGE, WRITER


class ObsStatuses(Struct, frozen=True, kw_only=True):
    """Every connection as it stands. `is_paused`: all automation was paused by an operator."""

    connections: list[ObsStatus]
    is_paused: bool


class GetObsStatus(Command[ObsStatuses], frozen=True, kw_only=True):
    """How every connection stands."""

    name = "get_obs_status"
    service = BRIDGE
    reply = ObsStatuses


class ActionDone(Struct, frozen=True, kw_only=True):
    """What OBS did. `confirmed` is False when it accepted the request and has no way to prove the deed; `message` says
    what is known, `details` hold paths and the like. `took_ms` runs from the request to the confirmation.
    """

    connection: str
    confirmed: bool
    message: str
    took_ms: float
    details: dict[str, Any] = {}


class ActOnObs(Command[ActionDone], frozen=True, kw_only=True):
    """Have one OBS do something, and answer once OBS confirmed it. Refused: no such connection, none named where
    several could, not connected, OBS refused or did not confirm in time (the sentence says what is known).
    """

    name = "act_on_obs"
    service = BRIDGE
    reply = ActionDone
    deadline_s = 15.0
    connection: str | None = None
    action: AnyAction
    author: str


class ObsAnswer(Struct, frozen=True, kw_only=True):
    """What OBS answered; the shape is the question's."""

    connection: str
    answer: Answer


class AskObs(Command[ObsAnswer], frozen=True, kw_only=True):
    """Ask one OBS something."""

    name = "ask_obs"
    service = BRIDGE
    reply = ObsAnswer
    deadline_s = 10.0
    connection: str | None = None
    question: AnyQuestion


class RuleProblem(Struct, frozen=True, kw_only=True):
    """Something that a rule names and an OBS does not have (or that could not be looked up, `connection` None)."""

    rule: str
    connection: str | None
    problem: str


class RuleProblems(Struct, frozen=True, kw_only=True):
    """What is wrong with rules, and the connections that were looked at."""

    problems: list[RuleProblem]
    checked: list[str]


class CheckRules(Command[RuleProblems], frozen=True, kw_only=True):
    """Whether the scenes, sources, filters and so on that rules name exist on the connections that they act on."""

    name = "check_rules"
    service = BRIDGE
    reply = RuleProblems
    deadline_s = 10.0
    rules: list[Rule]


class KeepVideo(Command[VideoStored], frozen=True, kw_only=True):
    """Keep a clip for ever, or let retention have it again."""

    name = "keep_video"
    service = BRIDGE
    reply = VideoStored
    video_id: str
    is_kept: bool
    author: str


class DeleteVideo(Command[VideoStored], frozen=True, kw_only=True):
    """Delete the file of a clip or recording; its row stays and says so. Refused while it is kept, being recorded, or
    where the file cannot be reached from here.
    """

    name = "delete_video"
    service = BRIDGE
    reply = VideoStored
    deadline_s = 30.0
    video_id: str
    author: str


class SaveObsConnection(Command[ObsConnection], frozen=True, kw_only=True):
    """Make a connection or change one; None leaves a field as it is. A new one needs nothing but its name: it is OBS on
    this machine's port 4455, has all roles, serves all rings and records matches.

    `password` "" takes it away. `rings` empty: all. `path_map` is given whole. `recording` names fields of
    `RecordingSettings` with their new values.
    """

    name = "save_obs_connection"
    service = WRITER
    reply = ObsConnection
    connection: str
    author: str
    is_new: bool = False
    rename: str | None = None
    host: str | None = None
    port: int | None = None
    password: str | None = None
    is_active: bool | None = None
    roles: tuple[Role, ...] | None = None
    rings: tuple[str, ...] | None = None
    path_map: dict[str, str] | None = None
    recording: dict[str, bool | int | str | None] = {}  # noqa: RUF012  # msgspec gives each struct its own

    def __repr__(self) -> str:
        """Every field but the password, as a command may come into a log or a trace."""
        shown = ((name, getattr(self, name)) for name in self.__struct_fields__)
        fields = (f"{name}={'***' if name == 'password' and value else repr(value)}" for name, value in shown)
        return f"{type(self).__name__}({', '.join(fields)})"


class RemoveObsConnection(Command[ObsConnection], frozen=True, kw_only=True):
    """Remove a connection; what was recorded through it stays in the database."""

    name = "remove_obs_connection"
    service = WRITER
    reply = ObsConnection
    connection: str
    author: str


class Rules(Struct, frozen=True, kw_only=True):
    """Rules as they are stored."""

    rules: list[Rule]


class SaveRules(Command[Rules], frozen=True, kw_only=True):
    """Make rules, all or none. A name that is taken is refused unless `replace`."""

    name = "save_rules"
    service = WRITER
    reply = Rules
    rules: list[Rule]
    author: str
    replace: bool = False


class EnableRules(Command[Rules], frozen=True, kw_only=True):
    """Switch rules on or off."""

    name = "enable_rules"
    service = WRITER
    reply = Rules
    rules: list[str]
    is_enabled: bool
    author: str


class RemoveRules(Command[Rules], frozen=True, kw_only=True):
    """Remove rules; what they did stays in the log."""

    name = "remove_rules"
    service = WRITER
    reply = Rules
    rules: list[str]
    author: str
