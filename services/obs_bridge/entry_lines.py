"""Log lines about journal entries and what came of them, at `debug`; obs-bridge.

Of the subsystem `datagrams` one for each entry, of `rules` one for each firing, of `recordings` one for each step of a
recording and for each file.
"""

import logging
from collections.abc import Callable
from typing import Final

import structlog

from shared.messages.automation import Happening, RuleFired
from shared.messages.outbox import ObsStored
from shared.messages.recordings import RecordingChanged, VideoStored
from shared.messages.wire import ParsedEntries

OF_OBS: Final = frozenset(
    {Happening.RECORDING_STARTED, Happening.RECORDING_ENDED, Happening.CLIP_READY, Happening.OBS_CONNECTED}
)
"""What OBS did itself has no place in a ring's journal."""


def write_entries(log: structlog.stdlib.BoundLogger, batch: ParsedEntries, happened: dict[int, list[str]]) -> None:
    """Say of each entry what of it matters to OBS: nothing, mostly."""
    if log.isEnabledFor(logging.DEBUG):
        for number in range(batch.first, batch.last + 1):
            log.debug("followed", ring=batch.ring, entry=number, happened=happened.get(number, []))


def writing_facts(
    rules: structlog.stdlib.BoundLogger,
    recordings: structlog.stdlib.BoundLogger,
    then: Callable[[ObsStored], None],
) -> Callable[[ObsStored], None]:
    """What is to be told of each fact that is stored, so that the log says it; `then` is told, too."""

    def told(fact: ObsStored) -> None:
        then(fact)
        if isinstance(fact, RuleFired):
            did = [one.action if one.ok else f"{one.action}: {one.error}" for one in fact.actions]
            rules.debug(
                "acted",
                ring=fact.ring,
                entry=None if fact.happening in OF_OBS else fact.entry,
                match_id=fact.match_id,
                rule=fact.rule,
                outcome=fact.outcome,
                latency_ms=fact.latency_ms,
                did=did,
            )
        elif isinstance(fact, RecordingChanged):
            recordings.debug(
                "recording",
                ring=fact.ring,
                match_id=fact.match_id,
                obs=fact.connection,
                state=fact.state,
                reason=fact.reason,
                video_id=fact.video_id,
            )
        elif isinstance(fact, VideoStored):
            where = {"ring": fact.ring, "match_id": fact.match_id, "obs": fact.connection}
            recordings.debug("video", **where, kind=fact.kind, path=fact.path, video_id=fact.video_id)

    return told
