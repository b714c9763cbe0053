"""Every error that a user may meet: a code for programs, a sentence for people, the offending value for both."""

from typing import Final

MOST_SHOWN: Final = 200
"""Characters of an offending value that are shown to people; programs get all of it."""


class RestrikeError(Exception):
    """A refused or failed act.

    `code` is stable and dotted ("udp.port_taken"), `message` is one sentence that says what to do,
    `value` is what offended (or None).
    """

    def __init__(self, code: str, message: str, *, value: object = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.value = value

    def __str__(self) -> str:
        if self.value is None:
            return self.message
        given = repr(self.value)
        return f"{self.message} (got: {given if len(given) <= MOST_SHOWN else given[:MOST_SHOWN] + '…'})"


class ConfigError(RestrikeError):
    """The configuration cannot be used."""


class IoError(RestrikeError):
    """A file, folder or device refused."""


class DatabaseError(RestrikeError):
    """The store refused."""


class NetworkError(RestrikeError):
    """A socket, an address or a peer refused or stayed silent."""


class ValidationError(RestrikeError):
    """A command's argument is not acceptable."""


class LicenseError(RestrikeError):
    """The licence does not allow it."""


class ObsError(RestrikeError):
    """OBS Studio refused or stayed silent.

    `status` is the number that OBS gave for its refusal (604: output not running; 0: none was given),
    `comment` what it said with it.
    """

    def __init__(self, code: str, message: str, *, value: object = None, status: int = 0, comment: str = "") -> None:
        super().__init__(code, message, value=value)
        self.status = status
        self.comment = comment
