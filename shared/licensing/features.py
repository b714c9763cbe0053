"""THE list of what a licence allows; the gates ask for it by name. Every process.

Receiving, understanding, storing, publishing, reading and exporting are not in it and never will be: no licence ever
stops a match.
"""

from typing import Final

from msgspec import Struct


class Feature(Struct, frozen=True, kw_only=True):
    """Something that a licence allows: `title` begins a sentence, `without` says what happens where it is refused."""

    name: str
    title: str
    without: str


OBS_AUTOMATION: Final = Feature(
    name="obs_automation",
    title="OBS automation",
    without="Matches are not recorded by themselves and no rule fires. OBS can still be told by hand: restrike obs.",
)
REPLAY_CLIPS: Final = Feature(
    name="replay_clips",
    title="Replay clips",
    without="No clip is saved for a video review. What is recorded can still be looked at.",
)
ALERT_DELIVERY: Final = Feature(
    name="alert_delivery",
    title="Alerts by mail and webhook",
    without="Alerts are raised, stored and shown, but nobody is told by mail or webhook.",
)
OFFSITE_BACKUP: Final = Feature(
    name="offsite_backup",
    title="Off-site backup",
    without="Backups are made and kept on this machine, but not copied elsewhere. Copies can still be fetched.",
)

FEATURES: Final = {feature.name: feature for feature in (OBS_AUTOMATION, REPLAY_CLIPS, ALERT_DELIVERY, OFFSITE_BACKUP)}
"""All of them by name."""
