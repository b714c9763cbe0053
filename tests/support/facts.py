"""Facts of a producer, numbered, for tests of outboxes."""

from shared.messages.automation import FiringOutcome, Happening, RuleFired


def fired(number: int, *, rule: str = "rule") -> RuleFired:
    """The firing with that number."""
    return RuleFired(
        firing_id=str(number),
        rule=rule,
        happening=Happening.POINT,
        ring="ring-1",
        match_id=None,
        round=1,
        clock_ms=None,
        session="s1",
        entry=number,
        index=0,
        happened_at_us=1,
        fired_at_us=2,
        outcome=FiringOutcome.DONE,
    )
