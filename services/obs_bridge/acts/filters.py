"""Filters of sources and scenes; obs-bridge."""

from services.obs_bridge.acts import scenes
from services.obs_bridge.acts.facts import NOT_FOUND, Done, ObsFacts, no_such
from services.obs_bridge.procedure import Ask, Data, Procedure
from shared.errors import ObsError
from shared.messages.obs_actions import Answer, EnableFilter, Filters


def enable_filter(action: EnableFilter, _: ObsFacts) -> Procedure[Done]:
    """Switch a filter, and read it back."""
    where = {"sourceName": action.source, "filterName": action.filter}
    try:
        yield Ask("SetSourceFilterEnabled", {**where, "filterEnabled": action.enabled})
    except ObsError as error:
        if error.status != NOT_FOUND:
            raise
        there = [found["filterName"] for found in (yield from _filters(action.source))]
        raise no_such(f"filter on {action.source}", action.filter, there) from None
    now = yield Ask("GetSourceFilter", where)
    if now["filterEnabled"] != action.enabled:
        raise ObsError("obs.not_confirmed", "OBS accepted it, and the filter is as before.", value=action.filter)
    return Done(message=f"Filter {action.filter} of {action.source} is {'on' if action.enabled else 'off'}.")


def _filters(source: str) -> Procedure[list[Data]]:
    try:
        listed = yield Ask("GetSourceFilterList", {"sourceName": source})
    except ObsError as error:
        if error.status != NOT_FOUND:
            raise
        inputs = yield Ask("GetInputList")
        there = [found["inputName"] for found in inputs["inputs"]] + (yield from scenes.names())
        raise no_such("source or scene", source, there) from None
    found: list[Data] = listed["filters"]
    return found


def ask_filters(question: Filters, _: ObsFacts) -> Procedure[Answer]:
    """`[{name, kind, enabled}]`."""
    listed = yield from _filters(question.source)
    return [{"name": one["filterName"], "kind": one["filterKind"], "enabled": one["filterEnabled"]} for one in listed]
