"""One match as a scoring system sends it, step by step, so that a test decides when everything happens."""

from tests.support.captures import Sender

LOADING = (
    "pre;FightLoaded;",
    "at1;A. ANIĆ;Ana ANIĆ;CRO;at2;B. ÖZ;Buse ÖZ;TUR;",
    "mch;{number};Final;W -57kg;0;#0000ff;#FFFFFF;#ff0000;#FFFFFF;null;Seniors;3;120;cntDown;18;5;",
    "wrd;rd1;0;rd2;0;rd3;0",
    "sc1;0;sc2;0",
    "clk;02:00;",
    "rnd;1;",
)


class Bout:
    """A match between Ana ANIĆ (CRO, chong) and Buse ÖZ (TUR, hong)."""

    def __init__(self, sender: Sender, number: int) -> None:
        self.number = number
        self._sender = sender
        self._left_s = 120
        self._score = [0, 0]

    def load(self) -> None:
        """Load it; a second time it is loaded again."""
        self._send(*(line.format(number=self.number) for line in LOADING))

    def ready(self) -> None:
        """The mat is ready."""
        self._send("rdy;FightReady;")

    def start(self) -> None:
        """The clock starts."""
        self._send(f"clk;{self._clock};start;")

    def tick(self) -> None:
        """A second has passed."""
        self._left_s -= 1
        self._send(f"clk;{self._clock};")

    def point(self, athlete: int = 1) -> None:
        """A kick to the body; what a rule or a chapter waits for is sent first."""
        self._score[athlete - 1] += 2
        self._send(f"pt{athlete};2;", f"sc1;{self._score[0]};sc2;{self._score[1]};")

    def ask(self, athlete: int = 1) -> None:
        """A coach asks for a video review."""
        self._send(f"ch{athlete};")

    def judge(self, athlete: int = 1, *, won: int) -> None:
        """The review was accepted, and won (1) or lost (0)."""
        self._send(f"ch{athlete};1;{won};", f"ch{athlete};-1;")

    def rest(self) -> None:
        """The first round is chong's, and there is a break."""
        self._left_s = 120
        self._send("wrd;rd1;1;rd2;0;rd3;0", "rst;1;st1;1;0;0;0;0;0;st2;3;0;0;0;0;1;", "rsr;", "brk;00:59;")

    def go_on(self) -> None:
        """The second round."""
        self._send("brk;0:00;stopEnd;", "rnd;2;", "clk;02:00;start;")

    def win(self) -> None:
        """Hong wins."""
        self._send("wrd;rd1;2;rd2;0;rd3;0", "win;RED", "wmh;Buse ÖZ;0-2 PTF;")

    def begin(self) -> None:
        """Load it, and start the first round."""
        self.load()
        self.ready()
        self.start()

    @property
    def _clock(self) -> str:
        return f"{self._left_s // 60:02}:{self._left_s % 60:02}"

    def _send(self, *lines: str) -> None:
        for line in lines:
            self._sender.send(line.encode())
