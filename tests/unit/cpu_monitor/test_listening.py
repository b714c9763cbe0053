"""What is heard goes into the picture; what was told while nobody listened is asked for."""

from typing import Any
from unittest.mock import Mock

import msgspec

from services.cpu_monitor.listening import Ears
from services.cpu_monitor.picture import Life, Picture
from shared.messages.commands import GetDatabaseStatus, ListMatchStates, ParserRings, Rings
from shared.messages.database import WriteTrouble
from shared.messages.license import GetLicense, LicenseState
from shared.messages.match import MatchState, Stage
from shared.messages.udp import JournalTrouble, RingStatus
from tests.support.health_picture import TRIAL, World


def _ears() -> tuple[Ears, Picture, RingStatus]:
    status = World().picture.rings["ring-1"].status
    assert status is not None
    picture = Picture([], began_at_s=0.0)
    return Ears(Mock(), picture, Mock()), picture, status


def _trouble(error: str | None) -> JournalTrouble:
    return JournalTrouble(ring="ring-1", error=error, waiting_entries=0, waiting_bytes=0, limit_bytes=1, lost_entries=0)


def test_a_journal_that_cannot_be_written_is_known_however_late_one_listens() -> None:
    """The event was missed: each status says so as well, and so does udp-ingest when it is asked."""
    ears, picture, status = _ears()
    broken = msgspec.structs.replace(status, journal_error="disk full")
    ears.hear_ring(broken)
    assert picture.journal_error == "disk full"
    ears.hear_ring(status)
    assert picture.journal_error is None
    ears._take_rings(Rings(rings=[broken]))
    assert picture.journal_error == "disk full"


def test_an_answer_does_not_end_a_trouble_that_goes_on() -> None:
    """Nothing came since, so nothing waits in memory, and the file cannot be written all the same."""
    ears, picture, status = _ears()
    ears.hear_journal(_trouble("disk full"))
    ears._take_rings(Rings(rings=[msgspec.structs.replace(status, journal_error="disk full", unjournaled_bytes=0)]))
    assert picture.journal_error == "disk full"
    ears.hear_journal(_trouble(None))
    assert picture.journal_error is None


def test_the_licence_is_asked_for_and_heard() -> None:
    """At the start, and each time that the license service begins anew; what it says by itself counts at once."""
    ears, picture, _ = _ears()
    picture.services["license"] = Life()
    asked: Mock = ears._asker.ask  # type: ignore[assignment]  # see _ears
    ears.ask()
    ears.hear_health(World().healths["license"])
    assert [call.args[0] for call in asked.call_args_list if isinstance(call.args[0], GetLicense)] == [GetLicense()] * 2
    answered = next(call.args[1] for call in asked.call_args_list if isinstance(call.args[0], GetLicense))
    answered(TRIAL)
    assert picture.license == TRIAL
    expired = msgspec.structs.replace(TRIAL, state=LicenseState.EXPIRED)
    ears.hear_license(expired)
    assert picture.license == expired


def _asked(ears: Ears, kind: type) -> list[Any]:
    """What is done with the answers to the questions of one kind so far."""
    asked: Mock = ears._asker.ask  # type: ignore[assignment]  # see _ears
    return [call.args[1] for call in asked.call_args_list if isinstance(call.args[0], kind)]


def test_matches_are_known_when_those_of_the_rings_were_told() -> None:
    """The parser's answer that came before udp-ingest's is of no known ring, so it is asked again: also where the ring
    was heard on the bus before, and where there is none at all.
    """
    status = _ears()[2]
    for heard, rings in (([], []), ([], [status]), ([status], [status])):
        ears, picture, _ = _ears()
        ears.ask(ListMatchStates.service)
        _asked(ears, ListMatchStates)[-1](ParserRings(states=[]))
        assert not picture.are_matches_known
        for ring in heard:
            ears.hear_ring(ring)
        ears._take_rings(Rings(rings=rings))
        assert not picture.are_matches_known
        _, answered = _asked(ears, ListMatchStates)
        answered(ParserRings(states=[]))
        assert picture.are_matches_known


def test_an_answer_does_not_undo_what_was_told_since_the_question() -> None:
    """It left before: a match that ended meanwhile is over, a database that failed meanwhile is failing."""
    ears, picture, status = _ears()
    ears._take_rings(Rings(rings=[status]))
    ears.ask()
    ears.hear_stage(status.ring, Stage.DECIDED, is_live=True)
    ears.hear_trouble(WriteTrouble(error="Make room.", cause="disk full"))
    running = MatchState(ring=status.ring, journal_id="j", entry=1, changed_at_us=1, match_id="m", stage=Stage.RUNNING)
    database = World().picture.database
    assert database is not None
    _asked(ears, ListMatchStates)[-1](ParserRings(states=[running]))
    _asked(ears, GetDatabaseStatus)[-1](database)
    assert (picture.rings[status.ring].stage, picture.database_error) == (Stage.DECIDED, "Make room.")
    assert picture.database_cause == "disk full"
    ears.ask()
    _asked(ears, ListMatchStates)[-1](ParserRings(states=[running]))
    _asked(ears, GetDatabaseStatus)[-1](database)
    assert (picture.rings[status.ring].stage, picture.database_error) == (Stage.RUNNING, None)
    assert picture.database_cause is None


def test_a_stage_is_heard_with_the_parsers_sign_of_life() -> None:
    """Also while nobody asks. A change says that a datagram came within the last second, which udp-ingest tells later;
    a stage that is heard for the first time says nothing of when, and one of a ring that is gone nothing at all.
    """
    ears, picture, status = _ears()
    picture.services["pss-parser"] = Life()
    ears.hear_ring(status)
    ring = picture.rings[status.ring]
    health = World().healths["pss-parser"]
    ring.packet_at_s = None
    for stage, was_there in ((Stage.RUNNING, False), (Stage.RUNNING, False), (Stage.BREAK, True)):
        ears.hear_health(msgspec.structs.replace(health, stages={status.ring: stage, "ring-9": stage}))
        assert (ring.stage, ring.packet_at_s is not None) == (stage, was_there)
    assert set(picture.rings) == {status.ring}


def test_what_the_parser_read_again_is_no_datagram() -> None:
    """It came back, or began a ring anew: the stage that it found in the journal may be minutes old. With the next
    change a datagram came.
    """
    ears, picture, status = _ears()
    picture.services["pss-parser"] = Life()
    ears.hear_ring(status)
    ring = picture.rings[status.ring]
    health = World().healths["pss-parser"]
    ring.packet_at_s = None
    for boot, stages, is_heard in (
        ("1", {status.ring: Stage.RUNNING}, False),
        ("2", {}, False),  # it reads the journal
        ("2", {status.ring: Stage.BREAK}, False),
        ("3", {status.ring: Stage.RUNNING}, False),
        ("3", {}, False),
        ("3", {status.ring: Stage.BREAK}, False),
        ("3", {status.ring: Stage.RUNNING}, True),
    ):
        ears.hear_health(msgspec.structs.replace(health, boot_id=boot, stages=stages))
        assert (ring.packet_at_s is not None) == is_heard
    assert ring.stage is Stage.RUNNING
