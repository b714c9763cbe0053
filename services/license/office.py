"""What is done with the licence: it is looked at, judged, and told; license.

Data goes one way: what is stored and remembered, and the clock, into a `Case`; that is judged; what is found goes to
the verdict (for the gates), to the bus, and, when it is news, into the outbox.
"""

from collections.abc import Callable, Sequence
from typing import Final

import structlog
from msgspec.structs import replace

from services.license.clock_trail import TOLERANCE_US
from services.license.judging import DAY_US, Case, check_due_us, judge, what_is_lost
from services.license.record import Record
from services.license.removals import Removals, Said, StoredChange, heeded
from services.license.store import Store
from services.license.trouble import Trouble, trouble_of
from shared.errors import IoError, LicenseError
from shared.licensing.fingerprint import is_same_machine
from shared.licensing.key_ring import KeyRing
from shared.licensing.signing import TokenError, claimed, opened
from shared.licensing.statements import License
from shared.licensing.verdict import VerdictFile
from shared.messages.license import LicenseAct, LicenseChanged, LicenseReason, LicenseState, LicenseStatus
from shared.outbox import Outbox

WRITE_EVERY_US: Final = 3_600_000_000
"""So often at least the record and the verdict are written: a verdict holds for a day."""
TRY_EVERY_US: Final = 10_000_000
"""And if somebody asks, so often at most: who looks at the status hears whether they can be written now."""

OTHER_MACHINE: Final = (
    "This licence is for another machine than this one (restrike license fingerprint). Deactivate it there (restrike"
    " license deactivate) and activate it here, or ask the vendor for a file for this machine."
)
USEFUL: Final = (LicenseState.VALID, LicenseState.TRIAL, LicenseState.GRACE)


