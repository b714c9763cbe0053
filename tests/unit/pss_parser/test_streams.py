"""Every stream: each form of its messages, and each fault."""

import pytest

from services.pss_parser.datagram import split
from services.pss_parser.fields import Fields, Stream
from services.pss_parser.streams import KEYWORDS, STREAMS, assemble, banner, clk, read
from shared.messages.pss import (
    AnyReading,
    AthleteName,
    AthletesNamed,
    AthleteVideoTimeSet,
    Banner,
    BannerReceived,
    BreakTicked,
    ChallengeSignalled,
    ClockAction,
    ClockTicked,
    DecisionDeclared,
    GamJeomsShown,
    HardwareTested,
    HitMeasured,
    InjuryAction,
    InjuryTicked,
    LoadBegan,
    LoadCompleted,
    MatchDescribed,
    Official,
    OfficialsNamed,
    ParaTimeoutTicked,
    PointScored,
    RoundScoresShown,
    RoundSet,
    RoundWinnersDeclared,
    ScoreShown,
    SenderChanged,
    StatisticsFinished,
    StatisticsReported,
    SuperiorityShown,
    Technique,
    TechniqueCounts,
    UnknownReceived,
    WinnerDeclared,
)

MCH = "mch;245.A;Semifinals;W +73kg;2;#0000ff;#FFFFFF;#ff0000;#000000;77;Under 21;3;120;cntDown;20;5;"
DESCRIBED = {
    "match_number": "245.A",
    "phase": "Semifinals",
    "weight_class": "W +73kg",
    "round": 2,
    "chong_background": "#0000ff",
    "chong_foreground": "#FFFFFF",
    "hong_background": "#ff0000",
    "hong_foreground": "#000000",
    "pss_match_id": "77",
    "division": "Under 21",
    "total_rounds": 3,
    "round_ms": 120_000,
    "countdown_type": "cntDown",
    "body_threshold": 20,
    "head_threshold": 5,
}
ANA = AthleteName(short_name="A. ANIĆ", long_name="Ana ANIĆ", noc="CRO")
BEA = AthleteName(short_name="B. BEĆ", long_name="Bea BEĆ", noc="SRB")
COUNTS = TechniqueCounts(body=1, head=2, punch=3, technical_body=4, technical_head=5, gam_jeoms=6)
NO_COUNTS = TechniqueCounts(body=0, head=0, punch=0, technical_body=0, technical_head=0, gam_jeoms=0)


def described(**changes: object) -> MatchDescribed:
    return MatchDescribed(**(DESCRIBED | changes))  # type: ignore[arg-type]  # the table holds the fields' own values


