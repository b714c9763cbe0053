"""Mail and webhook against real servers: what arrives, and what is said when it does not."""

import hashlib
import hmac
import socket
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from services.cpu_monitor.alerting.delivery import webhook
from services.cpu_monitor.alerting.delivery.mail import mail_of, send_mail
from services.cpu_monitor.alerting.delivery.notice import ChannelSettings, Notice
from services.cpu_monitor.alerting.delivery.webhook import call_webhook
from shared.errors import NetworkError
from shared.messages.alerts import AlertChanged, AlertSeverity, AlertState, Channel
from tests.support.certificates import own_certificate
from tests.support.hook import Hook
from tests.support.mailbox import PASSWORD, USER, Mailbox

SECRET, WRONG = "s3", "let me out"
MAIL = ChannelSettings(
    mail_to=("desk@example.org", "video@example.org"),
    mail_from="restrike@example.org",
    smtp_host="127.0.0.1",
    smtp_security="plain",
)


def _notice(
    number: int = 1, *, severity: AlertSeverity = AlertSeverity.CRITICAL, about: AlertState = AlertState.RAISED
) -> Notice:
    alert = AlertChanged(
        alert_id=f"a{number}",
        rule="ring.silent",
        subject="ring-1",
        severity=severity,
        state=about,
        message=f"ring-{number} has been silent, naïvely.",
        raised_at_us=1_700_000_000_000_000,
        remedy="Look at the cable.",
        cleared_at_us=1_700_000_060_000_000 if about is AlertState.CLEARED else None,
    )
    return Notice(delivery_id=f"a{number}-mail-{about}", channel=Channel.MAIL, about=about, alert=alert, queued_at_us=1)


def test_a_mail_arrives() -> None:
    """To all, with what to do, how to take note of it, and the server's own words as the answer."""
    with Mailbox() as box:
        answer = send_mail(replace(MAIL, smtp_port=box.port), [_notice()])
    assert answer == "250 2.0.0 kept as number 1"
    (mail,) = box.mails
    assert mail["To"] == "desk@example.org, video@example.org"
    assert "CRITICAL: ring-1 has been silent, naïvely." in mail["Subject"]
    body = mail.get_content()
    for part in ("ring-1 has been silent, naïvely.", "Look at the cable.", "restrike alerts ack a1", "2023-11-14"):
        assert part in body


def test_several_alerts_are_one_mail() -> None:
    """The worst first, what is over last; the subject counts the rest."""
    notices = [
        _notice(1, about=AlertState.CLEARED),
        _notice(2, severity=AlertSeverity.WARNING),
        _notice(3, severity=AlertSeverity.CRITICAL),
    ]
    mail = mail_of(MAIL, notices)
    assert "CRITICAL: ring-3" in mail["Subject"]
    assert "(and 2 more)" in mail["Subject"]
    paragraphs = mail.get_content().split("\n\n")
    assert [one.split()[0] for one in paragraphs[:3]] == ["CRITICAL", "WARNING", "OVER"]
    assert "ack" not in paragraphs[2]
    assert mail_of(MAIL, notices)["Message-ID"] == mail["Message-ID"]


def test_one_unknown_address_keeps_no_other_waiting() -> None:
    """It is told beside the answer; when no address is known it was not delivered."""
    with Mailbox() as box:
        box.unknown = {"video@example.org"}
        assert send_mail(replace(MAIL, smtp_port=box.port), [_notice()]) == (
            "250 2.0.0 kept as number 1; video@example.org was refused: 550 no such mailbox"
        )
        box.unknown |= {"desk@example.org"}
        with pytest.raises(NetworkError, match="answered 550 no such mailbox"):
            send_mail(replace(MAIL, smtp_port=box.port), [_notice()])
    assert len(box.mails) == 1


def test_starttls_and_login(tmp_path: Path) -> None:
    """With the server's certificate trusted and the right password; each that is wrong is told as what it is."""
    tls, trusted = own_certificate(tmp_path)
    with Mailbox(tls=tls) as box:
        safe = replace(MAIL, smtp_port=box.port, smtp_security="starttls", ca_file=str(trusted), smtp_user=USER)
        assert send_mail(replace(safe, smtp_password=PASSWORD), [_notice()]).startswith("250 ")
        with pytest.raises(NetworkError, match=r"answered 535 .*credentials invalid"):
            send_mail(replace(safe, smtp_password=WRONG), [_notice()])
        with pytest.raises(NetworkError, match="certificate is not trusted: self-signed"):
            send_mail(replace(safe, ca_file=""), [_notice()])
        with pytest.raises(NetworkError, match="answered 530 "):
            send_mail(replace(MAIL, smtp_port=box.port), [_notice()])
    assert len(box.mails) == 1


