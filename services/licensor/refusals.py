"""Why a vendor refuses what an installation asks. `restrike-licensor`."""

from shared.errors import LicenseError


class RefusedError(LicenseError):
    """It is not done; nothing was changed. `status` is that of HTTP."""

    def __init__(self, code: str, message: str, *, status: int, retry_after_s: int | None = None) -> None:
        super().__init__(code, message)
        self.status = status
        self.retry_after_s = retry_after_s