RECOGNIZED: list[tuple[str, AnyReading]] = [
    ("pre;FightLoaded;", LoadBegan()),
    ("pre;", LoadBegan()),
    ("pre", LoadBegan()),
    ("rdy;FightReady;", LoadCompleted()),
    ("rdy;FightReady", LoadCompleted()),
    ("at1;A. ANIĆ;Ana ANIĆ;CRO;at2;B. BEĆ;Bea BEĆ;SRB;", AthletesNamed(chong=ANA, hong=BEA)),
    ("at1;A. ANIĆ;Ana ANIĆ;CRO;at2;B. BEĆ;Bea BEĆ;SRB", AthletesNamed(chong=ANA, hong=BEA)),
    (
        "at1;A;A;;at2;;B;;",
        AthletesNamed(chong=AthleteName(short_name="A", long_name="A"), hong=AthleteName(long_name="B")),
    ),
    (
        "ref;;;ju1;;;ju2;;;ta;;;",
        OfficialsNamed(officials=tuple(Official(role=role) for role in ("ref", "ju1", "ju2", "ta"))),
    ),
    (
        "ref;Ann;CRO;ju1;Bob;SRB;ju2;Cy;;ju3;;USA;ta;Di;GBR;",
        OfficialsNamed(
            officials=(
                Official(role="ref", name="Ann", country="CRO"),
                Official(role="ju1", name="Bob", country="SRB"),
                Official(role="ju2", name="Cy"),
                Official(role="ju3", country="USA"),
                Official(role="ta", name="Di", country="GBR"),
            )
        ),
    ),
    (
        "ref;ju1;Bob;ta;",
        OfficialsNamed(officials=(Official(role="ref"), Official(role="ju1", name="Bob"), Official(role="ta"))),
    ),
    (MCH, described()),
    (MCH.replace(";2;", ";;"), described(round=None)),
    (MCH.replace(";77;", ";null;"), described(pss_match_id=None)),
    (MCH.replace("W +73kg", "WOMEN +73kg"), described(weight_class="WOMEN +73kg")),
    (MCH.replace("#0000ff", ""), described(chong_background=None)),
    (
        MCH.replace("W +73kg", "MEN -68kg").replace(";20;5;", ";"),
        described(weight_class="MEN -68kg", body_threshold=None, head_threshold=None),
    ),
    ("clk;02:00;", ClockTicked(clock_ms=120_000)),
    ("clk;0:00;stopEnd;", ClockTicked(clock_ms=0, action=ClockAction.STOP_END)),
    ("clk;1:53;stop", ClockTicked(clock_ms=113_000, action=ClockAction.STOP)),
    ("clk;01:53;start;", ClockTicked(clock_ms=113_000, action=ClockAction.START)),
    ("clk;95;corr;", ClockTicked(clock_ms=95_000, action=ClockAction.CORRECTED)),
    ("clk;12:34;", ClockTicked(clock_ms=754_000)),
    ("clk;0:07;;", ClockTicked(clock_ms=7000)),
    ("clk; 0:07 ;\0", ClockTicked(clock_ms=7000)),
    ("brk;00:59;", BreakTicked(clock_ms=59_000)),
    ("brk;0:00;stopEnd;", BreakTicked(clock_ms=0, action=ClockAction.STOP_END)),
    ("rnd;3;", RoundSet(round=3)),
    ("pt1;1;", PointScored(athlete=1, technique=Technique.PUNCH, value=1)),
    ("pt2;2;", PointScored(athlete=2, technique=Technique.BODY, value=2)),
    ("pt1;3", PointScored(athlete=1, technique=Technique.HEAD, value=3)),
    ("pt2;4;", PointScored(athlete=2, technique=Technique.TECHNICAL_BODY, value=4)),
    ("pt1;5;", PointScored(athlete=1, technique=Technique.TECHNICAL_HEAD, value=5)),
    ("pt1;6;", PointScored(athlete=1, value=6)),
    ("hl1;1;", HitMeasured(athlete=1, level=1)),
    ("hl2;100;", HitMeasured(athlete=2, level=100)),
    ("sc1;0;sc2;13", ScoreShown(chong=0, hong=13)),
    ("sc1;4;", ScoreShown(chong=4)),
    ("sc2;4;", ScoreShown(hong=4)),
    ("sc1;004;", ScoreShown(chong=4)),
    ("s11;12;s21;11;s12;0;s22;0;s13;2;s23;1", RoundScoresShown(chong=(12, 0, 2), hong=(11, 0, 1))),
    ("s11;5;", RoundScoresShown(chong=(5,))),
    ("s22;7;", RoundScoresShown(hong=(None, 7))),
    ("s11;1;s21;2;s12;3;s22;4;s13;5;s23;6;s14;7;s24;8;", RoundScoresShown(chong=(1, 3, 5, 7), hong=(2, 4, 6, 8))),
    ("wg1;1;wg2;0;", GamJeomsShown(chong=1, hong=0)),
    ("wg1;3", GamJeomsShown(chong=3)),
    ("wg2;3", GamJeomsShown(hong=3)),
    ("ij0;01:00;show;", InjuryTicked(athlete=0, clock_ms=60_000, action=InjuryAction.SHOW)),
    ("ij1;0:59;", InjuryTicked(athlete=1, clock_ms=59_000)),
    ("ij2;0:00;hide;", InjuryTicked(athlete=2, clock_ms=0, action=InjuryAction.HIDE)),
    ("ij2;1:00;reset;", InjuryTicked(athlete=2, clock_ms=60_000, action=InjuryAction.RESET)),
    ("wrd;rd1;1;rd2;2;rd3;0", RoundWinnersDeclared(winners=(1, 2, 0))),
    ("wrd;rd1;1;rd2;2;rd3;0;rd4;1;", RoundWinnersDeclared(winners=(1, 2, 0, 1))),
    ("sup;0", SuperiorityShown(athlete=0)),
    ("sup;2;", SuperiorityShown(athlete=2)),
    ("rst;1;st1;1;2;3;4;5;6;st2;0;0;0;0;0;0;", StatisticsReported(round=1, chong=COUNTS, hong=NO_COUNTS)),
    ("rsr;", StatisticsFinished()),
    ("rsr", StatisticsFinished()),
    ("win;BLUE", WinnerDeclared(winner=1)),
    ("win;RED;", WinnerDeclared(winner=2)),
    ("win;TIE", WinnerDeclared(winner=0)),
    (
        "wmh;Bea BEĆ;1-2 PTF;",
        DecisionDeclared(winner_name="Bea BEĆ", rounds_chong=1, rounds_hong=2, decision="PTF"),
    ),
    ("wmh;;0-0 WDR;", DecisionDeclared(rounds_chong=0, rounds_hong=0, decision="WDR")),
    ("wmh;Bea BEĆ;", DecisionDeclared(winner_name="Bea BEĆ")),
    (
        "wmh;Bea BEĆ;2-0 ODD NEW;",
        DecisionDeclared(winner_name="Bea BEĆ", rounds_chong=2, rounds_hong=0, decision="ODD NEW"),
    ),
    ("ch1;", ChallengeSignalled(athlete=1)),
    ("ch0", ChallengeSignalled(athlete=0)),
    ("ch2;;;", ChallengeSignalled(athlete=2)),
    ("ch1;1;", ChallengeSignalled(athlete=1, accepted=1)),
    ("ch1;-1;", ChallengeSignalled(athlete=1, accepted=-1)),
    ("ch2;1;0;", ChallengeSignalled(athlete=2, accepted=1, won=0)),
    ("ch0;0", ChallengeSignalled(athlete=0, accepted=0)),
    ("to1;1:00;show;", ParaTimeoutTicked(athlete=1, clock_ms=60_000, action=InjuryAction.SHOW)),
    ("to2;59", ParaTimeoutTicked(athlete=2, clock_ms=59_000)),
    ("avt;30;", AthleteVideoTimeSet(number=30)),
    ("hwt;0;", HardwareTested(value=0)),
    ("hwt;5", HardwareTested(value=5)),
    ("hel:", BannerReceived(banner=Banner.HEL)),
    ("hel:TK-Strike; 3.2.4;;", BannerReceived(banner=Banner.HEL, text="TK-Strike;3.2.4;")),
    ("bye;", BannerReceived(banner=Banner.BYE)),
    ("inlb: x;", BannerReceived(banner=Banner.INLB, text="x")),
    ("insl;1;2;", BannerReceived(banner=Banner.INSL, text="1;2")),
    ("inth:;x", BannerReceived(banner=Banner.INTH, text="x")),
    ("Udp Port 8888 connected;", SenderChanged(port=8888, connected=True)),
    ("Udp Port 6000 disconnected", SenderChanged(port=6000, connected=False)),
]

