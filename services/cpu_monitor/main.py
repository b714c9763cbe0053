"""cpu-monitor: measures the machine, judges how everything stands, ends what is frozen, tells who must know."""

from typing import Final

from services.cpu_monitor.alerting.alerting import alert
from services.cpu_monitor.configuring import watch_configuration
from services.cpu_monitor.exposing.door import expose
from services.cpu_monitor.guarding.guard import guard
from services.cpu_monitor.health.telling import watch_health
from services.cpu_monitor.keeping import forget_unreadable
from services.cpu_monitor.listening import listen
from services.cpu_monitor.log_keeping.keeper import keep_logs
from services.cpu_monitor.picture import Picture
from services.cpu_monitor.sampling.measuring import measure
from services.registry import SERVICES
from shared.asker import Asker
from shared.clock import monotonic_s
from shared.outbox import Outbox
from shared.runtime import Runtime, serve

LISTEN_EVERY_S: Final = 0.25
"""Nobody judges more often than twice a second, and to wake for each event costs ten times what is done with it."""


def build(runtime: Runtime) -> None:
    """Join the parts. Data goes one way: heard and measured, into the picture, judged, told."""
    runtime.listens_every_s = LISTEN_EVERY_S
    outbox = Outbox.of(runtime, runtime.wire())
    asker = Asker(runtime)
    picture = Picture(list(SERVICES), began_at_s=monotonic_s())
    forget_unreadable(outbox, picture, runtime.log)
    ears = listen(runtime, picture, asker)
    watch_configuration(runtime, picture, asker)
    measure(runtime, picture, outbox)
    guard(runtime, picture, asker, outbox)
    expose(runtime, picture)
    keep_logs(runtime, picture)
    telling = watch_health(runtime, picture, ears, outbox)
    alert(runtime, picture, outbox)
    runtime.after_turn(telling.keep)


def main() -> None:
    """Run the service."""
    serve("cpu-monitor", build)
