"""The two dialects: what each reads, what shows which one it is, and what is deprecated."""

import pytest

from services.pss_parser.datagram import split
from services.pss_parser.dialects import PROTOCOLS, SIGNS, kind_of, sign_of
from services.pss_parser.streams import OLD_STREAMS, STREAMS, read
from shared.messages.pss import MatchDescribed, PointScored, ResultKind, Technique
from shared.messages.rules import Dialect
from tests.support.golden import CAPTURES, datagrams

MCH = "mch;101;Final;M -68kg;0;#0000ff;#FFFFFF;#ff0000;#FFFFFF;null;Seniors;3;120;cntDown;20;5;"
BARE_MCH = MCH.removesuffix("20;5;")
NAMES = "at1;A. ANIĆ;Ana ANIĆ;CRO;at2;B. BEĆ;Bea BEĆ;SRB;"
SAME_NAMES = "at1;A. ANIĆ;A. ANIĆ;CRO;at2;B. BEĆ;B. BEĆ;SRB;"
OLD_FORMS = [
    "hel:;",
    "bye",
    "inlb:x;",
    "to1;1:00;show;",
    "ref;ju1;ju2;ta;",
    "ref;Ann;ju1;Bob;SRB;",
    MCH.replace("M -68kg", "MEN -68kg"),
    BARE_MCH.replace("M -68kg", "WOMEN +73kg"),
]


def seen(text: str, dialect: Dialect) -> tuple[ResultKind, Dialect | None]:
    (message,) = split(text.encode())
    data = read(message, dialect)
    sign = sign_of(data, message)
    return kind_of(data, message, dialect), sign[0] if sign else None


@pytest.mark.parametrize(
    ("value", "technique"),
    [
        (1, Technique.PUNCH),
        (2, Technique.BODY),
        (3, Technique.HEAD),
        (4, None),
        (5, None),
        (6, None),
    ],
)
def test_points_of_the_older_dialect(value: int, technique: Technique | None) -> None:
    """A sends points: up to three of them tell the technique, more do not."""
    (message,) = split(f"pt2;{value};".encode())
    expected = PointScored(athlete=2, technique=technique, value=value, points=value)
    assert read(message, Dialect.A) == expected
    (message,) = split(b"pt2;7;")
    assert read(message, Dialect.A) == PointScored(athlete=2, faults=("value:out_of_range",))


def test_thresholds_may_only_miss_in_the_older_dialect() -> None:
    """Without its thresholds `mch` is whole in A, and in B if the rest of it is A's form, too."""
    assert seen(BARE_MCH, Dialect.A)[0] is ResultKind.RECOGNIZED
    assert seen(BARE_MCH.removesuffix(";"), Dialect.A)[0] is ResultKind.RECOGNIZED
    assert seen(BARE_MCH, Dialect.B)[0] is ResultKind.PARTIAL
    assert seen(BARE_MCH.replace("M -68kg", "MEN -68kg"), Dialect.B)[0] is ResultKind.DEPRECATED
    assert seen(MCH.replace(";5;", ";"), Dialect.A)[0] is ResultKind.PARTIAL
    (message,) = split(BARE_MCH.replace("M -68kg", "MEN -68kg").encode())
    data = read(message)
    assert isinstance(data, MatchDescribed)
    assert (data.weight_class, data.body_threshold, data.head_threshold) == ("MEN -68kg", None, None)


@pytest.mark.parametrize("text", OLD_FORMS)
def test_the_older_form_is_deprecated_in_a_newer_ring(text: str) -> None:
    """A form that only A has is read, shows the dialect, and is deprecated only where B is spoken."""
    assert seen(text, Dialect.A) == (ResultKind.RECOGNIZED, Dialect.A)
    assert seen(text, Dialect.B) == (ResultKind.DEPRECATED, Dialect.A)


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        (NAMES, Dialect.B),
        (SAME_NAMES, Dialect.A),
        (SAME_NAMES.replace("at2;B. BEĆ;B. BEĆ", "at2;B. BEĆ;Bea BEĆ"), Dialect.B),
        ("at1;A;A;CRO;at2;;;;", None),
        (NAMES.removesuffix("B;"), None),
        (SAME_NAMES.removesuffix(" BEĆ;SRB;"), None),
        (MCH, Dialect.B),
        (MCH.replace("M -68kg", "Open"), Dialect.B),
        (MCH.replace("M -68kg", "MEN -68kg"), Dialect.A),
        ("Udp Port 8888 connected;", Dialect.B),
        ("Udp Port 99999 connected;", None),
        ("ref;;;ju1;;;ta;;;", None),
        ("ref;;;ju1;;;ta;;", None),
        ("to1;x;", None),
        ("clk;1:00;", None),
        ("xyz;1;", None),
    ],
)
def test_what_shows_the_dialect(text: str, dialect: Dialect | None) -> None:
    """Only sound messages that one dialect alone sends are a sign of it."""
    assert seen(text, Dialect.B)[1] is dialect


def test_a_weight_may_be_the_only_sign() -> None:
    """Read as A, a match without thresholds shows B by how its weight category is written, or nothing."""
    assert seen(BARE_MCH, Dialect.A)[1] is Dialect.B
    assert seen(BARE_MCH.replace("M -68kg", "Open"), Dialect.A)[1] is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("clk;1:00;", ResultKind.RECOGNIZED),
        ("clk;x;", ResultKind.PARTIAL),
        ("to1;x;", ResultKind.PARTIAL),
        ("xyz;1;", ResultKind.UNKNOWN),
        ("Udp Port x;", ResultKind.UNKNOWN),
        (b"xyz;\xff;", ResultKind.UNKNOWN),
        (b"at1;\xca;\xca;CRO;at2;B;B;SRB;", ResultKind.PARTIAL),
    ],
)
def test_kinds(text: str | bytes, kind: ResultKind) -> None:
    """What is sound, faulty and not known, in whatever dialect."""
    for dialect in Dialect:
        (message,) = split(text.encode() if isinstance(text, str) else text)
        assert kind_of(read(message, dialect), message, dialect) is kind


def test_captures_speak_the_newer_dialect() -> None:
    """All signs in the captures are of B, and nothing in them is deprecated."""
    signs = set()
    for capture in CAPTURES:
        for _, text in datagrams(capture):
            kind, sign = seen(text, Dialect.B)
            assert kind is ResultKind.RECOGNIZED
            signs.add(sign)
    assert signs == {Dialect.B, None}


def test_protocols_differ_where_they_should() -> None:
    """Each dialect has its streams: those that only the other one sends are not in its table."""
    old, new = PROTOCOLS[Dialect.A].streams, PROTOCOLS[Dialect.B].streams
    assert old.keys() ^ new.keys() == {"to1", "to2", "hel", "bye", "inlb", "insl", "inth", "Udp Port"}
    assert {key for key in old.keys() & new.keys() if old[key] is not new[key]} == OLD_STREAMS.keys()
    assert old.keys() | new.keys() == STREAMS.keys()
    assert [(key, protocol.dialect) for key, protocol in PROTOCOLS.items()] == [(d, d) for d in Dialect]
    assert all(protocol.version in protocol.name for protocol in PROTOCOLS.values())


def test_signs_cost_nothing_in_a_round() -> None:
    """No stream that comes during a round is looked at for signs."""
    busy = {
        STREAMS[key].reading for key in ("clk", "sc1", "s11", "pt1", "hl1", "wg1", "sup", "brk", "ij1", "rnd", "wrd")
    }
    assert busy.isdisjoint(SIGNS)
