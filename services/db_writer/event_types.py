"""The rows of `pss_event_types` and which of them a reading is; db-writer.

The codes of the sport are those that operators, video links and filters use (P K H TB TH R C HL CLK RND O). Every
other stream has its keyword in capitals, without the athlete's digit where a stream has several keywords.
"""

from typing import NamedTuple

from services.db_writer import statements
from shared.db.sqlite import sqlite3
from shared.messages.pss import (
    AthletesNamed,
    AthleteVideoTimeSet,
    BannerReceived,
    BreakTicked,
    ChallengeSignalled,
    ClockTicked,
    DecisionDeclared,
    GamJeomsShown,
    HandlingFailed,
    HardwareTested,
    HitMeasured,
    InjuryTicked,
    LoadBegan,
    LoadCompleted,
    MatchDescribed,
    OfficialsNamed,
    ParaTimeoutTicked,
    PointScored,
    Reading,
    RoundScoresShown,
    RoundSet,
    RoundWinnersDeclared,
    ScoreShown,
    SenderChanged,
    StatisticsFinished,
    StatisticsReported,
    SuperiorityShown,
    Technique,
    UnknownReceived,
    WinnerDeclared,
)


class EventType(NamedTuple):
    """One row."""

    code: str
    name: str
    category: str
    description: str


OTHER = "O"

EVENT_TYPES = (
    EventType("P", "Punch", "technique", "A punch scored (pt)."),
    EventType("K", "Body kick", "technique", "A kick to the body scored (pt)."),
    EventType("H", "Head kick", "technique", "A kick to the head scored (pt)."),
    EventType("TB", "Technical body kick", "technique", "A turning kick to the body scored (pt)."),
    EventType("TH", "Technical head kick", "technique", "A turning kick to the head scored (pt)."),
    EventType("R", "Gam-jeom", "warning", "The gam-jeoms of the running round (wg)."),
    EventType("C", "Challenge", "challenge", "A video review (ch)."),
    EventType("HL", "Hit level", "hit", "The level that a sensor measured (hl)."),
    EventType("CLK", "Clock", "clock", "The round clock (clk)."),
    EventType("RND", "Round", "clock", "The running round was set (rnd)."),
    EventType("BRK", "Break", "clock", "The clock of the break between two rounds (brk)."),
    EventType("IJ", "Injury time", "clock", "The injury clock (ij)."),
    EventType("TO", "Para timeout", "clock", "The timeout of a para athlete (to)."),
    EventType("AVT", "Athlete video time", "challenge", "The athletes' video time (avt)."),
    EventType("PRE", "Load began", "load", "A match is being loaded (pre)."),
    EventType("RDY", "Load completed", "load", "The match may start (rdy)."),
    EventType("AT1", "Athletes", "load", "Who fights (at1)."),
    EventType("REF", "Officials", "load", "Who officiates (ref)."),
    EventType("MCH", "Match", "load", "The match being loaded (mch)."),
    EventType("SC", "Score", "score", "The score of the running round (sc)."),
    EventType("S", "Round scores", "score", "The scores of all rounds (s11 to s23)."),
    EventType("SUP", "Superiority", "score", "Who is ahead by superiority (sup)."),
    EventType("RST", "Round statistics", "statistics", "Techniques and gam-jeoms of a round (rst)."),
    EventType("RSR", "Round statistics end", "statistics", "Follows the statistics of a round (rsr)."),
    EventType("WRD", "Round winners", "result", "The winner of each round (wrd)."),
    EventType("WIN", "Winner", "result", "Who won the match (win)."),
    EventType("WMH", "Decision", "result", "The winner's name, rounds won and decision code (wmh)."),
    EventType("UDP", "Connection", "connection", "The sender's notice about its connection (Udp Port)."),
    EventType("HWT", "Hardware test", "connection", "A test of the sensors, no match data (hwt)."),
    EventType("HEL", "Banner", "connection", "An older sender connects or leaves (hel, bye, inlb, insl, inth)."),
    EventType(OTHER, "Other", "other", "Nothing of the above, unknown, or not readable."),
)

CODE_OF_READING: dict[type[Reading], str] = {
    LoadBegan: "PRE",
    LoadCompleted: "RDY",
    AthletesNamed: "AT1",
    OfficialsNamed: "REF",
    MatchDescribed: "MCH",
    ClockTicked: "CLK",
    RoundSet: "RND",
    BreakTicked: "BRK",
    PointScored: OTHER,  # when its technique could not be read; otherwise the technique is the code
    HitMeasured: "HL",
    ScoreShown: "SC",
    RoundScoresShown: "S",
    GamJeomsShown: "R",
    InjuryTicked: "IJ",
    ChallengeSignalled: "C",
    ParaTimeoutTicked: "TO",
    AthleteVideoTimeSet: "AVT",
    HardwareTested: "HWT",
    BannerReceived: "HEL",
    RoundWinnersDeclared: "WRD",
    SuperiorityShown: "SUP",
    StatisticsReported: "RST",
    StatisticsFinished: "RSR",
    WinnerDeclared: "WIN",
    DecisionDeclared: "WMH",
    SenderChanged: "UDP",
    UnknownReceived: OTHER,
    HandlingFailed: OTHER,
}


class EventTypeIds:
    """Ids of the rows by what was read."""

    def __init__(self, connection: "sqlite3.Connection") -> None:
        self._connection = connection
        self._of_reading: dict[type[Reading], int] = {}
        self._of_technique: dict[Technique | None, int] = {}
        self.other = 0
        self.hit = 0

    def load(self) -> None:
        """Write the rows where the database has others, and read their ids."""
        self._connection.executemany(statements.UPSERT_EVENT_TYPE, EVENT_TYPES)
        ids: dict[str, int] = dict(self._connection.execute(statements.SELECT_EVENT_TYPES).fetchall())
        self._of_reading = {reading: ids[code] for reading, code in CODE_OF_READING.items()}
        self._of_technique = {technique: ids[technique.value] for technique in Technique}
        self.other = ids[OTHER]
        self.hit = ids[CODE_OF_READING[HitMeasured]]

    def of(self, data: Reading) -> int:
        """The id of the row that `data` belongs to."""
        if type(data) is PointScored:
            return self._of_technique.get(data.technique, self.other)
        return self._of_reading[type(data)]
