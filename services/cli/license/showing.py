"""`restrike license status` and `features`: they work with the suite up or down."""

import shutil
from collections.abc import Iterator

from services.cli import output
from services.cli.license.standing import Standing, standing
from services.cli.license.telling import WIDEST, show, wrapped
from shared.errors import NetworkError
from shared.licensing.features import FEATURES, Feature
from shared.paths import Paths

ALLOWED, REFUSED, UNKNOWN = "allowed", "REFUSED", "unknown"
NEVER = (
    "No licence is ever needed to receive, understand, store, publish, read and export, nor for whatever is done with"
    " OBS by hand. What a match has begun goes on to its end."
)


def status(*, json: output.Json = False) -> None:
    """Show how the licence stands, and what to do.

    Ends with 0 however it stands. While the suite is down it shows what was found last.
    """
    seen = standing(Paths.from_environment())
    if json:
        output.document({"license": seen.license, "is_current": seen.is_current})
    else:
        show(seen)


def features(*, json: output.Json = False) -> None:
    """List what needs a licence, and whether it is allowed.

    And what happens without. The suite need not run.
    """
    silence = None
    try:
        seen: Standing | None = standing(Paths.from_environment())
    except NetworkError as error:
        seen, silence = None, error
    if json:
        output.document({"features": [_document(one, seen) for one in FEATURES.values()]})
        return
    for line in _table(seen):
        output.line(line)
    output.line(wrapped(NEVER))
    if silence is not None:
        output.note(wrapped(silence.message))
    elif seen is not None and not seen.is_current:
        output.note(wrapped(f"{seen.why}: it is shown as it was found last. See: restrike license status"))


def _document(feature: Feature, seen: Standing | None) -> dict[str, object]:
    allowed = None if seen is None else feature.name in seen.license.allowed
    return {"name": feature.name, "title": feature.title, "allowed": allowed, "without": feature.without}


def _table(seen: Standing | None) -> Iterator[str]:
    """A table whose last column goes on below itself; blocks, where the terminal is too narrow for one."""
    titles = max(len(one.title) for one in FEATURES.values())
    width = min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns)
    is_narrow = width < titles + len(ALLOWED) + 4 + 30
    if not is_narrow:
        yield f"{'feature':<{titles}}  {'here':<{len(ALLOWED)}}  without it"
    for one in FEATURES.values():
        here = _here(one, seen)
        if is_narrow:
            yield f"{one.title}: {here}"
            yield wrapped(f"Without it: {one.without}", first="    ")
        else:
            yield wrapped(one.without, first=f"{one.title:<{titles}}  {here:<{len(ALLOWED)}}  ")
    yield ""


def _here(feature: Feature, seen: Standing | None) -> str:
    if seen is None:
        return UNKNOWN
    return ALLOWED if feature.name in seen.license.allowed else REFUSED
