"""Why an alert could not be told, as a sentence; cpu-monitor."""

import ssl

from shared.errors import NetworkError


def not_delivered(sentence: str) -> NetworkError:
    """The error that a channel raises."""
    return NetworkError("alert.not_delivered", f"{sentence.rstrip('. ')}.")


def words_of(error: Exception) -> str:
    """What an error of a connection says."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}; see alerts.ca_file"
    if isinstance(error, ssl.SSLError):
        return f"no encryption: {error.reason or error}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
