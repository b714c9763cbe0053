"""The one list of facts that come through outboxes, and who writes their rows; db-writer.

An applier executes statements within the transaction that is open, and neither begins nor ends one. It may meet facts
of matches that the database does not hold (yet). What it raises keeps the fact as it came (`refused_facts`), and those
behind it go on.
"""

from collections.abc import Callable
from typing import Any, Final

from services.db_writer.outboxes.alerts import store_alert, store_delivery
from services.db_writer.outboxes.firings import store_firing
from services.db_writer.outboxes.incidents import store_incident
from services.db_writer.outboxes.licences import store_license_change
from services.db_writer.outboxes.samples import store_sample
from services.db_writer.outboxes.stamp import Stamp
from services.db_writer.outboxes.videos import place_events, store_change, store_video
from shared.db.sqlite import sqlite3
from shared.messages.alerts import AlertChanged, AlertDelivered
from shared.messages.automation import RuleFired
from shared.messages.incidents import ServiceIncident
from shared.messages.license import LicenseChanged
from shared.messages.recordings import RecordingChanged, VideoEventsPlaced, VideoStored
from shared.messages.system import SystemAveraged

Applier = Callable[["sqlite3.Connection", Any, Stamp], None]

APPLIERS: Final[dict[type, Applier]] = {
    RecordingChanged: store_change,
    VideoStored: store_video,
    VideoEventsPlaced: place_events,
    RuleFired: store_firing,
    ServiceIncident: store_incident,
    SystemAveraged: store_sample,
    AlertChanged: store_alert,
    AlertDelivered: store_delivery,
    LicenseChanged: store_license_change,
}
