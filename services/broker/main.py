"""broker: passes events from all services to all subscribers, and commands from other programs to the services."""

from services.broker.curve import Gatekeeper
from services.broker.gateway import Gateway
from services.broker.proxy import Proxy
from shared.runtime import Runtime, serve


def build(runtime: Runtime) -> None:
    """Bind the proxy and the gateway."""
    bus = runtime.config.bus
    if bus.curve is not None:
        Gatekeeper(runtime.context, bus.curve).register(runtime)
    Proxy(runtime.context, runtime.paths, bus).register(runtime)
    Gateway(runtime, runtime.paths, bus)


def main() -> None:
    """Run the service."""
    serve("broker", build)
