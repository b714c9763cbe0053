"""`make demo`: a suite in a home of its own, a recorded match sent to it, and what the suite publishes, live.

Uses free ports and `var/demo`, so that it disturbs neither a running suite nor its data. Ctrl-C ends it.
"""

import os
import socket
import subprocess
import sys
from pathlib import Path

import msgspec

from shared.clock import wait_s

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "var" / "demo"
MATCH = ROOT / "tests" / "corpus" / "captures" / "bo3-1-2-ptf-scores-gamjeom.jsonl"
RESTRIKE = str(Path(sys.executable).with_name("restrike"))
SPEED = os.environ.get("SPEED", "15")
TOPICS = ("match.loaded", "match.round", "match.gam_jeoms", "match.decided", "match.finding", "pss.point", "pss.clock")


def free_port(kind: int) -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def configure() -> None:
    """Write the demo's `restrike.json`: free ports, one ring."""
    HOME.mkdir(parents=True, exist_ok=True)
    config = {
        "rings": [{"name": "ring-1", "port": free_port(socket.SOCK_DGRAM)}],
        "bus": {
            "events": f"tcp://127.0.0.1:{free_port(socket.SOCK_STREAM)}",
            "commands": f"tcp://127.0.0.1:{free_port(socket.SOCK_STREAM)}",
        },
    }
    (HOME / "restrike.json").write_bytes(msgspec.json.encode(config))


def main() -> int:
    """Run the demo to its end; the exit code of the replay."""
    environment = {**os.environ, "RESTRIKE_HOME": str(HOME)}
    subprocess.run([RESTRIKE, "down"], env=environment, check=False, stdout=subprocess.DEVNULL)
    configure()
    up = subprocess.run([RESTRIKE, "up", "-d"], env=environment, check=False)
    tail = subprocess.Popen([RESTRIKE, "events", "tail", *TOPICS], env=environment)
    try:
        if up.returncode != 0:
            return up.returncode
        print(f"Replaying {MATCH.name} at {SPEED} times its speed …", flush=True)
        replay = [RESTRIKE, "replay", str(MATCH), "--speed", SPEED]
        # Its progress bar would be mixed into the events.
        done = subprocess.run(replay, env=environment, check=False, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            print(done.stderr, file=sys.stderr)
        wait_s(0.5)  # the last events are still on their way to the terminal
    except KeyboardInterrupt:
        return 0
    else:
        return done.returncode
    finally:
        tail.terminate()
        tail.wait()
        subprocess.run([RESTRIKE, "match", "list"], env=environment, check=False)
        subprocess.run([RESTRIKE, "down"], env=environment, check=False)


if __name__ == "__main__":
    sys.exit(main())
