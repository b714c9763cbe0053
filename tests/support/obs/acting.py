"""A real OBS, our link to it and an independent probe, for tests of many acts in one OBS."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from msgspec.structs import replace

from services.obs_bridge.acts import answer, perform
from services.obs_bridge.acts.facts import Done, facts_of
from services.obs_bridge.procedure import Procedure, R
from shared.errors import RestrikeError
from shared.messages.obs_actions import AnyAction, AnyQuestion
from tests.support.obs.display import Display
from tests.support.obs.linked import linked
from tests.support.obs.probe import Probe
from tests.support.obs.real import real_obs


class Acting:
    """Performs acts on an OBS of its own, which is asked by `probe` what came of them."""

    def __init__(self, folder: Path, screen: Display, **options: Any) -> None:
        self._stack = ExitStack()
        self.obs = self._stack.enter_context(real_obs(folder, display=screen, **options))
        self.probe: Probe = self._stack.enter_context(self.obs.probe())
        self.ours = self._stack.enter_context(linked(self.obs.port, self.obs.password)).connect()
        self.on = replace(facts_of(self.ours.link.version), is_local=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def do(self, action: AnyAction) -> Done:
        """Perform it as an operator has it done; raises its error."""
        return self.run(perform(action, self.on, by_hand=True))

    def refuses(self, action: AnyAction) -> RestrikeError:
        """The error with which it ends."""
        error = self.ours.do(perform(action, self.on, by_hand=True), within=40).error
        assert error is not None, f"{action} was done"
        return error

    def ask(self, question: AnyQuestion) -> Any:
        """The answer to a question."""
        return self.run(answer(question, self.on))

    def run(self, procedure: Procedure[R]) -> R:
        """Run any procedure; raises its error."""
        return self.ours.do(procedure, within=40).value()

    def state(self, request: str, **data: Any) -> dict[str, Any]:
        """What the probe is told."""
        return self.probe.ask(request, **data)
