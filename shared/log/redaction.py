"""Keeps secrets out of log lines: by the name of a field, by what a text looks like, and by the secrets themselves.

Every line of every process goes through here, tracebacks too, as the last step before it is written.
"""

import re
from functools import lru_cache
from typing import Final

MASK: Final = "***"
SHORTEST: Final = 4
"""Characters of a secret that is looked for in texts; a shorter one would be found everywhere."""
MOST_SECRETS: Final = 500
"""Secrets looked for; a home has a handful, and each costs every line some nanoseconds."""

_LONG_WORDS: Final = r"password|passwd|passphrase|secret|authori[sz]ation|credential"
_SHORT_WORDS: Final = r"pass|pwd|token|credentials|cookie|signature|auth"
_NAME: Final = re.compile(rf"(?i){_LONG_WORDS}|(?:^|[_.\- ])(?:{_SHORT_WORDS}|key)$|apikey$")
_SECRET_NAME: Final = (
    rf"(?:(?:{_LONG_WORDS})s?|(?<![a-z])(?:{_SHORT_WORDS})|(?:api|secret|private|stream|access|server)[_-]?key)"
    r"(?:[_-][\w-]*|\d*)"
)
_PATTERNS: Final = (
    # scheme://user:password@host, scheme://token@host
    (re.compile(r"(?P<keep>\b[a-zA-Z][a-zA-Z0-9+.-]{1,20}://)[^\s/@'\"<>]*@"), rf"\g<keep>{MASK}@"),
    # -----BEGIN PRIVATE KEY----- …
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL), MASK),
    # Authorization: Bearer …, AUTH PLAIN …
    (
        re.compile(r"(?i)(?P<keep>\b(?:bearer|basic|digest|auth (?:plain|login|cram-md5))\s+)[A-Za-z0-9+/=._~\-]{6,}"),
        rf"\g<keep>{MASK}",
    ),
    # password='…', "token": "…", secret=…, also as a repr within a text
    (
        re.compile(
            rf"(?i)(?P<keep>{_SECRET_NAME}\\?['\"]?\s*[:=]\s*)"
            r"(?!\*\*\*|None\b|null\b|True\b|False\b|true\b|false\b)"
            r"(?:b?\\?(?P<quote>['\"])(?:\\.|(?!(?P=quote)).)*(?:(?P=quote)|$)|[^\s,;)}\]&'\"]+)"
        ),
        rf"\g<keep>{MASK}",
    ),
)
_hidden: set[str] = set()
_hidden_pattern: re.Pattern[str] | None = None


@lru_cache(maxsize=4_096)
def is_secret_name(name: str) -> bool:
    """Whether a field of this name holds a secret: `password`, `smtp_password`, `token`, `secret_key` and so on."""
    return _NAME.search(name) is not None


def hide(secret: str) -> None:
    """Mask this very text wherever it would be written; called by whoever reads a secret."""
    global _hidden_pattern  # noqa: PLW0603 - the secrets of a process are the process's
    shown = repr(secret)[1:-1]
    if len(secret) < SHORTEST or secret in _hidden or len(_hidden) >= MOST_SECRETS:
        return
    _hidden.update((secret, shown))
    _hidden_pattern = re.compile("|".join(re.escape(text) for text in sorted(_hidden, key=len, reverse=True)))


def redacted(text: str) -> str:
    """`text` without what looks like a secret."""
    if _hidden_pattern is not None:
        text = _hidden_pattern.sub(MASK, text)
    for pattern, mask in _PATTERNS:
        text = pattern.sub(mask, text)
    return text
