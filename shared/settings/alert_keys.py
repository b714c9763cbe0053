"""Settings of how alerts leave the machine: mail and webhook. A part of the catalogue (catalogue.py)."""

from typing import Final

from shared.settings.key import Category, Key, Kind, Rules

ALERTS_MAIL_TO: Final = Key(
    name="alerts.mail_to",
    category=Category.APP,
    title="Who gets alerts by mail",
    description="Addresses with commas between them; empty: nobody gets mail.",
    kind=Kind.STRING,
    default="",
    rules=Rules(
        pattern=r"|[^\s@,<>]+@[^\s@,<>]+(, ?[^\s@,<>]+@[^\s@,<>]+)*",
        form="addresses such as desk@example.org, video@example.org",
        max_length=1_000,
    ),
)
ALERTS_MAIL_FROM: Final = Key(
    name="alerts.mail_from",
    category=Category.APP,
    title="Sender of alerts by mail",
    description="The address that mails come from; empty: restrike@ and the name of this machine, which many servers"
    " refuse.",
    kind=Kind.STRING,
    default="",
    rules=Rules(pattern=r"|[^\s@,<>]+@[^\s@,<>]+", form="an address such as restrike@example.org", max_length=320),
)
ALERTS_SMTP_HOST: Final = Key(
    name="alerts.smtp_host",
    category=Category.APP,
    title="Mail server for alerts",
    description="Name or address of the server that takes mail (SMTP), such as smtp.example.org; empty: no mail is"
    " sent.",
    kind=Kind.STRING,
    default="",
    rules=Rules(pattern=r"[A-Za-z0-9.:_-]*", form="a name such as smtp.example.org", max_length=253),
)
ALERTS_SMTP_PORT: Final = Key(
    name="alerts.smtp_port",
    category=Category.APP,
    title="Port of the mail server",
    description="587 with starttls, 465 with ssl, 25 with plain, as a rule.",
    kind=Kind.INTEGER,
    default=587,
    rules=Rules(min=1, max=65_535),
)
ALERTS_SMTP_SECURITY: Final = Key(
    name="alerts.smtp_security",
    category=Category.APP,
    title="Encryption of mail",
    description="starttls, ssl, or plain, which is for a server on this machine or in this room: everybody on the way"
    " can read it, and the password.",
    kind=Kind.STRING,
    default="starttls",
    rules=Rules(enum=("starttls", "ssl", "plain")),
)
ALERTS_SMTP_USER: Final = Key(
    name="alerts.smtp_user",
    category=Category.APP,
    title="Login at the mail server",
    description="The name to log in with; empty: no login.",
    kind=Kind.STRING,
    default="",
    rules=Rules(max_length=320),
)
ALERTS_SMTP_PASSWORD: Final = Key(
    name="alerts.smtp_password",
    category=Category.APP,
    title="Password at the mail server",
    description="The password of alerts.smtp_user.",
    kind=Kind.STRING,
    default="",
    rules=Rules(max_length=500),
    is_sensitive=True,
)
ALERTS_MAIL_SEVERITY: Final = Key(
    name="alerts.mail_severity",
    category=Category.APP,
    title="Alerts that are mailed",
    description="The least severity that is told by mail.",
    kind=Kind.STRING,
    default="warning",
    rules=Rules(enum=("information", "warning", "critical")),
)
ALERTS_WEBHOOK_URL: Final = Key(
    name="alerts.webhook_url",
    category=Category.APP,
    title="Webhook for alerts",
    description="Address (http or https) that gets alerts as JSON; empty: none. It is kept secret, as whoever knows it"
    " may send there.",
    kind=Kind.STRING,
    default="",
    rules=Rules(pattern=r"|https?://[^\s]+", form="an address such as https://example.org/alerts", max_length=2_000),
    is_sensitive=True,
)
ALERTS_WEBHOOK_SECRET: Final = Key(
    name="alerts.webhook_secret",
    category=Category.APP,
    title="Secret of the webhook",
    description="With it each call is signed (X-Restrike-Signature), so that the other side knows who calls; empty: not"
    " signed.",
    kind=Kind.STRING,
    default="",
    rules=Rules(max_length=500),
    is_sensitive=True,
)
ALERTS_WEBHOOK_SEVERITY: Final = Key(
    name="alerts.webhook_severity",
    category=Category.APP,
    title="Alerts that the webhook gets",
    description="The least severity that is told to the webhook.",
    kind=Kind.STRING,
    default="information",
    rules=Rules(enum=("information", "warning", "critical")),
)
ALERTS_CA_FILE: Final = Key(
    name="alerts.ca_file",
    category=Category.APP,
    title="Certificates for mail and webhook",
    description="A file (PEM) with the certificates that the mail server and the webhook are checked against, for"
    " servers of one's own; empty: those that this machine trusts.",
    kind=Kind.STRING,
    default="",
    rules=Rules(pattern=r"|/.*", form="a whole path such as /etc/ssl/own.pem", max_length=1_000),
)
ALERTS_GATHER_S: Final = Key(
    name="alerts.gather_s",
    category=Category.APP,
    title="Alerts in one mail",
    description="Seconds for which alerts are gathered before they are told, as trouble seldom comes alone: several"
    " within this time make one mail.",
    kind=Kind.FLOAT,
    default=3.0,
    rules=Rules(min=0, max=300),
)
ALERTS_GIVE_UP_HOURS: Final = Key(
    name="alerts.give_up_hours",
    category=Category.APP,
    title="How long telling is tried",
    description="Hours after which an alert that could not be mailed or called is given up; it stays in the history.",
    kind=Kind.FLOAT,
    default=24.0,
    rules=Rules(min=0.01, max=168),
)
