"""Which frames `restrike events tail` subscribes to: only what was asked for, as nobody encodes what nobody wants."""

import typer

from shared.messages.topic import RING, Topic
from shared.messages.topics import SERVICE_HEALTH, TOPICS


def choose_frames(words: list[str], *, ring: str | None) -> list[bytes]:
    """The subscriptions for `words`, each a topic, a family (`pss`) or the beginning of names; none: the default.

    With a ring, only topics that are kept per ring are chosen.
    """
    chosen: dict[str, Topic] = {}
    for word in words:
        found = _named(word)
        if not found:
            families = sorted({topic.name.partition(".")[0] for topic in _public()})
            raise typer.BadParameter(
                f"no topic begins with {word!r}; families: {', '.join(families)}.", param_hint="TOPIC"
            )
        chosen |= {topic.name: topic for topic in found}
    if not words:
        chosen = {topic.name: topic for topic in _public() if topic is not SERVICE_HEALTH}
    if ring is None:
        return [topic.prefix for topic in chosen.values()]
    frames = [topic.frame(ring) for topic in chosen.values() if topic.keyed_by == RING]
    if not frames:
        raise typer.BadParameter(f"{', '.join(chosen)} belongs to services, not to rings.", param_hint="--ring")
    return frames


def _public() -> list[Topic]:
    return [topic for topic in TOPICS.values() if not topic.direct]


def _named(word: str) -> list[Topic]:
    """The topic of that name, else its family, else whatever begins so: `pss.round` is not `pss.round_scores`."""
    word = word.rstrip("./*")
    public = _public()
    exact = [topic for topic in public if topic.name == word]
    family = [topic for topic in public if topic.name.startswith(f"{word}.")]
    return exact + family or [topic for topic in public if word and topic.name.startswith(word)]
