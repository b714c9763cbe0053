"""`restrike flags export`: the pictures as they are shown, and as PNG, for graphics that want files."""

from pathlib import Path
from typing import Final

import typer

from services.cli import output
from services.cli.flags import options
from services.cli.flags.stored import lookup_in_force
from shared.errors import IoError, ValidationError
from shared.flags.pictures import ENDINGS
from shared.messages.flags import MappingKind, ShownFlag
from shared.paths import Paths

INDEX: Final = "flags.json"
MOST_WIDTHS: Final = 8


def register(app: typer.Typer) -> None:
    """Add the command to `restrike flags`."""
    app.command(epilog="Example: restrike flags export --png 64,256 --out /srv/graphics/flags CRO KOR")(export)


def export(
    codes: options.Codes = None,
    *,
    out: options.Out = Path("flags"),
    png: options.Png = None,
    json: output.Json = False,
) -> None:
    """Write the pictures as they are shown into a folder, with an index; the suite need not run.

    Files are named by code: CRO.svg, and CRO-64.png for a width of 64. flags.json says which code has which.
    """
    from services.cli.flags.rendering import Renderer, read_shown  # noqa: PLC0415  # loads a library, only here

    widths = _widths(png)
    paths = Paths.from_environment()
    lookup = lookup_in_force(paths)
    shown = [lookup.of(code) for code in codes or lookup.codes()]
    renderer = Renderer(paths)
    out.mkdir(parents=True, exist_ok=True)
    index: list[dict[str, object]] = []
    for flag in shown:
        name = _file_name(flag)
        picture = f"{name}{ENDINGS[flag.media_type]}"
        _write(out / picture, read_shown(flag))
        drawn = {width: f"{name}-{width}.png" for width in widths}
        for width, file in drawn.items():
            _write(out / file, renderer.png(flag, width))
        index.append(_line(flag, picture, drawn))
    _write(out / INDEX, _encoded({"flags": index}))
    if json:
        counts = {"drawn": renderer.drawn, "from_cache": renderer.found}
        output.document({"folder": str(out), "flags": index, "renderings": counts})
        return
    drawing = f", {renderer.drawn} drawn and {renderer.found} from the cache" if widths else ""
    pictures = "1 picture" if len(shown) == 1 else f"{len(shown)} pictures"
    output.line(f"{pictures} in {out}{drawing}. {INDEX} says which code has which.")


def _line(flag: ShownFlag, picture: str, drawn: dict[int, str]) -> dict[str, object]:
    """A flag in the index."""
    return {
        "code": flag.code,
        "ioc_code": flag.ioc_code,
        "name": flag.name,
        "is_tile": flag.is_tile,
        "file": picture,
        "png": {str(width): file for width, file in drawn.items()},
    }


def _widths(given: str | None) -> list[int]:
    from services.cli.flags.rendering import MOST_WIDTH  # noqa: PLC0415  # as above

    if given is None:
        return []
    words = [word.strip() for word in given.split(",")]
    if not all(word.isascii() and word.isdigit() and 8 <= int(word[:6]) <= MOST_WIDTH for word in words):
        raise typer.BadParameter(f"give widths from 8 to {MOST_WIDTH} with commas, such as 64,128,256.")
    if len(words) > MOST_WIDTHS:
        raise typer.BadParameter(f"give at most {MOST_WIDTHS} widths.")
    return sorted({int(word) for word in words})


def _file_name(flag: ShownFlag) -> str:
    """The code, if a file may be named so; an unknown one may be anything."""
    code = flag.code.strip().upper()
    if flag.kind is MappingKind.UNKNOWN and not (code.isascii() and code.isalnum() and len(code) <= 20):
        raise ValidationError("flag.code", "No file can be named after this code.", value=flag.code[:40])
    return "".join(one if one.isalnum() or one == "-" else "_" for one in code)


def _encoded(value: object) -> bytes:
    import msgspec  # noqa: PLC0415  # loaded anyway, by the database

    return msgspec.json.format(msgspec.json.encode(value), indent=2)


def _write(file: Path, content: bytes) -> None:
    """Whole or not at all: graphics may be reading it. What is the same is left alone."""
    try:
        if file.is_file() and file.read_bytes() == content:
            return
        partial = file.with_name(f".{file.name}.partial")
        partial.write_bytes(content)
        partial.replace(file)
    except OSError as error:
        raise IoError(
            "flag.not_written", f"{file} could not be written ({error.strerror}); nothing else was."
        ) from error
