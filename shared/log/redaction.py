"""Keeps secrets out of log lines: by the name of a field, by what a text looks like, and by the secrets themselves.
Licences and the keys that activate them are such secrets: whoever has one may use it.

Every line of every process goes through here, tracebacks too, as the last step before it is written. A regular
expression holds up the whole process: each here looks at a character a bounded number of times, whatever the text is.
"""

import re
from functools import lru_cache
from typing import Final

MASK: Final = "***"
SHORTEST: Final = 4
"""Characters of a secret that is looked for in texts; a shorter one would be found everywhere."""
MOST_SECRETS: Final = 500
"""Secrets looked for; a home has a handful, and each costs every text some 40 ns."""
NAME_CHARACTERS: Final = 80
"""Of the end of a word that is looked at as a name; a datagram may be one word of 64 KiB."""

_LONG_WORDS: Final = r"password|passwd|passphrase|secret|authori[sz]ation|credential"
_SHORT_WORDS: Final = r"pass|pwd|token|credentials|cookie|signature|auth"
_NAME: Final = re.compile(rf"(?i){_LONG_WORDS}|(?:^|[_.\- ])(?:{_SHORT_WORDS}|key)$|apikey$")
_NAME_IN_TEXT: Final = re.compile(
    rf"(?i)(?:(?:{_LONG_WORDS})s?|(?<![a-z])(?:{_SHORT_WORDS})|(?:api|secret|private|stream|access|server)[_-]?key)"
    r"(?:[_-].*|\d*)$|[a-z0-9][_-]key$"
)
_QUERY_NAMES: Final = frozenset({"key", "sig", "streamid"})
"""Of an address: `?key=…`. Elsewhere they are everyday words."""
_TELLING: Final = (
    *("pass", "secret", "token", "key", "auth", "credential", "cookie", "sig", "pwd", "streamid"),
    *("bearer", "basic", "digest"),
)
"""A text without any of these, in small letters, has no secret that is told by a name: most lines end here."""
_PRIVATE_KEY: Final = re.compile(
    r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)", re.DOTALL
)
# scheme://user:password@host, scheme://token@host; a password with an @ in it, too
_USER: Final = re.compile(r"(?P<keep>\b[a-zA-Z][a-zA-Z0-9+.-]{1,20}://)[^\s/'\"<>]*(?=@)")
# rtmp://host/application/key of the stream
_STREAM: Final = re.compile(r"(?P<keep>\brtmp[a-z]{0,2}://[^\s/'\"<>]+/[^\s/'\"<>]+/)[^\s'\"<>]+")
# Authorization: Bearer …, AUTH PLAIN …
_HEADER: Final = re.compile(
    r"(?i)(?P<keep>\b(?:bearer|basic|digest|auth (?:plain|login|cram-md5))\s+)[A-Za-z0-9+/=._~\-]{6,}"
)
# password='…', "token": "…", secret=…, also as a repr within a text
_NAMED: Final = re.compile(r"(?<![\w-])(?P<name>[\w-]++)\\{0,3}['\"]?\s*+[:=]\s*+")
# --password …, also as a list of arguments is shown
_OPTION: Final = re.compile(r"(?<![\w-])--(?P<name>[a-zA-Z][\w-]*+)(?:['\"],)?\s++(?!-)")
_OPTION_NAME: Final = re.compile(rf"(?i)(?:^|-)(?:(?:{_LONG_WORDS})s?|{_SHORT_WORDS}|key|apikey)$")
# Nothing can fail once a quote was read, so that no way through a text is tried twice.
_VALUE: Final = re.compile(
    r"(?!\*\*\*|None\b|null\b|True\b|False\b|true\b|false\b)"
    r"(?:b?(?P<quote>\\{0,3}['\"])(?:\\{3}['\"]|(?!(?P=quote))(?:\\.|[^\\\n]))*(?:(?P=quote))?"
    r"|(?:(?i:bearer|basic|digest|negotiate|token)\s+)?[^\s,;)}\]&'\"]+)"
)
# restrike1.<key id>.<statement>.<signature>, whole or cut off; a machine may be called restrike1.example.org
_SIGNED: Final = re.compile(r"(?P<keep>restrike1\.)[\w-]{1,64}\.[\w-]{16}[\w.-]*+", re.ASCII)
# RSTK-XXXXX-XXXXX-XXXXX-XXXXX as people type it, begun or too long, too; an athlete may be called Horstkotte
_GAP: Final = r"[-\s_\u2010-\u2015]"
_ACTIVATION: Final = re.compile(
    rf"(?i)(?:(?<![0-9a-z])|(?<=\\[nrt]))rstk(?:(?:{_GAP}{{0,3}}[0-9a-z]){{20}}|-?[0-9a-z][0-9a-z-]{{3}})[0-9a-z-]*+"
)
_ACTIVATION_MASK: Final = f"RSTK-{MASK}"
_hidden: set[str] = set()
_longest_first: tuple[str, ...] = ()


