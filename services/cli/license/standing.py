"""How the licence stands, for `restrike license`: as the service license judges it now, else as it last did."""

from typing import Final

from msgspec import Struct

from shared.errors import IoError, NetworkError
from shared.licensing.verdict import VerdictFile
from shared.messages.license import GetLicense, LicenseStatus
from shared.paths import Paths
from shared.rpc import Client

NOBODY: Final = "service.not_running"
DOWN: Final = "The service license is not running"


class Standing(Struct, frozen=True, kw_only=True):
    """`license`, and whether it `is_current`: judged just now. Otherwise `why` says why not, `remedy` what to do."""

    license: LicenseStatus
    is_current: bool
    why: str = ""
    remedy: str = ""


def standing(paths: Paths) -> Standing:
    """Ask the service; read its verdict, if it does not answer.

    Raises:
        NetworkError: nor is there a verdict that can be read.
    """
    try:
        return Standing(license=Client(paths).call(GetLicense()), is_current=True)
    except NetworkError as error:
        is_down = error.code == NOBODY
        why = DOWN if is_down else error.message.rstrip(".")
        remedy = "Start it with: restrike up -d" if is_down else "See: restrike ps"
        return Standing(license=_verdict(paths, error, why), is_current=False, why=why, remedy=remedy)


def _verdict(paths: Paths, silence: NetworkError, why: str) -> LicenseStatus:
    verdicts = VerdictFile(paths)
    if not verdicts.path.exists():
        raise NetworkError(
            silence.code, "Nobody has judged the licence of this home yet: start the suite with restrike up"
        ) from silence
    try:
        return verdicts.read()
    except IoError as error:
        sentence = (
            f"{why}, and what it found last cannot be read ({error.message.rstrip('.')}): start the suite with restrike"
            " up"
        )
        raise NetworkError(silence.code, sentence) from error
