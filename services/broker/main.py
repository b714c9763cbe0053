"""broker: passes events from all services to all subscribers, and commands from other programs to the services.

It also watches cpu-monitor, which watches everybody else, and gives systemd signs of life like that.
"""

from services.broker.curve import Gatekeeper
from services.broker.gateway import Gateway
from services.broker.proxy import Proxy
from services.registry import SERVICES
from shared.asker import Asker
from shared.messages.service import MONITOR
from shared.runtime import Runtime, serve
from shared.sentry import Sentry
from shared.systemd import Systemd


def build(runtime: Runtime) -> None:
    """Bind the proxy and the gateway."""
    bus = runtime.config.bus
    if bus.curve is not None:
        Gatekeeper(runtime.context, bus.curve).register(runtime)
    runtime.fixed_config("bus.events", "bus.commands", "bus.subscriber_queue", "bus.curve.secret_key_file")
    Proxy(runtime.context, runtime.paths, bus).register(runtime)
    Gateway(runtime, runtime.paths, bus)
    Sentry(runtime, Asker(runtime), [MONITOR])
    Systemd().give_signs_of_life(runtime, SERVICES)


def main() -> None:
    """Run the service."""
    serve("broker", build)