@lru_cache(maxsize=4_096)
def is_secret_name(name: str) -> bool:
    """Whether a field of this name holds a secret: `password`, `smtp_password`, `token`, `secret_key` and so on."""
    return _NAME.search(name) is not None


def hide(secret: str) -> None:
    """Mask this very text wherever it would be written; called by whoever reads a secret."""
    global _longest_first  # noqa: PLW0603 - the secrets of a process are the process's
    shown = repr(secret)[1:-1]
    if len(secret) < SHORTEST or secret in _hidden or len(_hidden) >= MOST_SECRETS:
        return
    _hidden.update((secret, shown))
    _longest_first = tuple(sorted(_hidden, key=len, reverse=True))


def redacted(text: str) -> str:
    """`text` without what looks like a secret."""
    for secret in _longest_first:
        if secret in text:
            text = text.replace(secret, MASK)
    if "://" in text:
        text = _USER.sub(rf"\g<keep>{MASK}", text) if "@" in text else text
        text = _STREAM.sub(rf"\g<keep>{MASK}", text) if "rtmp" in text else text
    lowered = text.lower()
    if "restrike1." in lowered:
        text = _SIGNED.sub(rf"\g<keep>{MASK}", text)
    if "rstk" in lowered:
        text = _ACTIVATION.sub(_ACTIVATION_MASK, text)
    if not _may_tell(lowered):
        return text
    if "-----BEGIN" in text:
        text = _PRIVATE_KEY.sub(MASK, text)
    text = _HEADER.sub(rf"\g<keep>{MASK}", text)
    if "=" in text or ":" in text:
        text = _without_values(text, _NAMED)
    return _without_values(text, _OPTION) if "--" in text else text


def _may_tell(lowered: str) -> bool:
    for word in _TELLING:  # noqa: SIM110 - any() costs twice as much, and this is done for each text
        if word in lowered:
            return True
    return False


def _without_values(text: str, names: re.Pattern[str]) -> str:
    """`text` without the value that follows a secret's name."""
    parts, at = [], 0
    for found in names.finditer(text):
        name = found["name"][-NAME_CHARACTERS:]
        is_secret = _OPTION_NAME.search(name) is not None if names is _OPTION else _is_told(text, found.start(), name)
        if found.start() < at or not is_secret:
            continue
        value = _VALUE.match(text, found.end())
        if value is not None:
            parts += [text[at : found.end()], MASK]
            at = value.end()
    return "".join([*parts, text[at:]]) if parts else text


def _is_told(text: str, start: int, name: str) -> bool:
    """Whether a name within a text is a secret's."""
    before = text[start - 1] if start else ""
    if before == "\\" and _is_named(name[1:]):  # a line's end or a tab as JSON and repr() write it
        return True
    return _is_named(name) or (before in {"?", "&"} and name.lower() in _QUERY_NAMES)


@lru_cache(maxsize=4_096)
def _is_named(name: str) -> bool:
    return _NAME_IN_TEXT.search(name) is not None
