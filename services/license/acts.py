"""What operators do with the licence, and the periodic question to the vendor's server; license.

Each act with the server is answered when the server was heard: the loop never waits.
"""

import secrets
import socket
from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

import msgspec
from msgspec.structs import replace

from services.license.clock_trail import TOLERANCE_US
from services.license.office import Office
from services.license.record import Revocation
from services.license.server import Server
from shared.clock import iso_utc, monotonic_s
from shared.errors import LicenseError, NetworkError, RestrikeError, ValidationError
from shared.licensing.activation_key import parsed_key
from shared.licensing.signing import TokenError, opened_any
from shared.licensing.statements import (
    REQUEST_FORMAT,
    Activation,
    ActivationRequest,
    AnyRequest,
    Checked,
    CheckRequest,
    License,
    Released,
    ReleaseRequest,
    RequestFile,
    Standing,
    Statement,
)
from shared.messages.license import (
    ActivateLicense,
    CheckLicense,
    DeactivateLicense,
    InstallLicense,
    LicenseAct,
    LicenseReason,
    LicenseReleased,
    LicenseRequest,
    LicenseStatus,
    RequestLicense,
)
from shared.rpc import Later

T = TypeVar("T", Activation, Checked, Released)
RETRY_S: Final = 900.0
"""Between two tries to ask a server that was not reached; a day has 96."""
NO_SERVER: Final = (
    "No licence server is set: restrike settings set license.server_url https://…, or do it by file: restrike license"
    " request."
)
ONCE_MORE: Final = "Copy the file that the vendor sent once more, as it is, or ask the vendor for another one."
CANNOT_BE_TOLD: Final = (
    "The licence on this machine does not open, so its seat cannot be given back. Install or activate it again first"
    " (its seat is the same); or remove it with --offline, and ask the vendor to free the seat."
)


