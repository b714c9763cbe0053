"""deploy/grafana/restrike.json: a dashboard for Grafana, of what cpu-monitor serves. Used by reference.py."""

from collections.abc import Iterator
from itertools import count
from typing import Any, Final

from deploy.dashboard_rows import ROWS, Panel, Query

WIDTH: Final = 24
HEIGHT: Final = 8
SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
MACHINES: Final = 'instance=~"$instance"'
LEVELS: Final = [("OK", "green"), ("UNKNOWN", "blue"), ("DEGRADED", "orange"), ("FAILED", "red")]
"""What the values of restrike_health and restrike_health_item mean."""


def document() -> dict[str, Any]:
    """The dashboard as Grafana imports it."""
    return {
        "title": "reStrike VTA",
        "uid": "restrike-vta",
        "tags": ["restrike"],
        "timezone": "browser",
        "schemaVersion": 39,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "5s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": [_datasource(), _instance()]},
        "annotations": {"list": []},
        "panels": list(_panels()),
    }


def _datasource() -> dict[str, Any]:
    return {
        "name": "datasource",
        "label": "Prometheus",
        "type": "datasource",
        "query": "prometheus",
        "hide": 0,
        "refresh": 1,
    }


def _instance() -> dict[str, Any]:
    query = "label_values(restrike_service_up, instance)"
    return {
        "name": "instance",
        "label": "Machine",
        "type": "query",
        "datasource": SOURCE,
        "query": {"query": query, "refId": "instance"},
        "definition": query,
        "refresh": 2,
        "includeAll": True,
        "multi": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


def _panels() -> Iterator[dict[str, Any]]:
    numbers, y = count(1), 0
    for row, panels in ROWS.items():
        yield {
            "id": next(numbers),
            "type": "row",
            "title": row,
            "collapsed": False,
            "gridPos": {"x": 0, "y": y, "w": WIDTH, "h": 1},
            "panels": [],
        }
        y, x = y + 1, 0
        for panel in panels:
            if x + panel.width > WIDTH:
                x, y = 0, y + HEIGHT
            place = {"x": x, "y": y, "w": panel.width, "h": HEIGHT}
            yield _panel(panel, number=next(numbers), place=place)
            x += panel.width
        y += HEIGHT


def _panel(panel: Panel, *, number: int, place: dict[str, int]) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": panel.unit, "min": 0}
    if panel.is_health:
        options = {str(value): {"text": text, "color": colour} for value, (text, colour) in enumerate(LEVELS)}
        defaults["mappings"] = [{"type": "value", "options": options}]
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.text,
        "datasource": SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "targets": [_target(query, chr(ord("A") + at)) for at, query in enumerate(panel.queries)],
    }


def _target(query: Query, letter: str) -> dict[str, Any]:
    target = {
        "refId": letter,
        "datasource": SOURCE,
        "expr": query.text.replace("{$i", "{" + MACHINES),
        "legendFormat": query.legend or "__auto",
    }
    return target | ({"instant": True, "range": False, "format": "table"} if query.is_instant else {})
