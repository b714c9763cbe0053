"""PNG renderings of flags, kept in `cache/flags/` of the home; `restrike flags export` only, no service renders."""

import base64
import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Final

from shared.errors import IoError
from shared.flags.pictures import SVG, media_type
from shared.messages.flags import ShownFlag
from shared.paths import Paths

MOST_WIDTH: Final = 4096
_AROUND_PNG: Final = """\
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{width}" height="{height}">\
<image width="{width}" height="{height}" xlink:href="data:image/png;base64,{content}"/></svg>"""


class Renderer:
    """Draws pictures by resvg, each once for each width; what is kept is found by the picture's own checksum."""

    def __init__(self, paths: Paths) -> None:
        self._folder = paths.home / "cache" / "flags"
        self._library = version("resvg-py")
        self.drawn = 0
        self.found = 0

    def png(self, flag: ShownFlag, width: int) -> bytes:
        """The flag as PNG of that width.

        Raises:
            ValidationError: its picture is not (any more) what may be drawn.
            IoError: it cannot be read or drawn.
        """
        kept = self._folder / f"{flag.checksum}-{width}-resvg-{self._library}.png"
        try:
            content = kept.read_bytes()
        except OSError:
            content = self._drawn(flag, width)
            self._keep(kept, content)
            self.drawn += 1
        else:
            self.found += 1
        return content

    def _drawn(self, flag: ShownFlag, width: int) -> bytes:
        import resvg_py  # noqa: PLC0415  # loaded by whoever draws, only

        content = read_shown(flag)
        text = content.decode("utf-8-sig") if flag.media_type == SVG else _around(content)
        try:
            return bytes(resvg_py.svg_to_bytes(svg_string=text, width=width, skip_system_fonts="<text" not in text))
        except (ValueError, RuntimeError) as error:
            raise IoError("flag.not_drawn", f"{flag.file} could not be drawn: {error}.", value=flag.code) from error

    def _keep(self, kept: Path, content: bytes) -> None:
        """A cache that cannot be written makes it slower, and nothing else."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            partial = kept.with_suffix(".partial")
            partial.write_bytes(content)
            partial.replace(kept)
        except OSError:
            return


def read_shown(flag: ShownFlag) -> bytes:
    """The bytes of a flag's picture, which must be those that were once found harmless.

    Raises:
        ValidationError: the file is no flag any more.
        IoError: it cannot be read, or is another.
    """
    try:
        content = Path(flag.file).read_bytes()
    except OSError as error:
        raise IoError("flag.file", f"{flag.file} cannot be read ({error.strerror}).", value=flag.code) from error
    if hashlib.sha256(content).hexdigest() != flag.checksum:
        raise IoError("flag.changed", f"{flag.file} is not the picture that was taken; see restrike flags check.")
    media_type(content)
    return content


def _around(content: bytes) -> str:
    width, height = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
    return _AROUND_PNG.format(width=width, height=height, content=base64.b64encode(content).decode())
