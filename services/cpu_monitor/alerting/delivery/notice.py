"""What is to be told to whom, and how the channels are set; cpu-monitor."""

from msgspec import Struct

from shared.errors import LicenseError
from shared.messages.alerts import AlertChanged, AlertSeverity, AlertState, Channel
from shared.settings import alert_keys as keys
from shared.settings.reader import Settings


class Notice(Struct, frozen=True, kw_only=True):
    """An alert that one channel tells; `about` is what of it. `queued_at_us` is Unix."""

    delivery_id: str
    channel: Channel
    about: AlertState
    alert: AlertChanged
    queued_at_us: int
    is_test: bool = False


class ChannelSettings(Struct, frozen=True, kw_only=True):
    """How alerts leave the machine. What is not set is empty; `refusal` is why the licence lets nothing new out."""

    mail_to: tuple[str, ...] = ()
    mail_from: str = ""
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_security: str = "starttls"
    smtp_user: str = ""
    smtp_password: str = ""
    webhook_url: str = ""
    webhook_secret: str = ""
    ca_file: str = ""
    severities: dict[Channel, AlertSeverity] = {}
    gather_s: float = 3.0
    give_up_s: float = 86_400.0
    refusal: LicenseError | None = None

    def is_set_up(self, channel: Channel) -> bool:
        """Whether an operator wants to be told by a channel. What waits for it is told, whatever the licence says."""
        if channel is Channel.MAIL:
            return bool(self.mail_to and self.smtp_host)
        return bool(self.webhook_url)

    def is_on(self, channel: Channel) -> bool:
        """Whether a channel is set up and may be used for what is new: the one place where that is decided."""
        return self.refusal is None and self.is_set_up(channel)


def settings_of(settings: Settings, refusal: LicenseError | None) -> ChannelSettings:
    """The channels as operators set them now, and what the licence has against it."""
    get = settings.get
    return ChannelSettings(
        mail_to=tuple(address.strip() for address in get(keys.ALERTS_MAIL_TO).split(",") if address.strip()),
        mail_from=get(keys.ALERTS_MAIL_FROM),
        smtp_host=get(keys.ALERTS_SMTP_HOST),
        smtp_port=get(keys.ALERTS_SMTP_PORT),
        smtp_security=get(keys.ALERTS_SMTP_SECURITY),
        smtp_user=get(keys.ALERTS_SMTP_USER),
        smtp_password=get(keys.ALERTS_SMTP_PASSWORD),
        webhook_url=get(keys.ALERTS_WEBHOOK_URL),
        webhook_secret=get(keys.ALERTS_WEBHOOK_SECRET),
        ca_file=get(keys.ALERTS_CA_FILE),
        severities={
            Channel.MAIL: AlertSeverity(get(keys.ALERTS_MAIL_SEVERITY)),
            Channel.WEBHOOK: AlertSeverity(get(keys.ALERTS_WEBHOOK_SEVERITY)),
        },
        gather_s=get(keys.ALERTS_GATHER_S),
        give_up_s=get(keys.ALERTS_GIVE_UP_HOURS) * 3_600,
        refusal=refusal,
    )
