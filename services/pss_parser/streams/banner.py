"""hel, bye, inlb, insl, inth: an older sender connects or leaves; dialect A.

hel[:][;text]  bye…  inlb…  insl…  inth…      with a colon or without, with whatever text behind.
"""

from services.pss_parser.fields import Fields, stream
from services.pss_parser.layout import Form, Groups, text
from shared.messages.pss import Banner, BannerReceived
from shared.messages.rules import Dialect

_BANNERS = {banner.value: banner for banner in Banner}
WITH_COLON = frozenset(f"{banner}:" for banner in _BANNERS)
_PADDING = " \t\0"


def words(part: str) -> tuple[str, list[str]] | None:
    """The keyword of a banner (`hel`, `hel:`, `hel text`, `hel: text`) and the text behind it; None for no banner."""
    for keyword in _BANNERS:
        if part.startswith(keyword):
            behind = part.removeprefix(keyword)
            if not behind or behind[0] in ": ":
                return keyword, ([behind[1:]] if behind[1:] else [])
    return None


def decode(fields: Fields) -> BannerReceived:
    """Read any of them."""
    fields.is_old = True
    texts = [value.strip(_PADDING) for value in fields.values]
    return BannerReceived(
        banner=_BANNERS[fields.keyword], text=";".join(texts) if any(texts) else None, faults=fields.faults
    )


def _write(reading: BannerReceived) -> Groups:
    return {"": [] if reading.text is None else reading.text.split(";")}


LAYOUT = (text("text", "whatever it says", form=Form.REST),)
STREAM = stream(tuple(_BANNERS), decode, BannerReceived, layout=LAYOUT, only=Dialect.A, write=_write)