class Office:
    """The licence of this installation. `tell` publishes a status, `changed` what is news, `now_us` is the wall clock,
    `steady_us` one that nobody sets, `awake_us` one that stands still while the machine sleeps, `machine` this
    machine's fingerprint.
    """

    license: License | None = None
    text: str | None = None
    _fault: TokenError | None = None
    _heard: tuple[int, int] | None = None
    _counted_us: int | None = None
    _verdict_trouble: Trouble | None = None
    _is_changed = False

    def __init__(  # noqa: PLR0913  # where things lie, who is told, and the clocks
        self,
        store: Store,
        verdicts: VerdictFile,
        outbox: Outbox,
        ring: KeyRing,
        removals: Removals,
        *,
        machine: str,
        record: Record,
        tell: Callable[[LicenseStatus], None],
        changed: Callable[[LicenseChanged], None],
        now_us: Callable[[], int],
        steady_us: Callable[[], int],
        awake_us: Callable[[], int],
        log: structlog.stdlib.BoundLogger,
    ) -> None:
        self.ring = ring
        self.machine = machine
        self.record = record
        self._store = store
        self._verdicts = verdicts
        self._outbox = outbox
        self._tell = tell
        self._changed = changed
        self.now_us = now_us
        self._steady_us = steady_us
        self._awake_us = awake_us
        self._removals = removals
        self._log = log
        self._seen_us = steady_us()
        self._written_us = self._seen_us - WRITE_EVERY_US  # at the start everything is written
        self._written_at_us = 0
        self.status = self._judged()

    def read(self, changes: Sequence[StoredChange] = ()) -> None:
        """Read what is stored anew, and judge. `changes` are those that the database has, the newest first."""
        record = heeded(self.record, self._removals.last(changes), now_us=self.now_us())
        if record != self.record:
            self._log.warning("record_was_put_back_or_lost", removed=[*record.removed], revoked=[*record.revoked])
            self.remember(record)
        self._open()
        self.look()

    def look(
        self,
        act: LicenseAct = LicenseAct.JUDGED,
        author: str | None = None,
        *,
        is_asked: bool = False,
        removed: str | None = None,
    ) -> LicenseStatus:
        """Judge by the time that it is now. News are told at once; everything is written once an hour at least, and
        tried when it `is_asked` for. `removed` is the licence that an act took away.
        """
        steady_us, troubles = self._steady_us(), self._troubles()
        self.record = self.record.seen(self.now_us(), ran_us=steady_us - self._seen_us)
        self._seen_us = steady_us
        self._count()
        if self._fault is not None:  # somebody may have mended it
            self._open()
        self._settle(act, author, removed)
        if is_asked and steady_us - self._written_us >= TRY_EVERY_US:
            self._write()
        if self._troubles() != troubles:  # what was told a moment ago does not hold any more
            self._settle(LicenseAct.JUDGED, None, None)
        return self.status

    def miss(self, why: str, *, is_news: bool = True) -> None:
        """The vendor could not be asked about the licence; the next look writes that, if it `is_news`."""
        self._count()  # what passed before does not belong to it
        found = self.license
        if found is None or found.checks is None:
            return
        contact = self.record.contact(found.license_id)
        if is_news or contact.why is None:
            self.remember(self.record.in_contact(found.license_id, contact.missed(why, now_us=self.now_us())))

    def require_room(self) -> None:
        """Raises IoError: a licence could not be stored now."""
        self._store.require_room()

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
        """Whether the vendor ought to be asked now: it is time, he was tried in vain, he can say what time it is, or,
        after his keys were changed, he has a newer text.
        """
        status, due_us = self.status, check_due_us(self.record, self.license)
        if due_us is not None and status.unreached_since_us is not None:
            return True
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
        record = self.record if act is LicenseAct.INSTALLED else self.record.wanted_here(found.license_id)
        _refuse_replayed(found, record)
        record = record.installed(found.license_id, found.issued_at)
        if is_fresh:
            record = record.forgiven(found.license_id).holds(found.license_id, now_us=self.now_us())
        self._refuse_useless(found, record)
        self._store.keep_license(text)
        is_asked_for = act is not LicenseAct.CHECKED and self.status.state in USEFUL
        loss = what_is_lost(self.license, found) if is_asked_for else None
        self.remember(record)
        self._open()
        self._log.info("license_installed", license=found.license_id, token=found.token_id, author=author)
        status = self.look(act, author)
        return status if loss is None else replace(status, warnings=(*status.warnings, loss))

    def remove(self, *, act: LicenseAct, author: str | None) -> LicenseStatus:
        """Take the licence from this machine, also one that does not open. Raises IoError: it is still there."""
        found = self.license or claimed(self.text or "")
        self._outbox.add([], kept=self._store.without_copy())  # or a crash after the next line brought it back
        self._store.keep_license(None)
        if found is not None:
            self.remember(self.record.taken_away(found.token_id, found.license_id))
            self._log.info("license_removed", license=found.license_id, author=author)
        self._open()
        return self.look(act, author, removed=found.license_id if found is not None else None)

    def _refuse_useless(self, found: License, record: Record) -> None:
        if found.seats and not found.machines:
            raise TokenError(
                LicenseReason.NOT_ACTIVATED,
                "This licence has to be activated: restrike license activate.",
            )
        if found.machines and not any(is_same_machine(machine, self.machine) for machine in found.machines):
            raise TokenError(LicenseReason.OTHER_MACHINE, OTHER_MACHINE)
        status = judge(Case(now_us=self.now_us(), record=record, machine=self.machine, license=found))
        if status.state not in USEFUL:
            sentence = " ".join(filter(None, (status.sentence, status.remedy)))
            raise LicenseError(f"license.{status.reason or status.state}", sentence)

    def _open(self) -> None:
        self.license, self.text, self._fault = None, None, None
        try:
            self.text = self._store.license_text(self._is_gone)
            if self.text is not None:
                found = opened(self.text, self.ring, License)
                _refuse_replayed(found, self.record)  # its file was put back
                self.license = found
        except TokenError as error:
            self._fault = error

    def _is_gone(self, text: str) -> bool:
        found = claimed(text)
        return found is not None and found.token_id in self.record.spent

    def _judged(self) -> LicenseStatus:
        case = Case(
            now_us=self.now_us(), record=self.record, machine=self.machine, license=self.license, fault=self._fault
        )
        status = judge(case)
        wrong_us = self._clock_wrong_us()
        if abs(wrong_us) > TOLERANCE_US:
            days = f"{abs(wrong_us) / DAY_US:.1f} days {'ahead' if wrong_us > 0 else 'behind'}"
            sentence = f"The vendor's server says that this machine's clock is {days}: set it right (timedatectl)."
            status = replace(status, warnings=(*status.warnings, sentence))
        trouble = self._verdict_trouble or self._store.trouble
        if trouble is not None:
            follows = "Features end within a day." if self._verdict_trouble else "What changes may be forgotten."
            sentence = f"data/license cannot be written ({trouble.words}). {follows}"
            remedy = " ".join(filter(None, (trouble.remedy, status.remedy)))
            status = replace(status, warnings=(*status.warnings, sentence), remedy=remedy)
        return status

    def _troubles(self) -> tuple[Trouble | None, Trouble | None]:
        return self._verdict_trouble, self._store.trouble

    def _count(self) -> None:
        """For how long the suite ran while the vendor was tried in vain."""
        awake_us, found = self._awake_us(), self.license
        ran_us = None if self._counted_us is None else awake_us - self._counted_us
        self._counted_us = awake_us
        if found is not None and found.license_id in self.record.contacts:
            contact = self.record.contact(found.license_id).went_on(self.now_us(), ran_us=ran_us)
            self.record = self.record.in_contact(found.license_id, contact)

    def _settle(self, act: LicenseAct, author: str | None, removed: str | None) -> None:
        """Judge; tell and write what is to be told and written."""
        before, self.status = self.record.told, self._judged()
        told = (str(self.status.state), _news(self.status))
        if act is not LicenseAct.JUDGED or before != told:
            self.record = replace(self.record, told=told)
            self._keep(self._change(act, before, author, removed))
            self.tell()
        elif self._is_changed or self._is_to_be_written(self._steady_us()):
            self._keep(None)
        elif self._troubles() != (None, None):
            self._write()

    def _clock_wrong_us(self) -> int:
        """By how much the clock is ahead of what the vendor's server said last, as far as that is known."""
        if self._heard is None:
            return 0
        at_us, steady_us = self._heard
        return self.now_us() - (at_us + self._steady_us() - steady_us)

    def _change(
        self, act: LicenseAct, before: tuple[str, str] | None, author: str | None, removed: str | None
    ) -> LicenseChanged:
        status, license_id = self.status, removed or self.status.license_id
        said = Said.TAKEN_AWAY if removed else Said.REVOKED if status.state is LicenseState.REVOKED else Said.HERE
        change_id = self._removals.new_id(said, license_id)
        if said is not Said.HERE:
            self.record = self.record.removing(change_id)
        self._log.info(
            "license",
            state=status.state,
            reason=status.reason,
            sentence=status.sentence,
            act=act,
        )
        return LicenseChanged(
            change_id=change_id,
            at_us=status.judged_at_us,
            act=act,
            state=status.state,
            state_before=LicenseState(before[0]) if before is not None and before[0] in set(LicenseState) else None,
            sentence=status.sentence,
            reason=status.reason,
            license_id=license_id,
            plan=status.plan,
            expires_at_us=status.expires_at_us,
            author=author,
        )

    def _keep(self, change: LicenseChanged | None) -> None:
        """Commit the record as it became, and what is told of it, in the outbox; then write as ever."""
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
            return self._verdict_trouble is None
        return False

    def _write(self) -> None:
        """Write the record and the verdict; what cannot be written is tried again at the next look."""
        self._written_us = self._steady_us()
        self._written_at_us = self.status.judged_at_us
        self._store.keep_record(self.record)
        try:
            self._verdicts.write(self.status)
        except (OSError, IoError) as error:
            if self._verdict_trouble is None:
                self._log.error("verdict_not_writable", error=str(error), help="It is tried again each minute.")
            self._verdict_trouble = trouble_of(error)
        else:
            self._verdict_trouble = None


def _refuse_replayed(found: License, record: Record) -> None:
    if found.token_id in record.spent or found.issued_at <= record.removed.get(found.license_id, -1):
        raise TokenError(
            LicenseReason.REPLAYED,
            "This licence was deactivated on this machine. Activate it again (restrike license activate), or ask"
            " the vendor for a new file.",
        )
    if found.issued_at < record.newest.get(found.license_id, 0):
        raise TokenError(LicenseReason.REPLAYED, "A newer text of this licence was installed here: use that.")


def _news(status: LicenseStatus) -> str:
    """What of a status is news when it changes: not what changes with every day."""
    parts = (status.reason, status.license_id, *status.allowed, status.expires_at_us, len(status.warnings))
    return " ".join(map(str, parts))
