"""Check: how the licence stands, and which features it refuses. Nothing is written.

It never fails: no licence stops a match.
"""

from services.cli.doctor.result import Result, ok, skipped, warning
from services.cli.doctor.site import Site
from shared.clock import iso_utc, unix_ns
from shared.errors import IoError
from shared.licensing.features import FEATURES
from shared.licensing.gate import HOLDS_S
from shared.licensing.verdict import VerdictFile
from shared.messages.license import GetLicense, LicenseState, LicenseStatus
from shared.messages.service import LICENSE

ANSWER_S = 1.0
SEE = "See: restrike license status"


def look_at_licence(site: Site) -> list[Result]:
    """What the license service says; without it, what it left for the gates."""
    if LICENSE in site.running:
        if not site.may_ask:
            return [skipped(f"Only its owner, and root, may ask {LICENSE}.")]
        return judge_licence(site.client.call(GetLicense(), deadline_s=ANSWER_S), now_us=unix_ns() // 1000)
    file = VerdictFile(site.paths)
    if not file.path.exists():
        return [skipped("Nobody has judged the licence yet: the first start does.")]
    try:
        return judge_licence(file.read(), now_us=unix_ns() // 1000)
    except IoError as error:
        fix = "Start the suite, which judges it anew: restrike up -d. If it stays: restrike doctor --only permissions"
        return [warning(f"What the gates go by cannot be used: {error.message}", fix)]


def judge_licence(status: LicenseStatus, *, now_us: int) -> list[Result]:
    """Whether somebody should do something about it."""
    refused = ", ".join(FEATURES[name].title for name in status.refused if name in FEATURES)
    what = f"{status.sentence} Not allowed: {refused}." if refused else status.sentence
    if abs(now_us - status.judged_at_us) > HOLDS_S * 1_000_000:
        since = iso_utc(status.judged_at_us * 1000)[:16].replace("T", " ")
        return [skipped(f"It was not judged since {since} UTC: the license service must run. It was: {what}")]
    if status.state in (LicenseState.TRIAL, LicenseState.VALID) and not status.warnings:
        return [ok(what)]
    return [warning(" ".join((what, *status.warnings)), status.remedy or SEE)]
