"""From a scoring system's code to country, name and picture. Pure: the table that ships, and what operators stored."""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from shared.flags.pictures import SVG
from shared.flags.table import FOLDER, NEUTRAL_FILE, FlagCode, code_aliases, flag_codes, neutral_checksum
from shared.messages.flags import FlagSource, MappingKind, ShownFlag


class OwnMapping(Struct, frozen=True, kw_only=True):
    """An operator's mapping."""

    ioc_code: str
    name: str


class OwnPicture(Struct, frozen=True, kw_only=True):
    """An operator's picture that is shown for a code."""

    file: Path
    media_type: str
    checksum: str


def folded(code: str) -> str:
    """A code as it is compared."""
    return code.strip().upper()


class Lookup:
    """What codes are shown with."""

    def __init__(self, mappings: Mapping[str, OwnMapping], pictures: Mapping[str, OwnPicture]) -> None:
        self._mappings = mappings
        self._pictures = pictures

    def of(self, code: str) -> ShownFlag:
        """What `code` is shown with; an unknown one has a neutral tile, and its own code for a name."""
        sent = folded(code)
        ioc, name, kind = self._meant(sent)
        known = flag_codes().get(ioc or "")
        own = self._pictures.get(ioc or "")
        file, media, checksum = _shipped(known) if own is None else (own.file, own.media_type, own.checksum)
        return ShownFlag(
            code=code,
            ioc_code=ioc,
            name=name,
            kind=kind,
            source=FlagSource.PRODUCT if own is None else FlagSource.OPERATOR,
            is_tile=own is None and (known is None or known.has_tile),
            file=str(file),
            media_type=media,
            checksum=checksum,
        )

    def codes(self) -> list[str]:
        """Every code that is known, operators' own with them; not the codes of other lists."""
        return sorted(flag_codes().keys() | self._mappings.keys())

    def own_codes(self) -> dict[str, str]:
        """Codes of operators' own, and those that are shown as one of them, with the code that is shown."""
        of_table = flag_codes()
        return {sent: one.ioc_code for sent, one in self._mappings.items() if one.ioc_code not in of_table}

    def _meant(self, sent: str) -> tuple[str | None, str, MappingKind]:
        own = self._mappings.get(sent)
        if own is not None:
            return own.ioc_code, own.name, MappingKind.OPERATOR
        codes = flag_codes()
        meant = codes[sent].meant if sent in codes else code_aliases().get(sent)
        if meant is not None:
            kind = (
                MappingKind.ALIAS if sent not in codes else MappingKind.CODE if meant == sent else MappingKind.VARIANT
            )
            return meant, codes[meant].name, kind
        return None, sent, MappingKind.UNKNOWN


def _shipped(known: FlagCode | None) -> tuple[Path, str, str]:
    if known is None:
        return FOLDER / NEUTRAL_FILE, SVG, neutral_checksum()
    return FOLDER / known.filename, SVG, known.sha256
