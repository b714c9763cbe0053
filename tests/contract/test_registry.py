"""One list of processes: supervisord.conf, the packages and the topics follow services/registry.py."""

import configparser
from importlib.util import find_spec
from pathlib import Path

from services.registry import SERVICES
from shared.paths import PROGRAM_ROOT

REQUIRED = {
    "startsecs": "0",
    "autorestart": "unexpected",
    "exitcodes": "2",
    "stopasgroup": "true",
    "killasgroup": "true",
    "stopwaitsecs": "10",
    "redirect_stderr": "true",
}


def configuration() -> configparser.RawConfigParser:
    """supervisord.conf."""
    parser = configparser.RawConfigParser(inline_comment_prefixes=(";",))
    assert parser.read(PROGRAM_ROOT / "supervisord.conf")
    return parser


def test_supervisord_runs_what_the_registry_lists() -> None:
    """Every service is one program of one group, started by its name; there is no other program."""
    parser = configuration()
    programs = {name.removeprefix("program:") for name in parser.sections() if name.startswith("program:")}
    assert programs == set(SERVICES)
    assert set(parser["group:restrike"]["programs"].split(",")) == set(SERVICES)
    for name in SERVICES:
        assert parser[f"program:{name}"]["command"] == f"%(ENV_RESTRIKE_PYTHON)s -P -m services {name}"


def test_every_program_restarts_at_once_and_ends_in_order() -> None:
    """The settings on which recovery and orderly ends rest, and a log that rotates."""
    parser = configuration()
    for name in SERVICES:
        section = parser[f"program:{name}"]
        assert {key: section[key] for key in REQUIRED} == REQUIRED
        assert section["stdout_logfile"] == f"%(ENV_RESTRIKE_HOME)s/log/{name}.log"
        assert section["stdout_logfile_maxbytes"] == "40MB"
    assert parser["supervisord"]["umask"] == "077"


def test_every_service_is_a_package_with_a_main() -> None:
    """Process `pss-parser` is package `pss_parser` with its main module; no package is left over."""
    for name, module in SERVICES.items():
        assert module == f"services.{name.replace('-', '_')}.main"
        assert find_spec(module) is not None
    packages = {path.parent.name for path in Path(PROGRAM_ROOT / "services").glob("*/main.py")}
    assert packages == {name.replace("-", "_") for name in SERVICES}
