"""The commands of `restrike obs` by name."""

from services.cli.group import group
from services.cli.lazy_group import lazy_group
from services.cli.obs import (
    PURPOSE,
    chapters,
    clips,
    connecting,
    connections,
    house,
    outputs,
    pausing,
    picture,
    readiness,
    recording,
    reviews,
    rules,
    sound,
    status,
    videos,
)

app = group("obs", PURPOSE)
connections.register(app)
connecting.register(app)
recording.register(app)
status.register(app)
readiness.register(app)
outputs.register(app)
picture.register(app)
sound.register(app)
house.register(app)
pausing.register(app)
videos.register(app)
chapters.register(app)
clips.register(app)
reviews.register(app)
app.add_typer(lazy_group("rules", rules.PURPOSE, "services.cli.obs.rules.app"))