PARTIAL: list[tuple[str, AnyReading]] = [
    ("pre;FightUnloaded;", LoadBegan(faults=("notice:out_of_range",))),
    ("pre;FightLoaded;x;", LoadBegan(faults=("field_2:unexpected_field",))),
    ("rdy;x;", LoadCompleted(faults=("notice:out_of_range",))),
    (
        "at1;A. ANIĆ;Ana ANIĆ;CRO;at2;B. BEĆ;Bea BEĆ;SR",
        AthletesNamed(chong=ANA, hong=AthleteName(short_name="B. BEĆ", long_name="Bea BEĆ"), faults=("hong.noc:cut",)),
    ),
    (
        "at1;A. ANIĆ;Ana ANIĆ;CRO;at2;B. BEĆ;Bea BEĆ;",
        AthletesNamed(
            chong=ANA, hong=AthleteName(short_name="B. BEĆ", long_name="Bea BEĆ"), faults=("hong.noc:missing",)
        ),
    ),
    (
        "at1;A. ANIĆ;Ana ANIĆ;CRO;at2;B. BEĆ;Bea",
        AthletesNamed(
            chong=ANA,
            hong=AthleteName(short_name="B. BEĆ", long_name="Bea"),
            faults=("hong.long_name:cut", "hong.noc:missing"),
        ),
    ),
    (
        "at1;A. ANIĆ;Ana ANIĆ;CR;at2;B. BEĆ;Bea BEĆ;SRB;x;",
        AthletesNamed(
            chong=AthleteName(short_name="A. ANIĆ", long_name="Ana ANIĆ"),
            hong=BEA,
            faults=("chong.noc:wrong_type", "hong:unexpected_field"),
        ),
    ),
    (
        "at1;A. ANIĆ;Ana ANIĆ;CRO;",
        AthletesNamed(
            chong=ANA,
            hong=AthleteName(),
            faults=("hong.short_name:missing", "hong.long_name:missing", "hong.noc:missing"),
        ),
    ),
    (
        "ref;Ann;CRO;x;",
        OfficialsNamed(officials=(Official(role="ref", name="Ann", country="CRO"),), faults=("ref:unexpected_field",)),
    ),
    (
        MCH.replace(";20;5;", ";"),
        described(
            body_threshold=None, head_threshold=None, faults=("body_threshold:missing", "head_threshold:missing")
        ),
    ),
    (MCH.replace(";3;120", ";three;2:00"), described(total_rounds=None, faults=("total_rounds:wrong_type",))),
    (MCH.replace("#ff0000", "red"), described(hong_background=None, faults=("hong_background:wrong_type",))),
    (MCH + "1;", described(faults=("field_16:unexpected_field",))),
    (
        "ref;Ann;CRO;ta;Di;GB",
        OfficialsNamed(
            officials=(Official(role="ref", name="Ann", country="CRO"), Official(role="ta", name="Di")),
            faults=("officials.ta.country:cut",),
        ),
    ),
    (
        MCH.replace(";20;5;", ";2"),
        described(body_threshold=None, head_threshold=None, faults=("body_threshold:cut", "head_threshold:missing")),
    ),
    ("clk;", ClockTicked(faults=("clock_ms:missing",))),
    ("clk;;start;", ClockTicked(action=ClockAction.START, faults=("clock_ms:missing",))),
    ("clk;x;", ClockTicked(faults=("clock_ms:wrong_type",))),
    ("clk;1:5;", ClockTicked(faults=("clock_ms:wrong_type",))),
    ("clk;-1;", ClockTicked(faults=("clock_ms:wrong_type",))),
    ("clk;1:75;", ClockTicked(faults=("clock_ms:out_of_range",))),
    ("clk;123:00;", ClockTicked(faults=("clock_ms:out_of_range",))),
    ("clk;99999;", ClockTicked(faults=("clock_ms:out_of_range",))),
    ("clk;1:00;pause;", ClockTicked(clock_ms=60_000, faults=("action:out_of_range",))),
    ("clk;1:00;stop;x;", ClockTicked(clock_ms=60_000, action=ClockAction.STOP, faults=("field_3:unexpected_field",))),
    ("brk;x;", BreakTicked(faults=("clock_ms:wrong_type",))),
    ("rnd;", RoundSet(faults=("round:missing",))),
    ("rnd;0;", RoundSet(faults=("round:out_of_range",))),
    ("rnd;1.5;", RoundSet(faults=("round:wrong_type",))),
    ("pt1;", PointScored(athlete=1, faults=("value:missing",))),
    ("pt1;7;", PointScored(athlete=1, faults=("value:out_of_range",))),
    ("pt2;-1;", PointScored(athlete=2, faults=("value:out_of_range",))),
    ("pt2;x;", PointScored(athlete=2, faults=("value:wrong_type",))),
    ("hl1;0;", HitMeasured(athlete=1, faults=("level:out_of_range",))),
    ("hl1;101;", HitMeasured(athlete=1, faults=("level:out_of_range",))),
    ("sc1;;sc2;3", ScoreShown(hong=3, faults=("sc1:missing",))),
    ("sc1;x;sc2;3", ScoreShown(hong=3, faults=("sc1:wrong_type",))),
    ("sc1;1;2;sc2;3", ScoreShown(chong=1, hong=3, faults=("sc1:unexpected_field",))),
    ("sc1;3;sc2", ScoreShown(chong=3, faults=("sc2:missing",))),
    ("sc1;12345678901234567890;", ScoreShown(faults=("sc1:out_of_range",))),
    ("sc1;٣;", ScoreShown(faults=("sc1:wrong_type",))),
    ("s11;x;s21;1;", RoundScoresShown(hong=(1,), faults=("s11:wrong_type",))),
    ("wg1;", GamJeomsShown(faults=("wg1:missing",))),
    ("ij0;;show;", InjuryTicked(athlete=0, action=InjuryAction.SHOW, faults=("clock_ms:missing",))),
    ("ij1;0:10;gone;", InjuryTicked(athlete=1, clock_ms=10_000, faults=("action:out_of_range",))),
    ("wrd;", RoundWinnersDeclared(faults=("rd1:missing",))),
    ("wrd;rd1;1;rd2;3;rd3;0", RoundWinnersDeclared(winners=(1, None, 0), faults=("rd2:out_of_range",))),
    ("wrd;rd2;1;", RoundWinnersDeclared(winners=(None, 1), faults=("rd1:missing",))),
    ("wrd;rd1;1;rd1;2;", RoundWinnersDeclared(winners=(1,), faults=("rd1:unexpected_field",))),
    ("wrd;x;rd1;1;", RoundWinnersDeclared(winners=(1,), faults=("wrd:unexpected_field",))),
    ("sup;3", SuperiorityShown(faults=("athlete:out_of_range",))),
    (
        "rst;1;st1;1;2;3;4;5;6;st2;0;0;0;0;0;",
        StatisticsReported(
            round=1,
            chong=COUNTS,
            hong=TechniqueCounts(body=0, head=0, punch=0, technical_body=0, technical_head=0),
            faults=("hong.gam_jeoms:missing",),
        ),
    ),
    ("rsr;1;", StatisticsFinished(faults=("field_1:unexpected_field",))),
    ("win;", WinnerDeclared(faults=("winner:missing",))),
    ("win; ;", WinnerDeclared(faults=("winner:missing",))),
    ("win;GREEN", WinnerDeclared(faults=("winner:out_of_range",))),
    ("wmh;", DecisionDeclared(faults=("winner_name:missing",))),
    ("wmh;Bea BEĆ;PTF;", DecisionDeclared(winner_name="Bea BEĆ", decision="PTF", faults=("rounds:missing",))),
    (
        "wmh;Bea BEĆ;2-1;",
        DecisionDeclared(winner_name="Bea BEĆ", rounds_chong=2, rounds_hong=1, faults=("decision:missing",)),
    ),
    (
        "wmh;Bea BEĆ;x-1 PTF;",
        DecisionDeclared(winner_name="Bea BEĆ", rounds_hong=1, decision="PTF", faults=("rounds_chong:wrong_type",)),
    ),
    (
        "wmh;Dunja ĐURIĆ;1-2 PT",
        DecisionDeclared(winner_name="Dunja ĐURIĆ", rounds_chong=1, rounds_hong=2, faults=("decision:cut",)),
    ),
    ("ch1;2;", ChallengeSignalled(athlete=1, faults=("accepted:out_of_range",))),
    ("ch1;x;1;", ChallengeSignalled(athlete=1, won=1, faults=("accepted:wrong_type",))),
    ("ch1;;1;", ChallengeSignalled(athlete=1, won=1, faults=("accepted:missing",))),
    ("ch1;1;-1;", ChallengeSignalled(athlete=1, accepted=1, faults=("won:out_of_range",))),
    ("ch1;1;1;1;", ChallengeSignalled(athlete=1, accepted=1, won=1, faults=("field_3:unexpected_field",))),
    ("to1;;start;", ParaTimeoutTicked(athlete=1, faults=("clock_ms:missing", "action:out_of_range"))),
    ("avt;", AthleteVideoTimeSet(faults=("number:missing",))),
    ("avt;0:30;", AthleteVideoTimeSet(faults=("number:wrong_type",))),
    ("hwt;6;", HardwareTested(faults=("value:out_of_range",))),
    ("Udp Port 99999 connected;", SenderChanged(connected=True, faults=("port:out_of_range",))),
]

