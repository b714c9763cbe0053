"""Alerts to a webhook (JSON by HTTP), in a thread of its own; cpu-monitor.

What is sent is documented in docs/alerts.md. No proxy is used and no redirection followed: alerts go where the operator
said, or nowhere.
"""

import hashlib
import hmac
import http.client
import socket
import ssl
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from services.cpu_monitor.alerting.delivery.notice import ChannelSettings, Notice
from services.cpu_monitor.alerting.delivery.refusals import not_delivered, words_of
from shared.clock import iso_utc, unix_ns

STEP_S: Final = 10.0
"""How long the other side may take for each step."""
MOST_ANSWER_BYTES: Final = 2_000
SHOWN_CHARACTERS: Final = 300
FORMAT: Final = 1
SIGNATURE: Final = "X-Restrike-Signature"
TIMESTAMP: Final = "X-Restrike-Timestamp"


def call_webhook(settings: ChannelSettings, notices: list[Notice]) -> str:
    """Post `notices` as one document; what the other side answered.

    Raises:
        NetworkError: it was not taken; the sentence says what the other side, or the way to it, said, but never the
            address, which may be a secret, beyond its host.
    """
    url = urlsplit(settings.webhook_url)
    place = url.hostname or "the webhook"
    try:
        connection = _connection(url.scheme, url.hostname or "", url.port, settings)
        try:
            path = f"{url.path or '/'}{f'?{url.query}' if url.query else ''}"
            body = body_of(notices)
            connection.request("POST", path, body=body, headers=headers_of(body, settings.webhook_secret))
            with connection.getresponse() as response:
                answer = f"{response.status} {response.reason} {_text(response.read(MOST_ANSWER_BYTES))}".rstrip()
        finally:
            connection.close()
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise not_delivered(f"{place}: {words_of(error)}") from error
    if not 200 <= response.status < 300:
        raise not_delivered(f"{place} answered {answer}")
    return answer


def _connection(scheme: str, host: str, port: int | None, settings: ChannelSettings) -> http.client.HTTPConnection:
    if scheme == "https":
        context = ssl.create_default_context(cafile=settings.ca_file or None)
        return http.client.HTTPSConnection(host, port, timeout=STEP_S, context=context)
    return http.client.HTTPConnection(host, port, timeout=STEP_S)


def body_of(notices: list[Notice]) -> bytes:
    """The document that the other side gets."""
    document: dict[str, Any] = {
        "format": FORMAT,
        "host": socket.gethostname(),
        "sent_at": iso_utc(unix_ns()),
        "alerts": [
            {
                "delivery_id": notice.delivery_id,
                "about": notice.about,
                "is_test": notice.is_test,
                "alert": notice.alert,
            }
            for notice in notices
        ],
    }
    return msgspec.json.encode(document)


def headers_of(body: bytes, secret: str) -> dict[str, str]:
    """What stands above the document: with a secret, its signature over `<timestamp>.<body>`."""
    timestamp = str(unix_ns() // 1_000_000_000)
    headers = {"Content-Type": "application/json", "User-Agent": "restrike-vta", TIMESTAMP: timestamp}
    if secret:
        digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers[SIGNATURE] = f"sha256={digest}"
    return headers


def _text(said: bytes) -> str:
    return " ".join(said.decode("utf-8", "replace").split())[:SHOWN_CHARACTERS]
