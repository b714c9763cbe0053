"""`python -P -m tests.bench [--quick] [--obs | --monitoring] [--json FILE] [--folder DIR]`: prints the suite's speed
beside its floors.
"""

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from shared.clock import monotonic_s, utc_now_iso
from shared.db.sqlite import sqlite3
from tests.bench.figures import Verdict, table
from tests.bench.run import FULL, QUICK, Run


def main() -> None:
    """Measure and print; what goes on is told on standard error."""
    options = _options()
    began, load_before = monotonic_s(), os.getloadavg()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=options.folder) as folder:
        run = Run(Path(folder), QUICK if options.quick else FULL, say=_say)
        try:
            _part(run, options)()
        finally:  # what was measured before something went wrong is worth seeing
            print(table(run.figures))
    took_s, load_after = monotonic_s() - began, os.getloadavg()
    machine = {
        "at": utc_now_iso(),
        "cpus": os.cpu_count(),
        "processor": _processor(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "load_before": load_before[0],
        "load_after": load_after[0],
        "took_s": round(took_s, 1),
    }
    short = [figure.name for figure in run.figures if figure.verdict is Verdict.SHORT]
    print(f"\n{run.skipped}" if run.skipped else "")
    print(", ".join(f"{key} {value}" for key, value in machine.items()))
    print(f"{len(short)} aims fall short: {'; '.join(short)}" if short else "All aims are met.")
    if options.json is not None:
        document = {
            "machine": machine,
            "figures": [figure.document() for figure in run.figures],
            "searches": run.searches,
        }
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")


def _part(run: Run, options: argparse.Namespace) -> Callable[[], None]:
    if options.monitoring:
        return run.measure_monitoring
    return run.measure_obs if options.obs else run.measure


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -P -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a rough look in less than three minutes")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--obs", action="store_true", help="only what OBS costs and how fast it is made to act")
    only.add_argument("--monitoring", action="store_true", help="only what it costs that the suite watches itself")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure and every trial there, too")
    parser.add_argument("--folder", type=Path, help="where the databases lie meanwhile (default: the temp folder)")
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


main()