UNKNOWN = [
    "ch3;1;",
    "to0;1:00;",
    "hel.",
    "hello",
    "xyz;1;2;",
    "udp;8888;connected;",
    "Udp Port x;",
]


@pytest.mark.parametrize(("text", "reading"), RECOGNIZED, ids=lambda value: value if isinstance(value, str) else "")
def test_a_valid_message_is_read_whole(text: str, reading: AnyReading) -> None:
    """Each form that senders use gives its fields and no fault."""
    (message,) = split(text.encode())
    assert read(message) == reading
    assert not reading.faults
    assert message.raw == text


@pytest.mark.parametrize(("text", "reading"), PARTIAL, ids=lambda value: value if isinstance(value, str) else "")
def test_a_faulty_message_keeps_what_is_valid(text: str, reading: AnyReading) -> None:
    """What can be read is kept, what cannot is None and named with its reason."""
    (message,) = split(text.encode())
    assert read(message) == reading
    assert reading.faults


@pytest.mark.parametrize("text", UNKNOWN)
def test_other_streams_are_unknown_and_keep_their_text(text: str) -> None:
    """A stream that this version does not read is one unknown message with its text."""
    (message,) = split(text.encode())
    assert isinstance(read(message), UnknownReceived)
    assert message.raw == text


def test_every_stream_has_its_tables() -> None:
    """No stream and no keyword goes untested."""
    tested = {split(text.encode())[0].keyword for text, _ in RECOGNIZED}
    untested = {keyword for keyword in STREAMS.keys() - tested if not keyword.startswith(("s1", "s2"))}
    assert untested == set()
    faulty = {STREAMS[split(text.encode())[0].keyword].keywords for text, _ in PARTIAL}
    assert faulty == {stream.keywords for stream in STREAMS.values() if stream is not banner.STREAM}


def test_a_keyword_has_one_stream() -> None:
    """Two streams with one keyword are refused when the table is made."""
    twin = Stream(keywords=("new", "clk"), decode=clk.decode, most=1)
    with pytest.raises(ValueError, match="'clk'"):
        assemble((clk.STREAM, twin))
    assert STREAMS.keys() <= KEYWORDS


def test_a_fault_that_framing_found_stays_with_the_reading() -> None:
    """Faults of the datagram come before those of the fields."""
    fields = Fields("clk", ["x"], "clk;x", ("encoding:cp1250",))
    assert read(fields).faults == ("encoding:cp1250", "clock_ms:wrong_type")
