"""The wheel: builds, installs in a clean environment, and brings everything that the program reads."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from shared.paths import PROGRAM_ROOT

LOOK = """
from pathlib import Path
import shared.paths as paths
here = paths.Paths(Path("/nowhere"))
assert "site-packages" in str(paths.PROGRAM_ROOT), paths.PROGRAM_ROOT
flags = len(list((paths.PROGRAM_ROOT / "flags").glob("*.*")))
print(len(list(here.migrations.glob("0*.py"))), here.supervisord_conf.exists(), flags)
print((paths.PROGRAM_ROOT / "shared" / "py.typed").exists(), (paths.PROGRAM_ROOT / "services" / "py.typed").exists())
"""


@pytest.mark.timeout(300)
def test_wheel_in_a_clean_environment(tmp_path: Path) -> None:
    """`restrike --version` runs from / and finds migrations, flags and supervisord.conf in site-packages."""
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(PROGRAM_ROOT)],
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    clean = tmp_path / "clean"
    venv.create(clean, with_pip=True)
    python = str(clean / "bin" / "python")
    lock = str(PROGRAM_ROOT / "requirements.lock")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", lock], check=True, capture_output=True)
    subprocess.run([*pip, "--no-deps", str(wheel)], check=True, capture_output=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "RESTRIKE"))}
    environment["HOME"] = str(tmp_path)
    version = subprocess.run(
        [str(clean / "bin" / "restrike"), "--version"],
        cwd="/",
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    assert version.stdout.startswith("restrike ")
    look = [python, "-P", "-c", LOOK]
    seen = subprocess.run(look, cwd="/", env=environment, check=True, capture_output=True, text=True).stdout.split()
    shipped = len(list((PROGRAM_ROOT / "migrations").glob("0*.py")))
    flags = len(list((PROGRAM_ROOT / "flags").glob("*.*")))
    assert seen == [str(shipped), "True", str(flags), "True", "True"]
