"""What became of the licence, in its table: one row for each change, however often it is told."""

from typing import Final

import msgspec

from services.db_writer.outboxes.store import FactStore
from shared.db.sqlite import sqlite3
from shared.messages.license import LicenseAct, LicenseChanged, LicenseReason, LicenseState
from shared.messages.outbox import AnyStored, Facts, StoredFact
from shared.messages.service import LICENSE

NOW_US: Final = 1_772_357_400_000_000
BEGUN = LicenseChanged(
    change_id="c1",
    at_us=NOW_US,
    act=LicenseAct.JUDGED,
    state=LicenseState.TRIAL,
    state_before=None,
    sentence="The trial runs for 14 more days.",
)
BOUGHT = LicenseChanged(
    change_id="c2",
    at_us=NOW_US + 5,
    act=LicenseAct.ACTIVATED,
    state=LicenseState.VALID,
    state_before=LicenseState.TRIAL,
    sentence="The licence L-1 is valid.",
    license_id="L-1",
    plan="12",
    expires_at_us=NOW_US + 1_000_000,
    author="ana",
)
MOVED = LicenseChanged(
    change_id="c3",
    at_us=NOW_US + 6,
    act=LicenseAct.JUDGED,
    state=LicenseState.INVALID,
    state_before=LicenseState.VALID,
    sentence="The licence is of another machine.",
    reason=LicenseReason.OTHER_MACHINE,
    license_id="L-1",
)


def test_one_row_each(connection: "sqlite3.Connection") -> None:
    """Whole, in order; what is told again after a restore is no second row."""
    facts = (BEGUN, BOUGHT, BEGUN, MOVED)
    said = [StoredFact(NOW_US, msgspec.msgpack.decode(msgspec.msgpack.encode(one), type=AnyStored)) for one in facts]
    assert FactStore(connection).apply(Facts(LICENSE, "run", "run", 1, said), now_us=NOW_US).refused == {}
    columns = (
        "change_key, changed_at, act, state, state_before, reason, sentence, license_key, plan, expires_at, author"
    )
    rows = connection.execute(f"SELECT {columns} FROM license_changes ORDER BY id").fetchall()
    at = "2026-03-01T09:30:0"
    assert rows == [
        ("c1", f"{at}0.000000Z", "judged", "trial", None, None, BEGUN.sentence, None, None, None, None),
        ("c2", f"{at}0.000005Z", "activated", "valid", "trial", None, BOUGHT.sentence, "L-1", "12",
         f"{at}1.000000Z", "ana"),
        ("c3", f"{at}0.000006Z", "judged", "invalid", "valid", "other_machine", MOVED.sentence, "L-1", None, None,
         None),
    ]  # fmt: skip
