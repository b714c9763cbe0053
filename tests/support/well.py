"""Whether all of a suite is well, as `restrike health` says it; the machine that the test runs on is left out."""

from tests.support.suite import Suite

OWN = ("service", "ring", "journal", "database")


def ill(suite: Suite) -> set[tuple[str, str]]:
    """What of the suite is not well; how busy the machine is and whom its clock follows is its own business. Counters
    that grew are told for a minute: `degraded` services and rings work.
    """
    health = suite.json("health")
    assert health["judged"]
    return {
        (item["subject"], item["name"])
        for item in health["items"]
        if item["subject"] in OWN and item["condition"] not in ("ok", "degraded")
    }
