"""Hears which configuration each service goes by, and puts its faults into the picture; cpu-monitor.

All services read the same file, so each says the same of it; one that cannot read it alone is told by name.
"""

from functools import partial
from typing import Final

from services.cpu_monitor.picture import Picture
from shared.asker import Asker
from shared.config import Ring
from shared.errors import RestrikeError
from shared.messages.configuration import ConfigurationState, GetConfigurationState
from shared.messages.topics import SERVICE_CONFIGURATION
from shared.runtime import Runtime

ASK_EVERY_S: Final = 10.0
"""What was missed on the bus is known this much later: a service says it only when it changes."""


def watch_configuration(runtime: Runtime, picture: Picture, asker: Asker) -> None:
    """Register the ear, and ask everybody now and then."""
    states: dict[str, ConfigurationState] = {}

    def hear(state: ConfigurationState) -> None:
        if state.service in picture.services:
            states[state.service] = state
            picture.configuration_faults = faults_in(states)

    def forget(service: str, _: RestrikeError) -> None:
        states.pop(service, None)
        picture.configuration_faults = faults_in(states)

    def ask() -> None:
        for name in picture.services:
            if name != runtime.service:
                asker.ask(GetConfigurationState(), hear, partial(forget, name), service=name)
        hear(runtime.live.state())

    def forget_rings(rings: list[Ring]) -> None:
        configured = {ring.name for ring in rings}
        for name in set(picture.rings) - configured:
            del picture.rings[name]

    runtime.on(SERVICE_CONFIGURATION)(hear)
    runtime.on_start(ask)
    runtime.every(ASK_EVERY_S, ask)
    runtime.on_config("rings", forget_rings)


def faults_in(states: dict[str, ConfigurationState]) -> tuple[str, ...]:
    """Every fault once; with its service where one alone tells it."""
    who: dict[str, list[str]] = {}
    for state in states.values():
        for fault in state.faults:
            who.setdefault(fault, []).append(state.service)
    return tuple(
        fault if len(services) > 1 or len(states) == 1 else f"{fault} ({services[0]})"
        for fault, services in who.items()
    )
