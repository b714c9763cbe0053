"""Alerts by mail (SMTP), in a thread of its own; cpu-monitor."""

import smtplib
import socket
import ssl
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from services.cpu_monitor.alerting.delivery.notice import ChannelSettings, Notice
from services.cpu_monitor.alerting.delivery.refusals import not_delivered, words_of
from shared.clock import unix_ns
from shared.messages.alerts import AlertSeverity, AlertState

STEP_S: Final = 15.0
"""How long the server may take for each step; some greet only after ten seconds, against senders of junk."""
MOST_SUBJECT: Final = 150
NO_STARTTLS: Final = "it offers no STARTTLS; set alerts.smtp_security to ssl (port 465 as a rule), or to plain"
_WORST: Final = list(AlertSeverity)


def send_mail(settings: ChannelSettings, notices: list[Notice]) -> str:
    """Send one mail about `notices`; what the server answered.

    Raises:
        NetworkError: it was not taken; the sentence says what the server, or the way to it, said.
    """
    place = f"{settings.smtp_host}:{settings.smtp_port}"
    try:
        with _connected(settings) as server:
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password)
            return _handed_over(server, mail_of(settings, notices), settings)
    except smtplib.SMTPResponseException as error:
        raise not_delivered(f"{place} answered {error.smtp_code} {_text(error.smtp_error)}") from error
    except (OSError, ValueError, smtplib.SMTPException) as error:
        raise not_delivered(f"{place}: {words_of(error)}") from error


def _connected(settings: ChannelSettings) -> smtplib.SMTP:
    host, port = settings.smtp_host, settings.smtp_port
    if settings.smtp_security == "plain":
        return smtplib.SMTP(host, port, timeout=STEP_S)
    context = ssl.create_default_context(cafile=settings.ca_file or None)
    if settings.smtp_security == "ssl":
        return smtplib.SMTP_SSL(host, port, timeout=STEP_S, context=context)
    server = smtplib.SMTP(host, port, timeout=STEP_S)
    try:
        server.ehlo_or_helo_if_needed()
        if not server.has_extn("starttls"):
            raise smtplib.SMTPNotSupportedError(NO_STARTTLS)
        server.starttls(context=context)
    except BaseException:  # whatever it was, the connection ends here
        server.close()
        raise
    return server


def _handed_over(server: smtplib.SMTP, mail: EmailMessage, settings: ChannelSettings) -> str:
    """As `SMTP.send_message`, but with what the server says in the end."""
    server.ehlo_or_helo_if_needed()
    _accepted(server.mail(mail["From"]))
    refused = []
    for address in settings.mail_to:
        code, said = server.rcpt(address)
        if code not in (250, 251):
            refused.append((address, code, said))
    if len(refused) == len(settings.mail_to):
        raise smtplib.SMTPResponseException(refused[0][1], refused[0][2])
    answer = _accepted(server.data(mail.as_bytes(policy=policy.SMTP)))
    left_out = "".join(f"; {address} was refused: {code} {_text(said)}" for address, code, said in refused)
    return f"{answer}{left_out}"


def _accepted(reply: tuple[int, bytes]) -> str:
    code, said = reply
    if code != 250:
        raise smtplib.SMTPResponseException(code, said)
    return f"{code} {_text(said)}"


def _text(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(text.split())[:500]


def mail_of(settings: ChannelSettings, notices: list[Notice]) -> EmailMessage:
    """The mail about `notices`, the worst first."""
    host = socket.gethostname()
    ordered = sorted(notices, key=lambda one: (one.about is AlertState.CLEARED, -_WORST.index(one.alert.severity)))
    mail = EmailMessage()
    mail["From"] = settings.mail_from or f"restrike@{host}"
    mail["To"] = ", ".join(settings.mail_to)
    mail["Subject"] = _subject(host, ordered)
    mail["Date"] = format_datetime(datetime.fromtimestamp(unix_ns() / 1e9, tz=UTC).astimezone())
    # The same for each try, so that a mail which was taken although its answer got lost can be told from a new one.
    mail["Message-ID"] = f"<{ordered[0].delivery_id}.{len(ordered)}@{host}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(
        "\n\n".join([*map(_paragraph, ordered), f"Sent by reStrike VTA on {host}.\n"]), cte="quoted-printable"
    )
    return mail


def _subject(host: str, notices: list[Notice]) -> str:
    first = notices[0]
    state = "over: " if first.about is AlertState.CLEARED else f"{first.alert.severity.upper()}: "
    more = f" (and {len(notices) - 1} more)" if len(notices) > 1 else ""
    return f"[reStrike {host}] {state}{first.alert.message}"[: MOST_SUBJECT - len(more)] + more


def _paragraph(notice: Notice) -> str:
    alert = notice.alert
    is_over = notice.about is AlertState.CLEARED
    lines = [f"{'OVER' if is_over else alert.severity.upper()}  {alert.message}"]
    if alert.remedy and not is_over:
        lines.append(f"What to do: {alert.remedy}")
    until = f", until {_time(alert.cleared_at_us)}" if is_over and alert.cleared_at_us else ""
    lines.append(
        f"Since {_time(alert.raised_at_us)}{until}. Rule {alert.rule}, {alert.subject}, alert {alert.alert_id}."
    )
    if not is_over and not notice.is_test:
        lines.append(f"Take note of it: restrike alerts ack {alert.alert_id}")
    return "\n".join(lines)


def _time(at_us: int) -> str:
    return f"{datetime.fromtimestamp(at_us // 1_000_000, tz=UTC).astimezone():%Y-%m-%d %H:%M:%S %Z}"
