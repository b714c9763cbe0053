"""Operators' commands to OBS: which connection is meant, and the answer once OBS has confirmed; obs-bridge."""

from typing import Any

import structlog

from services.obs_bridge.acts.registry import answer
from services.obs_bridge.connections import Connections
from services.obs_bridge.execution import Outcome
from services.obs_bridge.studio import Studio
from shared.automation.roles import role_of, word_of
from shared.clock import monotonic_s
from shared.errors import ValidationError
from shared.messages.obs import Role
from shared.messages.obs_actions import RunCommand, Wait
from shared.messages.obs_commands import ActionDone, ActOnObs, AskObs, ObsAnswer
from shared.rpc import Later


class Desk:
    """Answers ActOnObs and AskObs."""

    def __init__(self, connections: Connections, *, log: structlog.stdlib.BoundLogger) -> None:
        self._connections = connections
        self._log = log

    def act(self, command: ActOnObs) -> Later:
        """Have OBS do something; answered when it has.

        Raises:
            ValidationError: no such connection, or none named where several could.
        """
        if isinstance(command.action, RunCommand | Wait):
            raise ValidationError("obs.only_in_rules", "Only rules wait and run programs.")
        studio = self._meant(command.connection, role_of(command.action))
        later, began_s = Later(), monotonic_s()

        def done(outcome: Outcome[Any]) -> None:
            took_ms = round((monotonic_s() - began_s) * 1000, 1)
            log = self._log.bind(obs=studio.name, action=word_of(command.action), author=command.author)
            log.info("operator_acted", error=outcome.error.message if outcome.error is not None else None)
            if outcome.error is not None:
                later.refuse(outcome.error)
                return
            found = outcome.value()
            later.answer(
                ActionDone(
                    connection=studio.name,
                    confirmed=found.confirmed,
                    message=found.message,
                    took_ms=took_ms,
                    details=found.details,
                )
            )

        studio.act(command.action, done, by_hand=True)
        return later

    def ask(self, command: AskObs) -> Later:
        """Ask OBS something.

        Raises:
            ValidationError: as in `act`.
        """
        studio = self._meant(command.connection, None)
        later = Later()

        def done(outcome: Outcome[Any]) -> None:
            if outcome.error is not None:
                later.refuse(outcome.error)
            else:
                later.answer(ObsAnswer(connection=studio.name, answer=outcome.value()))

        studio.run(answer(command.question, studio.facts), done, what="the question")
        return later

    def _meant(self, name: str | None, role: Role | None) -> Studio:
        known = list(self._connections)
        if name is not None:
            found = next((studio for studio in known if studio.name == name), None)
            if found is None:
                raise ValidationError("obs.unknown", "There is no such connection: see restrike obs list.", value=name)
            if not found.config.is_active:
                sentence = f"{name} is disconnected by an operator: first restrike obs connect {name}."
                raise ValidationError("obs.inactive", sentence)
            return found
        able = [studio for studio in self._connections.all() if role is None or role in studio.config.roles]
        if not known:
            raise ValidationError("obs.none", "There is no connection to OBS yet: restrike obs add NAME.")
        if not able:
            raise ValidationError("obs.no_role", f"No active connection is for {role}: see restrike obs list.")
        if len(able) > 1:
            names = ", ".join(studio.name for studio in able)
            raise ValidationError("obs.several", f"Say on which OBS, with --on: {names}.")
        return able[0]
