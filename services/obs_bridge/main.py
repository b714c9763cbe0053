"""obs-bridge: drives OBS Studio by what happens on the mats, and by operators' commands."""

from typing import Final

from services.obs_bridge.bridge import Bridge, turn_again
from services.obs_bridge.desk import Desk
from services.obs_bridge.retention import LOOK_EVERY_S as RETENTION_EVERY_S
from services.obs_bridge.rule_checks import RuleChecks
from shared.messages.obs_commands import ActOnObs, AskObs, CheckRules, DeleteVideo, GetObsStatus, KeepVideo
from shared.messages.topics import OBS_CHANGED, TOURNAMENT_CHANGED, WIRE_EVENTS
from shared.runtime import Runtime, serve
from shared.settings.catalogue import OBS_PAUSED

TURN_EVERY_S: Final = 0.25
"""What is due by time (the end of a recording, another try) waits for a turn of the loop at most this long."""
SECOND_S: Final = 1.0
LOOK_EVERY_S: Final = 10.0


def build(runtime: Runtime) -> None:
    """Open the outbox, register the stream, the commands and the timers."""
    bridge = Bridge(runtime)
    desk = Desk(bridge.connections, log=runtime.log)
    checks = RuleChecks(bridge.connections, lambda: [ring.name for ring in runtime.config.rings])
    runtime.on(WIRE_EVENTS)(bridge.take)
    runtime.on(OBS_CHANGED)(lambda _: bridge.connections.look())
    runtime.on(TOURNAMENT_CHANGED)(lambda _: bridge.connections.look())
    runtime.on_setting(OBS_PAUSED, bridge.automation.pause)
    runtime.on_config("rings", lambda _: None)  # read at each use
    runtime.on_command(GetObsStatus, lambda _: bridge.statuses())
    runtime.on_command(ActOnObs, desk.act)
    runtime.on_command(AskObs, desk.ask)
    runtime.on_command(CheckRules, checks.check)
    runtime.on_command(KeepVideo, bridge.keep_video)
    runtime.on_command(DeleteVideo, bridge.delete_video)
    runtime.on_start(bridge.start)
    runtime.every(TURN_EVERY_S, turn_again)
    runtime.every(SECOND_S, bridge.second)
    runtime.every(LOOK_EVERY_S, bridge.connections.look)
    runtime.every(LOOK_EVERY_S, bridge.look_at_files)
    runtime.every(RETENTION_EVERY_S, bridge.retention.look)
    runtime.after_turn(bridge.turn)
    runtime.on_stop(bridge.stop)


def main() -> None:
    """Run the service."""
    serve("obs-bridge", build)
