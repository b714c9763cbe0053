"""A process's connection to the small OBS of a stage, and its files, without threads."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec.structs import replace

from services.obs_bridge import faults
from services.obs_bridge.acts.facts import ObsFacts, facts_of
from services.obs_bridge.execution import Execution, Outcome, Reply
from services.obs_bridge.files import Checksum, Done, Inspected
from services.obs_bridge.lane import Job
from services.obs_bridge.procedure import Ask, Data, Procedure
from shared.errors import IoError
from shared.messages.obs import RecordingSettings

NAME = "mat-1"
T = TypeVar("T")


if TYPE_CHECKING:
    from tests.support.stage.stage import Stage


class SimObs:
    """One process's connection to the small OBS."""

    def __init__(self, stage: "Stage") -> None:
        self.name = NAME
        self.is_connected = False
        self.is_dead = False
        self._stage = stage
        self._executions: dict[int, Execution[Any]] = {}

    @property
    def recording(self) -> RecordingSettings:
        """How it records, as the test says."""
        return self._stage.settings

    @property
    def facts(self) -> ObsFacts:
        """What the small OBS can do."""
        version = self._stage.studio.answer("GetVersion", {})
        return replace(facts_of(version), confirm_s=3.0, recording=self._stage.settings)

    def run(self, procedure: Procedure[Any], then: Callable[[Outcome[Any]], None], *, what: str) -> object:
        """Do a procedure, as Link does."""

        def finished(outcome: Outcome[Any]) -> None:
            self._executions.pop(id(execution), None)
            if not self.is_dead:
                then(outcome)

        time = self._stage.time

        def post(callback: Callable[[], None]) -> None:
            time.after(0, callback)

        execution: Execution[Any] = Execution(
            procedure, finished, what=what, requests=self._send, after=time.after, post=post
        )
        self._executions[id(execution)] = execution
        if self.is_connected:
            execution.start()
        else:
            post(lambda: execution.lose(faults.closed_by_obs(None)))
        return execution

    def hear(self, event: str, data: Data) -> None:
        """An event of OBS, for the procedures."""
        for execution in list(self._executions.values()):
            execution.hear(event, data)

    def lose(self) -> None:
        """The connection is gone."""
        self.is_connected = False
        for execution in list(self._executions.values()):
            execution.lose(faults.closed_by_obs(None))

    def _send(self, ask: Ask, told: Callable[[Reply], None]) -> Job:
        job = Job(ask.request, ask.data, within_s=2, told=told)
        self._stage.time.after(0.001, lambda: self._go(job))
        return job

    def _go(self, job: Job) -> None:
        if self.is_dead or not self.is_connected or job.is_called_off:
            return
        job.went_out = True
        reply = self._stage.reply(job.request, job.data or {})
        if reply is not None:
            self._stage.time.after(0.001, lambda: job.told(reply) if self.is_connected else None)


class SimFiles:
    """Does with the stage's files what Files does, a few milliseconds later."""

    def __init__(self, stage: "Stage") -> None:
        self._stage = stage

    def move(self, source: Path, target: Path, then: Callable[[Done[Path]], None]) -> None:
        """Rename it."""

        def moved() -> Path:
            self._stage.disk[str(target)] = self._stage.disk.pop(str(source))
            return target

        self._do(moved, then)

    def inspect(self, path: Path, then: Callable[[Done[Inspected]], None]) -> None:
        """Its length."""
        self._do(lambda: Inspected(path=path, size_bytes=7, duration_ms=self._stage.disk[str(path)], reason=None), then)

    def checksum(self, path: Path, then: Callable[[Done[Checksum]], None]) -> None:
        """Any will do."""
        self._do(lambda: Checksum(path=path, sha256=str(self._stage.disk[str(path)]), reason=None), then)

    def _do(self, act: Callable[[], T], then: Callable[[Done[T]], None]) -> None:
        obs = self._stage.obs

        def done() -> None:
            if obs.is_dead:
                return
            try:
                result = act()
            except KeyError as error:
                failed: Done[T] = Done(error=IoError("files.failed", f"No such file: {error}."))
                then(failed)
            else:
                then(Done(result=result))

        self._stage.time.after(0.01, done)