class Acts:
    """The acts."""

    def __init__(self, office: Office, server: Server) -> None:
        self._office = office
        self._server = server
        self._is_asking = False
        self._retry_at_s = 0.0

    def activate(self, command: ActivateLicense) -> Later:
        """Exchange a key for a licence of this machine."""
        request = self._activation(command.key)
        self._require_server()
        self._office.require_room()  # before the vendor gives a seat away
        later = Later()

        def heard(answer: Activation | None, error: NetworkError | None) -> None:
            if answer is None:
                _refuse(later, error)
                return
            self._office.hear_time(answer.at * 1_000_000)
            _settle(later, partial(self._take_activation, answer, command.author))

        self._ask(request, Activation, heard)
        return later

    def request(self, command: RequestLicense) -> LicenseRequest:
        """Make a request as a file."""
        request = self._activation(command.key)
        self._office.remember(self._office.record.asking(request.nonce))
        self._office.look()
        return LicenseRequest(request=_file(request))

    def install(self, command: InstallLicense) -> LicenseStatus:
        """Install a licence, or the answer to a request."""
        text = "".join(command.text.split())  # mail programs break lines
        statement = self._opened(text)
        if isinstance(statement, License):
            return self._install(text, LicenseAct.INSTALLED, command.author)
        if not isinstance(statement, Activation):
            raise TokenError(LicenseReason.DAMAGED, "It is signed, but no licence and no answer to a request for one.")
        if not self._office.record.is_asked(statement.nonce):
            sentence = "It answers no request that waits here: make a new one: restrike license request."
            raise TokenError(LicenseReason.REPLAYED, sentence)
        before = self._office.record
        self._office.remember(before.answered(statement.nonce))
        if before.trail.is_set_back(self._office.now_us()):
            self._told(statement.at)
        try:
            return self._install(statement.license, LicenseAct.ACTIVATED, command.author)
        except RestrikeError:
            self._office.remember(replace(before, serial=self._office.record.serial))
            raise

    def check(self, command: CheckLicense) -> Later:
        """Ask the vendor now, also about a text that this version cannot open: he may have a newer one."""
        status = self._office.status
        if self._office.text is None and status.reason is not None:
            raise LicenseError("license.cannot_be_checked", f"{status.sentence} {status.remedy or ''}".rstrip())
        if self._office.text is None:
            raise LicenseError("license.none", "There is no licence to check: restrike license activate.")
        self._require_server()
        later = Later()
        self._ask_whether_it_holds(later, command.author)
        return later

    def check_if_due(self) -> None:
        """Ask the vendor, if that is due and was not tried just now."""
        office = self._office
        if self._is_asking or not office.check_is_due() or monotonic_s() < self._retry_at_s:
            return
        if self._server.is_set:
            self._ask_whether_it_holds(None, None)
        else:
            office.miss("no server is set", is_news=False)

    def deactivate(self, command: DeactivateLicense) -> Later | LicenseReleased:
        """Take the licence from this machine."""
        office = self._office
        if office.text is None:
            if office.status.reason is None:
                raise LicenseError("license.none", "There is no licence to deactivate.")
            if not command.is_offline:
                raise LicenseError("license.cannot_be_told", CANNOT_BE_TOLD)
            status = office.remove(act=LicenseAct.DEACTIVATED, author=command.author)
            return LicenseReleased(status=status, release=None)
        request = ReleaseRequest(license=office.text, machine=office.machine, nonce=_nonce(), program=_program())
        if command.is_offline or (office.license is not None and not office.license.seats):
            status = office.remove(act=LicenseAct.DEACTIVATED, author=command.author)
            return LicenseReleased(status=status, release=_file(request) if command.is_offline else None)
        if not self._server.is_set:
            raise LicenseError("license.no_server", f"{NO_SERVER.split(':')[0]}: restrike license deactivate --offline")
        self._require_server()
        later = Later()

        def heard(answer: Released | None, error: NetworkError | None) -> None:
            if answer is None or office.text != request.license:  # another one was installed meanwhile
                _refuse(later, error or _changed())
                return
            _settle(
                later,
                lambda: LicenseReleased(
                    status=office.remove(act=LicenseAct.DEACTIVATED, author=command.author), release=None
                ),
            )

        self._ask(request, Released, heard)
        return later

    def _ask_whether_it_holds(self, later: Later | None, author: str | None) -> None:
        office = self._office
        asked = office.text or ""
        request = CheckRequest(license=asked, machine=office.machine, nonce=_nonce(), program=_program())

        def heard(answer: Checked | None, error: NetworkError | None) -> None:
            self._retry_at_s = monotonic_s() + RETRY_S
            if office.text != asked:  # another licence was installed meanwhile
                error = error or _changed()
            if answer is None or error is not None:
                self._note(error or _no_answer())
                if later is not None:
                    _refuse(later, error)
                return
            if later is not None:
                _settle(later, partial(self._take, answer, author))
                return
            try:
                self._take(answer, None)
            except RestrikeError as refused:
                self._note(refused)

        self._ask(request, Checked, heard)

    def _ask(self, request: AnyRequest, kind: type[T], heard: Callable[[T | None, NetworkError | None], None]) -> None:
        """Ask the server, one thing at a time."""

        def done(answer: T | None, error: NetworkError | None) -> None:
            self._is_asking = False
            heard(answer, error)

        self._is_asking = True
        self._server.ask(request, kind, done)

    def _note(self, error: RestrikeError) -> None:
        """The vendor could not be asked."""
        self._office.miss(error.message)
        self._office.look()

    def _take(self, answer: Checked, author: str | None) -> LicenseStatus:
        """What the vendor said of the licence."""
        office = self._office
        act = LicenseAct.CHECKED if author is not None else LicenseAct.JUDGED
        known = answer.license_id if office.license is None else office.license.license_id
        if (answer.license_id, answer.machine) != (known, office.machine):
            raise NetworkError("license.server_lies", "The vendor's server spoke of another licence.")
        office.hear_time(answer.at * 1_000_000)
        record = office.record.holds(answer.license_id, now_us=office.now_us())
        if answer.standing is Standing.REVOKED:
            office.remember(record.revoking(answer.license_id, Revocation(at=answer.at, why=answer.why)))
            return office.look(act, author)
        office.remember(record.forgiven(answer.license_id))
        if answer.standing is Standing.RELEASED:
            return office.remove(act=LicenseAct.CHECKED, author=author)
        if answer.license is not None:
            return self._install(answer.license, LicenseAct.CHECKED, author, is_fresh=True)
        return office.look(act, author)

    def _take_activation(self, answer: Activation, author: str | None) -> LicenseStatus:
        now_us, at_us = self._office.now_us(), answer.at * 1_000_000
        if now_us > at_us + TOLERANCE_US:
            told, shown = iso_utc(at_us * 1000)[:16], iso_utc(now_us * 1000)[:16]
            sentence = (
                f"The vendor says that it is {told}, this machine {shown} (UTC): set its clock right (timedatectl)."
            )
            raise LicenseError("license.clock", sentence)
        return self._install(answer.license, LicenseAct.ACTIVATED, author, is_fresh=True)

    def _opened(self, text: str) -> Statement:
        try:
            return opened_any(text, self._office.ring)
        except TokenError as error:
            if error.reason is not LicenseReason.FORGED:
                raise
            raise TokenError(error.reason, f"{error.message} {ONCE_MORE}") from error

    def _install(self, text: str, act: LicenseAct, author: str | None, *, is_fresh: bool = False) -> LicenseStatus:
        return self._office.install(text, act=act, author=author, is_fresh=is_fresh)

    def _told(self, at: int) -> None:
        """The vendor said, and signed, what time it is."""
        record = self._office.record
        self._office.remember(replace(record, trail=record.trail.told(at * 1_000_000)))

    def _activation(self, key: str) -> ActivationRequest:
        office = self._office
        return ActivationRequest(
            key=parsed_key(key),
            machine=office.machine,
            nonce=_nonce(),
            host=socket.gethostname(),
            program=_program(),
        )

    def _require_server(self) -> None:
        if not self._server.is_set:
            raise ValidationError("license.no_server", NO_SERVER)
        if self._is_asking:
            raise LicenseError("license.busy", "The vendor's server is being asked already: try again in some seconds.")


def _file(request: AnyRequest) -> str:
    return msgspec.json.format(
        msgspec.json.encode(RequestFile(format=REQUEST_FORMAT, request=request)), indent=2
    ).decode()


def _program() -> str:
    """The version of the suite."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415  # costs a tenth of the start

    try:
        return version("restrike-vta")
    except PackageNotFoundError:
        return ""


def _nonce() -> str:
    return secrets.token_hex(16)


def _settle(later: Later, act: Callable[[], object]) -> None:
    """Answer with what `act` gives, or why it was refused."""
    try:
        later.answer(act())
    except RestrikeError as error:
        later.refuse(error)


def _refuse(later: Later, error: NetworkError | None) -> None:
    later.refuse(error or _no_answer())


def _changed() -> NetworkError:
    return NetworkError("license.changed", "The licence was changed meanwhile: ask again.")


def _no_answer() -> NetworkError:
    return NetworkError("license.no_answer", "The vendor's server did not answer.")
