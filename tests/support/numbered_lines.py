"""A service that does nothing but write numbered log lines: `python -P -m tests.support.numbered_lines NAME COUNT`.

Some lines are longer than a pipe passes on in one piece. Goes on for as long as it is not ended.
"""

import json
import os
import sys
import time

LINES_A_TURN = 50


def main() -> None:
    """Write lines, then wait to be ended."""
    name, count = sys.argv[1], int(sys.argv[2])
    for number in range(1, count + 1):
        filling = "x" * (40 if number % 97 else 100_000)
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + f".{time.time_ns() // 1000 % 1_000_000:06d}Z"
        fields = {"timestamp": at, "level": "info", "event": "line", "service": name, "n": number, "filling": filling}
        line = json.dumps(fields, separators=(",", ":")).encode() + b"\n"
        while line:
            line = line[os.write(1, line) :]
        if number % LINES_A_TURN == 0:
            time.sleep(0.01)
    while True:
        time.sleep(60)


main()