def test_mail_that_is_not_taken() -> None:
    """Refused by the server; nobody there; no encryption offered; no such file of certificates."""
    with Mailbox(refuse="451 4.7.1 greylisted, try later") as box:
        settings = replace(MAIL, smtp_port=box.port)
        with pytest.raises(NetworkError, match=r"127\.0\.0\.1:\d+ answered 451 4\.7\.1 greylisted, try later\."):
            send_mail(settings, [_notice()])
        with pytest.raises(NetworkError, match=r":\d+: it offers no STARTTLS; set alerts\.smtp_security to ssl"):
            send_mail(replace(settings, smtp_security="starttls"), [_notice()])
        with pytest.raises(NetworkError, match="No such file"):
            send_mail(replace(settings, smtp_security="ssl", ca_file="/nowhere"), [_notice()])
    with pytest.raises(NetworkError, match="Connection refused"):
        send_mail(settings, [_notice()])


def test_a_call_arrives() -> None:
    """As documented, signed with the secret."""
    with Hook() as hook:
        url = f"http://127.0.0.1:{hook.port}/alerts?room=1"
        answer = call_webhook(ChannelSettings(webhook_url=url, webhook_secret=SECRET), [_notice(1), _notice(2)])
    assert answer == "200 OK thank you"
    ((headers, body),) = hook.calls
    signed = headers["X-Restrike-Timestamp"].encode() + b"." + body
    assert headers["X-Restrike-Signature"] == "sha256=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["Content-Type"] == "application/json"
    (document,) = hook.documents()
    assert (document["format"], document["host"]) == (1, socket.gethostname())
    assert hook.told() == [("a1", "raised"), ("a2", "raised")]
    first = document["alerts"][0]
    assert (first["delivery_id"], first["is_test"]) == ("a1-mail-raised", False)
    assert msgspec.convert(first["alert"], AlertChanged) == _notice().alert


def test_a_call_without_a_secret_is_not_signed() -> None:
    """Nobody is told that there is none."""
    with Hook() as hook:
        call_webhook(ChannelSettings(webhook_url=f"http://127.0.0.1:{hook.port}"), [_notice()])
    assert "X-Restrike-Signature" not in hook.calls[0][0]


@pytest.mark.parametrize("status", [301, 404, 500])
def test_a_call_that_is_not_taken(status: int) -> None:
    """Only 2xx is; no redirection is followed. The address, which may be a secret, is not repeated."""
    with Hook(status=status) as hook, pytest.raises(NetworkError, match=f"answered {status} ") as caught:
        call_webhook(ChannelSettings(webhook_url=f"http://127.0.0.1:{hook.port}/token"), [_notice()])
    assert "token" not in caught.value.message
    assert len(hook.calls) == 1


def test_who_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is waited for no longer than is set."""
    monkeypatch.setattr(webhook, "STEP_S", 0.2)
    with Hook() as hook:
        hook.holds = True
        with pytest.raises(NetworkError, match="no answer in time"):
            call_webhook(ChannelSettings(webhook_url=f"http://127.0.0.1:{hook.port}"), [_notice()])
    with pytest.raises(NetworkError, match="Connection refused"):
        call_webhook(ChannelSettings(webhook_url=f"http://127.0.0.1:{hook.port}"), [_notice()])


def test_a_webhook_with_a_certificate_of_ones_own(tmp_path: Path) -> None:
    """Trusted by alerts.ca_file, else refused."""
    tls, trusted = own_certificate(tmp_path)
    with Hook(tls=tls) as hook:
        settings = ChannelSettings(webhook_url=f"https://127.0.0.1:{hook.port}/")
        with pytest.raises(NetworkError, match="certificate is not trusted: self-signed certificate"):
            call_webhook(settings, [_notice()])
        assert call_webhook(replace(settings, ca_file=str(trusted)), [_notice()]) == "200 OK thank you"


def test_who_may_be_told() -> None:
    """A channel is on when it is set up whole."""
    off = ChannelSettings()
    assert not any(off.is_on(channel) for channel in Channel)
    assert not replace(MAIL, smtp_host="").is_on(Channel.MAIL)
    assert MAIL.is_on(Channel.MAIL)
