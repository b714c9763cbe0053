"""A home with a licence in it, and what of that must never be found outside; for tests of what leaves a home."""

import base64
import json
from contextlib import closing
from typing import Any, Final
from unittest.mock import Mock

from services.license.record import Record
from services.license.store import KEPT, Store
from shared.db.sqlite import connect_writer
from shared.licensing.installation import Installation
from shared.licensing.verdict import VerdictFile
from shared.messages.license import LicenseState, LicenseStatus
from shared.paths import Paths
from tests.support.licensing.vendor import ISSUED_AT, Vendor

ACTIVATION_KEY: Final = "RSTK-7K3M9-QW2XC-0ABDE-5FGHJ"
_CHANGE: Final = """
INSERT INTO license_changes (change_key, changed_at, act, state, sentence, license_key)
VALUES ('c1', '2026-03-01T09:30:00.000000Z', 'installed', 'valid', 'It is valid.', 'L-2026-0001')
"""


def store_licence(paths: Paths) -> list[bytes]:
    """Store one as the license service does, with all its files, its outbox, its log and a row of what became of it.
    `paths` has a database. Returns what is secret, in each form that it might have elsewhere.
    """
    vendor, installation = Vendor.new(), Installation(paths)
    log: Any = Mock()
    store = Store(paths, installation, kept={}, log=log)
    text = vendor.text(vendor.license())
    record = Record.first(ISSUED_AT * 1_000_000, made_us=0)
    store.keep_record(record)
    store.keep_license(text)
    VerdictFile(paths, installation).write(
        LicenseStatus(state=LicenseState.VALID, judged_at_us=1, sentence="It is valid.", customer="Taekwondo Union")
    )
    with closing(connect_writer(paths.data / "license.db")) as outbox:
        outbox.execute("CREATE TABLE kept (key TEXT, body BLOB)")
        outbox.execute("INSERT INTO kept VALUES (?, ?)", (KEPT, store.sealed(record)[KEPT]))
    with closing(connect_writer(paths.database)) as database:
        database.execute(_CHANGE)
    said = {"level": "error", "event": "x", "timestamp": "2999-01-01T00:00:00.000Z", "text": f"{text} {ACTIVATION_KEY}"}
    (paths.logs / "license.log").write_text(json.dumps(said) + "\n")
    files = sorted(path for path in paths.license.iterdir() if path.is_file())
    assert len(files) == 4, files
    ends = [part for path in files for part in (path.read_bytes()[:32], path.read_bytes()[-32:])]
    forms = [form for end in ends for form in (end, end.hex().encode(), base64.b64encode(end)[:40])]
    return [*forms, *(part.encode() for part in (text, *text.split(".")[2:], ACTIVATION_KEY))]
