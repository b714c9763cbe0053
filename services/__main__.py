"""Start one service: `python -P -m services NAME`. Run by supervisord."""

import os
import signal
import sys

# Asked to end while still importing: nothing was accepted yet, so there is nothing to finish.
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda *_: os._exit(0))
# structlog imports rich for its consoles when it can: 13 MiB and 0.15 s a process that no service needs.
sys.modules["rich"] = None  # type: ignore[assignment]  # the documented way to make an import fail

from importlib import import_module  # noqa: E402  # the handlers above come first

from services.registry import SERVICES  # noqa: E402  # the handlers above come first


def main() -> None:
    """Run the service that the command line names; exit 2 when there is none of that name."""
    name = sys.argv[1] if len(sys.argv) == 2 else ""
    if name not in SERVICES:
        print(f"usage: python -P -m services {'|'.join(SERVICES)}", file=sys.stderr)
        sys.exit(2)
    import_module(SERVICES[name]).main()


main()
