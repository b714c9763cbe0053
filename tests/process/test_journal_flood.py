"""An orderly end under load: what the process took is in the journal, and it ends in time."""

import threading
from pathlib import Path

from shared.messages.facts import DatagramsDropped, SessionClosed
from tests.support.service import House, bodies, facts
from tests.support.wait import eventually


def test_sigterm_during_a_flood(tmp_path: Path) -> None:
    """Asked to end while datagrams never stop: exit 0 within 2 s, and every datagram up to the last journaled one is
    there, in order, or known as dropped by the kernel; the sessions are closed.
    """
    with House(tmp_path / "home", rings=[{}, {}]) as house:
        ingest = house.start("udp-ingest")
        is_over = threading.Event()

        def flood() -> None:
            number = 0
            with house.sender("ring-1") as one, house.sender("ring-2") as two:
                while not is_over.is_set():
                    for sender in (one, two):
                        sender.send(b"%d" % number)
                    number += 1

        flooding = threading.Thread(target=flood)
        flooding.start()
        try:
            eventually(lambda: house.status("ring-2").packets > 2000, within=10, what="a flood")
            assert ingest.stop() == 0
        finally:
            is_over.set()
            flooding.join()
        for ring in ("ring-1", "ring-2"):
            entries = house.stored_entries(ring)
            numbers = [int(body) for body in bodies(entries)]
            dropped = sum(fact.count for fact in facts(entries, DatagramsDropped))
            assert numbers == sorted(set(numbers))
            assert numbers[-1] + 1 - len(numbers) <= dropped
            assert list(entries) == list(range(1, len(entries) + 1))
            assert isinstance(entries[len(entries)].fact, SessionClosed)
