"""Checks: the configuration can be used, every service answers, every OBS is there and set up for its roles."""

import socket
from contextlib import closing
from functools import partial
from typing import Any

from services.cli.doctor.result import Result, failed, ok, skipped, warning
from services.cli.doctor.rounds import Errand
from services.cli.doctor.site import Site
from services.registry import SERVICES
from shared.config.checking import faults_in
from shared.db.obs_config import connections
from shared.db.sqlite import connect_reader, is_empty
from shared.errors import RestrikeError
from shared.messages.commands import GetHealth
from shared.messages.obs import LinkState, ObsConnection, ObsStatus
from shared.messages.obs_actions import Readiness
from shared.messages.obs_commands import AskObs, GetObsStatus
from shared.messages.service import BRIDGE
from shared.supervised import ANEW, ANSWERS_WITHIN_S, fault_of, process_of

ANSWER_S = 1.0
REACH_S = 1.0


def look_at_configuration(site: Site) -> list[Result]:
    """restrike.json, and what belongs to it."""
    path = site.paths.config
    faults = faults_in(path, rules=site.paths.rules)
    if not faults and site.config_error is not None:
        faults = [site.config_error]
    if faults:
        return [failed(fault, f"Mend {path}; try it with: restrike config check") for fault in faults]
    return [ok(f"{path} is sound." if path.exists() else f"There is no {path}: all is default.")]


def look_at_services(site: Site) -> list[Result]:
    """Whether what runs answers, and supervisord, which starts it again."""
    if not site.running and process_of(site.paths) is None:
        return [skipped("The suite is down.")]
    if not site.may_ask:
        return [skipped("Only their owner, and root, may ask the services.")]
    asked = [Errand(partial(_service, site, name), within_s=2 * ANSWER_S) for name in SERVICES]
    supervisor = Errand(partial(_supervisor, site), within_s=1.5 * ANSWERS_WITHIN_S)
    return [*(one.answer() for one in asked), *supervisor.answer()]


def _supervisor(site: Site) -> list[Result]:
    """supervisord; nothing of services that were started without one."""
    fault = fault_of(site.paths)
    if fault is not None:
        return [failed(fault, ANEW, "supervisord")]
    pid = process_of(site.paths)
    return [ok(f"Process {pid} answers.", "supervisord")] if pid is not None else []


def _service(site: Site, name: str) -> Result:
    fix = f"See its log, {site.paths.logs / (name + '.log')}; then: restrike down, restrike up"
    pid = site.running.get(name)
    if pid is None:
        return failed("It does not run, though others do.", fix, name)
    try:
        health = site.client.call(GetHealth(), service=name, deadline_s=ANSWER_S)
    except RestrikeError as error:
        return failed(f"Process {pid} runs, but: {error.message}", fix, name)
    if health.faults or health.lost or health.dropped:
        text = f"{health.faults} faults, {health.lost} events lost, {health.dropped} dropped since its start."
        return warning(text, f"See its log, {site.paths.logs / (name + '.log')}.", name)
    return ok(f"Process {pid} answers.", name)


def look_at_obs(site: Site) -> list[Result]:
    """Every connection, as obs-bridge sees it; without it, whether its port can be reached."""
    if BRIDGE in site.running and not site.may_ask:
        return [skipped("Only its owner, and root, may ask obs-bridge.")]
    if BRIDGE in site.running:
        found = site.client.call(GetObsStatus(), deadline_s=ANSWER_S).connections
        results = [result for one in found for result in judge_obs(one, _settings(site, one))]
    else:
        results = [judge_reach(one, _reach(one)) for one in _configured(site)]
    return results or [skipped("There is no connection to OBS.")]


def _settings(site: Site, status: ObsStatus) -> list[dict[str, Any]]:
    """What OBS lacks for its roles, as `restrike obs test` tells it."""
    if status.state is not LinkState.CONNECTED:
        return []
    try:
        answer = site.client.call(AskObs(connection=status.connection, question=Readiness()), deadline_s=3.0)
    except RestrikeError as error:
        return [{"check": "answers", "ok": False, "message": error.message}]
    found: list[dict[str, Any]] = answer.answer
    return found


def judge_obs(status: ObsStatus, settings: list[dict[str, Any]]) -> list[Result]:
    """Whether an OBS can do its work."""
    name = status.connection
    if not status.is_active:
        return [skipped("It is switched off.", name)]
    if status.state is not LinkState.CONNECTED:
        text = f"{status.host}:{status.port}: {status.state.replace('_', ' ')}. {status.reason or ''}".strip()
        return [
            failed(text, f"Start OBS, look at Tools > WebSocket Server Settings; see: restrike obs test {name}", name)
        ]
    results = [warning(str(one["message"]), f"restrike obs test {name}", name) for one in settings if not one["ok"]]
    if status.problem:
        results.append(warning(status.problem, f"restrike obs status {name}", name))
    return results or [ok(f"OBS {status.obs_version or '?'} on {status.host}:{status.port} is set up.", name)]


def _configured(site: Site) -> list[ObsConnection]:
    if is_empty(site.paths.database):
        return []
    with closing(connect_reader(site.paths.database, timeout_s=1.0)) as connection:
        return connections(connection)


def _reach(one: ObsConnection) -> str | None:
    """Why its port cannot be reached; None: it can."""
    try:
        socket.create_connection((one.host, one.port), timeout=REACH_S).close()
    except OSError as error:
        return error.strerror or str(error)
    return None


def judge_reach(one: ObsConnection, why_not: str | None) -> Result:
    """Whether something listens where OBS should."""
    place = f"{one.host}:{one.port}"
    if not one.is_active:
        return skipped("It is switched off.", one.connection)
    if why_not is not None:
        fix = "Start OBS, look at Tools > WebSocket Server Settings, and at the firewall of its machine."
        return failed(f"{place} cannot be reached: {why_not}.", fix, one.connection)
    return ok(f"{place} can be reached; its settings are seen once the suite runs.", one.connection)
