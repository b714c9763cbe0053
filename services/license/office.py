"""What is done with the licence: it is looked at, judged, and told; license.

Data goes one way: what is stored and remembered, and the clock, into a `Case`; that is judged; what is found goes to
the verdict (for the gates), to the bus, and, when it is news, into the outbox.
"""

import secrets
from collections.abc import Callable
from typing import Final

import structlog
from msgspec.structs import replace

from services.license.clock_trail import TOLERANCE_US
from services.license.judging import DAY_US, Case, check_due_us, judge
from services.license.record import Record
from services.license.store import Store
from shared.errors import IoError, LicenseError
from shared.licensing.fingerprint import is_same_machine
from shared.licensing.key_ring import KeyRing
from shared.licensing.signing import TokenError, opened
from shared.licensing.statements import License
from shared.licensing.verdict import VerdictFile
from shared.messages.license import LicenseAct, LicenseChanged, LicenseReason, LicenseState, LicenseStatus
from shared.outbox import Outbox

WRITE_EVERY_US: Final = 3_600_000_000
"""So often at least the record and the verdict are written: a verdict holds for a day."""

USEFUL: Final = (LicenseState.VALID, LicenseState.TRIAL, LicenseState.GRACE)


class Office:
    """The licence of this installation. `tell` publishes a status, `changed` what is news, `now_us` is the wall clock,
    `steady_us` one that nobody sets, `machine` this machine's fingerprint.
    """

    def __init__(  # noqa: PLR0913  # where things lie, who is told, and the clocks
        self,
        store: Store,
        verdicts: VerdictFile,
        outbox: Outbox,
        ring: KeyRing,
        *,
        machine: str,
        record: Record,
        tell: Callable[[LicenseStatus], None],
        changed: Callable[[LicenseChanged], None],
        now_us: Callable[[], int],
        steady_us: Callable[[], int],
        log: structlog.stdlib.BoundLogger,
    ) -> None:
        self.ring = ring
        self.machine = machine
        self.record = record
        self.license: License | None = None
        self.text: str | None = None
        self._store = store
        self._verdicts = verdicts
        self._outbox = outbox
        self._tell = tell
        self._changed = changed
        self.now_us = now_us
        self._steady_us = steady_us
        self._log = log
        self._fault: TokenError | None = None
        self._heard: tuple[int, int] | None = None
        self._seen_us = steady_us()
        self._written_us = self._seen_us - WRITE_EVERY_US  # at the start everything is written
        self._written_at_us = 0
        self._verdict_error: str | None = None
        self._is_changed = False
        self.status = self._judged()

    def read(self) -> None:
        """Read what is stored anew, and judge."""
        self._open()
        self.look()

    def look(self, act: LicenseAct = LicenseAct.JUDGED, author: str | None = None) -> LicenseStatus:
        """Judge by the time that it is now. News are told at once; everything is written once an hour at least."""
        steady_us = self._steady_us()
        self.record = self.record.seen(self.now_us(), ran_us=steady_us - self._seen_us)
        self._seen_us = steady_us
        if self._fault is not None:  # somebody may have mended it
            self._open()
        before, self.status = self.record.told, self._judged()
        told = (str(self.status.state), _news(self.status))
        if act is not LicenseAct.JUDGED or before != told:
            self.record = replace(self.record, told=told)
            self._keep(self._change(act, before, author))
            self.tell()
        elif self._is_changed or self._is_to_be_written(steady_us):
            self._keep(None)
        elif self._verdict_error is not None or self._store.error is not None:
            self._write()
        return self.status

    def tell(self) -> None:
        """Publish how the licence stands."""
        self._tell(self.status)

    def remember(self, record: Record) -> None:
        """Keep what is to be remembered; the next look writes it."""
        self.record = record
        self._is_changed = True

    def hear_time(self, at_us: int) -> None:
        """The vendor's server said, and signed, just now that it is `at_us`."""
        self._heard = at_us, self._steady_us()
        self.remember(replace(self.record, trail=self.record.trail.told(at_us)))

    def check_is_due(self) -> bool:
        """Whether the vendor ought to be asked now: it is time, he can say what time it is, or, after his keys were
        changed, he has a newer text.
        """
        status, due_us = self.status, check_due_us(self.record, self.license)
        if self.text is not None and LicenseState.CLOCK_TAMPERED is status.state:
            return True
        if self.text is not None and status.reason is LicenseReason.UNKNOWN_KEY:
            return True
        return due_us is not None and self.now_us() >= due_us

    def install(self, text: str, *, act: LicenseAct, author: str | None, is_fresh: bool = False) -> LicenseStatus:
        """Install a signed licence, if it is one that helps here. `is_fresh`: the vendor's server gave it just now.

        Raises:
            LicenseError: it does not hold, or is of no use on this machine now: the sentence says why.
            IoError: it cannot be stored; what there was is in force.
        """
        found = opened(text, self.ring, License)
        record = self.record.installed(found.license_id, found.issued_at)
        if is_fresh:
            record = record.holds(now_us=self.now_us())
        self._refuse_replayed(found)
        self._refuse_useless(found, record)
        self._store.keep_license(text)
        self.remember(record)
        self._open()
        self._log.info("license_installed", license=found.license_id, token=found.token_id, author=author)
        return self.look(act, author)

    def remove(self, *, act: LicenseAct, author: str | None) -> LicenseStatus:
        """Take the licence from this machine. Raises IoError: it is still there."""
        self._store.keep_license(None)
        if self.license is not None:
            self.remember(self.record.taken_away(self.license.token_id))
            self._log.info("license_removed", license=self.license.license_id, author=author)
        self._open()
        return self.look(act, author)

    def _refuse_replayed(self, found: License) -> None:
        if found.token_id in self.record.spent:
            raise TokenError(
                LicenseReason.REPLAYED,
                "This licence was deactivated on this machine. Activate it again (restrike license activate), or ask"
                " the vendor for a new file.",
            )
        if found.issued_at < self.record.newest.get(found.license_id, 0):
            raise TokenError(LicenseReason.REPLAYED, "A newer text of this licence was installed here: use that.")

    def _refuse_useless(self, found: License, record: Record) -> None:
        if found.seats and not found.machines:
            raise TokenError(
                LicenseReason.NOT_ACTIVATED,
                "This licence has to be activated: restrike license activate.",
            )
        if found.machines and not any(is_same_machine(machine, self.machine) for machine in found.machines):
            raise TokenError(LicenseReason.OTHER_MACHINE, "This licence is for another machine.")
        status = judge(Case(now_us=self.now_us(), record=record, machine=self.machine, license=found))
        if status.state not in USEFUL:
            sentence = " ".join(filter(None, (status.sentence, status.remedy)))
            raise LicenseError(f"license.{status.reason or status.state}", sentence)

    def _open(self) -> None:
        self.license, self.text, self._fault = None, None, None
        try:
            self.text = self._store.license_text()
            if self.text is not None:
                found = opened(self.text, self.ring, License)
                self._refuse_replayed(found)  # its file was put back
                self.license = found
        except TokenError as error:
            self._fault = error

    def _judged(self) -> LicenseStatus:
        case = Case(
            now_us=self.now_us(), record=self.record, machine=self.machine, license=self.license, fault=self._fault
        )
        status, why = judge(case), self._verdict_error or self._store.error
        wrong_us = self._clock_wrong_us()
        if abs(wrong_us) > TOLERANCE_US:
            days = f"{abs(wrong_us) / DAY_US:.1f} days {'ahead' if wrong_us > 0 else 'behind'}"
            sentence = f"The vendor's server says that this machine's clock is {days}: set it right (timedatectl)."
            status = replace(status, warnings=(*status.warnings, sentence))
        if why is not None:
            sentence = f"data/license cannot be written ({why.rstrip('.')}). Features end within a day."
            remedy = "Free space, and see whose the folder data/license is: restrike doctor --only permissions"
            status = replace(status, warnings=(*status.warnings, sentence), remedy=remedy)
        return status

    def _clock_wrong_us(self) -> int:
        """By how much the clock is ahead of what the vendor's server said last, as far as that is known."""
        if self._heard is None:
            return 0
        at_us, steady_us = self._heard
        return self.now_us() - (at_us + self._steady_us() - steady_us)

    def _change(self, act: LicenseAct, before: tuple[str, str] | None, author: str | None) -> LicenseChanged:
        status = self.status
        self._log.info(
            "license",
            state=status.state,
            reason=status.reason,
            sentence=status.sentence,
            act=act,
        )
        return LicenseChanged(
            change_id=secrets.token_hex(8),
            at_us=status.judged_at_us,
            act=act,
            state=status.state,
            state_before=LicenseState(before[0]) if before is not None and before[0] in set(LicenseState) else None,
            sentence=status.sentence,
            reason=status.reason,
            license_id=status.license_id,
            plan=status.plan,
            expires_at_us=status.expires_at_us,
            author=author,
        )

    def _keep(self, change: LicenseChanged | None) -> None:
        self.record = replace(self.record, serial=self.record.serial + 1)
        self._is_changed = False
        # First what says that it is told, with what is told, in one transaction.
        self._outbox.add([] if change is None else [change], kept=self._store.sealed(self.record))
        self._write()
        if change is not None:
            self._changed(change)

    def _is_to_be_written(self, steady_us: int) -> bool:
        """Whether it is time to write again, by any clock, or the verdict was lost."""
        if steady_us - self._written_us >= WRITE_EVERY_US:
            return True
        if abs(self.status.judged_at_us - self._written_at_us) >= WRITE_EVERY_US:
            return True
        try:
            self._verdicts.read()
        except IoError:
            return self._verdict_error is None
        return False

    def _write(self) -> None:
        """Write the record and the verdict; what cannot be written is tried again at the next look."""
        self._written_us = self._steady_us()
        self._written_at_us = self.status.judged_at_us
        self._store.keep_record(self.record)
        try:
            self._verdicts.write(self.status)
        except (OSError, IoError) as error:
            if self._verdict_error is None:
                self._log.error("verdict_not_writable", error=str(error), help="It is tried again each minute.")
            self._verdict_error = str(error)
        else:
            self._verdict_error = None


def _news(status: LicenseStatus) -> str:
    """What of a status is news when it changes: not what changes with every day."""
    parts = (status.reason, status.license_id, *status.allowed, status.expires_at_us, len(status.warnings))
    return " ".join(map(str, parts))
