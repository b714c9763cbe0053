"""What does not add up around the datagrams: holes in the journal, two senders, streams nobody knows; pss-parser."""

from collections.abc import Callable
from typing import Any, Final

from services.pss_parser.sight import Sight, Step
from services.pss_parser.state import Memory, Sender
from shared.messages.facts import AnyFact, DatagramCut, DatagramsDropped, EntriesLost, Fact, SessionBroken
from shared.messages.match import Finding, Severity
from shared.messages.rules import Strictness
from shared.messages.wire import Entry, Origin

_US_PER_S: Final = 1_000_000
_STILL_SENDING_US: Final = 30 * _US_PER_S
_RESTARTED_US: Final = 3 * _US_PER_S  # the same machine with another port: a scoring system that was started anew
_SEVERITY_OF_UNKNOWN: Final = {
    Strictness.IGNORE: None,
    Strictness.WARN: Severity.WARNING,
    Strictness.ERROR: Severity.ERROR,
}
_MOST_REPORTED: Final = 64  # per session: neither forged addresses nor garbage may fill the state


def forget_session(memory: Memory) -> None:
    """A new session: senders and unknown streams are reported anew, and nobody knows what was sent in between."""
    memory.sender = None
    memory.sight, memory.recent = Sight(), ()
    memory.round_clock = memory.break_clock = memory.injury_clock = Step()
    memory.reported_senders = memory.reported_streams = ()


def hear(memory: Memory, entry: Entry) -> Finding | None:
    """Note who sent `entry`; a finding if somebody else sends to this ring as well. An answer to our own question comes
    from another port of the sender, and counts as nobody.
    """
    if entry.origin is _ANSWER:
        return None
    last, now_us = memory.sender, entry.received_at_us
    last_at_us = memory.sender_at_us
    memory.sender_at_us = now_us
    if last is not None and last.address == entry.address and last.port == entry.port and last.origin is entry.origin:
        return None
    memory.recent = ()
    memory.sender = sender = Sender(entry.address, entry.port, entry.origin)
    if last is None:
        return None
    is_restart = (last.address, last.origin) == (sender.address, sender.origin)
    if now_us - last_at_us > (_RESTARTED_US if is_restart else _STILL_SENDING_US):
        return None
    name, last_name = _name(sender), _name(last)
    if name in memory.reported_senders or len(memory.reported_senders) >= _MOST_REPORTED:
        return None
    # Both, so that the first one's next datagram is not the same finding the other way round.
    memory.reported_senders = tuple(dict.fromkeys((*memory.reported_senders, last_name, name)))
    return _two_senders(sender, last, apart_us=now_us - last_at_us)


def end_replay(memory: Memory) -> None:
    """A replay is over: whoever sends next is not beside it."""
    memory.sender = None


def unknown_stream(memory: Memory, stream: str) -> Finding | None:
    """A finding the first time that `stream` is heard in a session, as severe as the ring's settings say."""
    severity = _SEVERITY_OF_UNKNOWN[memory.interpretation.strictness]
    if severity is None:
        return None
    if stream in memory.reported_streams or len(memory.reported_streams) >= _MOST_REPORTED:
        return None
    memory.reported_streams += (stream,)
    what = f'Messages of the unknown stream "{stream}" arrive' if stream else "Messages without a keyword arrive"
    return Finding(
        rule="unknown_stream",
        severity=severity,
        explanation=f"{what}; they are stored as they are and not understood.",
        evidence={"stream": stream},
    )


def from_fact(fact: AnyFact) -> Finding | None:
    """The finding that a fact of the journal is; None if it is no trouble."""
    find = _FINDINGS.get(type(fact))
    return find(fact) if find else None


def _name(sender: Sender) -> str:
    """What a sender is reported as: a port may be another one for each datagram, and is no news."""
    return f"{sender.origin.value} {sender.address}"


def _two_senders(sender: Sender, last: Sender, *, apart_us: int) -> Finding:
    return Finding(
        rule="two_senders",
        severity=Severity.WARNING,
        explanation=(
            f"{sender.address}:{sender.port} ({sender.origin.value}) sends to this ring while "
            f"{last.address}:{last.port} ({last.origin.value}) does too; what they say is mixed."
        ),
        evidence={
            "address": sender.address,
            "port": sender.port,
            "origin": sender.origin.value,
            "other_address": last.address,
            "other_port": last.port,
            "other_origin": last.origin.value,
            "apart_us": apart_us,
        },
    )


def _session_broken(fact: SessionBroken) -> Finding:
    seconds = (fact.to_us - fact.from_us) / _US_PER_S
    return Finding(
        rule="session_broken",
        severity=Severity.ERROR,
        explanation=f"The ring was not heard for {seconds:.1f} s, because the session ended without a word.",
        evidence={"broken_session": fact.broken_session, "from_us": fact.from_us, "to_us": fact.to_us},
    )


def _datagrams_dropped(fact: DatagramsDropped) -> Finding:
    evidence = {"count": fact.count, "from_us": fact.from_us, "to_us": fact.to_us, "shared_by": fact.shared_by}
    return Finding(
        rule="datagrams_dropped",
        severity=Severity.ERROR,
        explanation=f"The system dropped {_count(fact.count, 'datagram')} of this port: the receive buffer was full.",
        evidence=evidence,
    )


def _datagram_cut(fact: DatagramCut) -> Finding:
    return Finding(
        rule="datagram_cut",
        severity=Severity.ERROR,
        explanation=(
            f"A datagram of {fact.address}:{fact.port} was longer than {_count(fact.limit_bytes, 'byte')} "
            "and lost its end."
        ),
        evidence={"limit_bytes": fact.limit_bytes, "address": fact.address, "port": fact.port},
    )


def _entries_lost(fact: EntriesLost) -> Finding:
    count = _count(fact.to_entry - fact.from_entry + 1, "entry", "entries")
    return Finding(
        rule="entries_lost",
        severity=Severity.ERROR,
        explanation=f"{count} ({fact.from_entry} to {fact.to_entry}) could not be journaled and are lost.",
        evidence={
            "from_entry": fact.from_entry,
            "to_entry": fact.to_entry,
            "from_us": fact.from_us,
            "to_us": fact.to_us,
        },
    )


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or f'{one}s'}"


_ANSWER: Final = Origin.ANSWER
_FINDINGS: Final[dict[type[Fact], Callable[[Any], Finding]]] = {
    SessionBroken: _session_broken,
    DatagramsDropped: _datagrams_dropped,
    DatagramCut: _datagram_cut,
    EntriesLost: _entries_lost,
}
