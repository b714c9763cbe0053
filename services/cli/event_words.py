"""The essential words of each event, for a line that a person reads; one function per kind of event."""

from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from services.cli.alert_words import ALERT_WORDS
from services.cli.obs_words import OBS_WORDS
from services.cli.output import clock, size
from services.cli.system_words import SYSTEM_WORDS
from shared.messages import (
    configuration,
    database,
    edits,
    flags,
    jobs,
    match,
    meters,
    pss,
    results,
    service,
    settings,
    tournaments,
    udp,
)

SIDES: Final = {0: "nobody", 1: "chong", 2: "hong"}
TECHNIQUES: Final = {
    pss.Technique.PUNCH: "punch",
    pss.Technique.BODY: "body",
    pss.Technique.HEAD: "head",
    pss.Technique.TECHNICAL_BODY: "technical body",
    pss.Technique.TECHNICAL_HEAD: "technical head",
}
POINTS: Final = {
    pss.Technique.PUNCH: 1,
    pss.Technique.BODY: 2,
    pss.Technique.HEAD: 3,
    pss.Technique.TECHNICAL_BODY: 4,
    pss.Technique.TECHNICAL_HEAD: 5,
}

_SOUND: Final = (pss.ResultKind.RECOGNIZED, pss.ResultKind.DEPRECATED)


def words_of(event: Any) -> str:
    """What an event says, without its topic, ring and time; never fails for an event that it does not know."""
    if isinstance(event, pss.PssEvent):
        words = _said(event.data) if event.kind in _SOUND else _unclear(event)
    elif isinstance(event, match.MatchEvent):
        words = _said(event.data)
    else:
        words = _said(event)
    return words


def _said(data: Any) -> str:
    say = WORDS.get(type(data))
    if say is not None:
        return say(data)
    fields = data.__struct_fields__ if isinstance(data, Struct) else ()
    return " ".join(f"{name}={getattr(data, name)}" for name in fields if name != "faults")


def _unclear(event: Any) -> str:
    faults = f" {', '.join(event.data.faults)}" if event.data.faults else ""
    return f"{event.kind}{faults}: {event.raw}"


def _side(athlete: int | None) -> str:
    return "?" if athlete is None else SIDES.get(athlete, str(athlete))


_ANSWERS: Final = {None: "asks for a review", 1: "review accepted", 0: "review rejected", -1: "review closed"}


def _challenge(data: pss.ChallengeSignalled) -> str:
    who = "referee" if data.athlete == 0 else _side(data.athlete)
    outcome = {None: "", 1: ", won", 0: ", lost"}.get(data.won, "")
    return f"{who} {_ANSWERS.get(data.accepted, data.accepted)}{outcome}"


def _winner(athlete: int | None) -> str:
    return "tie" if athlete == 0 else _side(athlete)


def _pair(chong: object, hong: object) -> str:
    return f"{'.' if chong is None else chong}-{'.' if hong is None else hong}"


def _ticked(data: pss.ClockTicked | pss.BreakTicked | pss.InjuryTicked | pss.ParaTimeoutTicked) -> str:
    athlete = data.athlete if isinstance(data, pss.InjuryTicked | pss.ParaTimeoutTicked) else 0
    words = [_side(athlete)] if athlete else []
    words.append(clock(data.clock_ms))
    return " ".join([*words, data.action.value] if data.action else words)


def _name(name: pss.AthleteName | match.Athlete | None) -> str:
    if name is None:
        return "?"
    return " ".join(word for word in (name.short_name or name.long_name or "?", name.noc) if word)


def _athletes(data: pss.AthletesNamed) -> str:
    return f"chong {_name(data.chong)}, hong {_name(data.hong)}"


def _officials(data: pss.OfficialsNamed) -> str:
    return ", ".join(f"{o.role} {o.name} {o.country or ''}".rstrip() for o in data.officials if o.name)


def _described(data: pss.MatchDescribed) -> str:
    words = [f"match {data.match_number or '?'}", data.phase, data.weight_class, data.division]
    rounds = f"{data.total_rounds or '?'} x {clock(data.round_ms)}"
    return ", ".join([*(word for word in words if word), rounds])


def _point(data: pss.PointScored) -> str:
    if data.technique is None:
        what = f"+{data.points}" if data.points else f"technique {data.value or '?'}"
        return f"{_side(data.athlete)} {what}"
    return f"{_side(data.athlete)} {TECHNIQUES[data.technique]} +{data.points or POINTS[data.technique]}"


def _rounds(data: pss.RoundScoresShown) -> str:
    pairs = zip(data.chong, data.hong, strict=False)
    return " ".join(f"R{number} {_pair(*pair)}" for number, pair in enumerate(pairs, start=1))


def _winners(data: pss.RoundWinnersDeclared) -> str:
    declared = [f"R{number} {_side(winner)}" for number, winner in enumerate(data.winners, start=1) if winner != 0]
    return " ".join(declared) or "none yet"


def _statistics(data: pss.StatisticsReported) -> str:
    def of(side: pss.TechniqueCounts) -> str:
        return " ".join(f"{name} {getattr(side, name)}" for name in side.__struct_fields__ if getattr(side, name))

    return f"R{data.round or '?'} chong: {of(data.chong) or 'nothing'}; hong: {of(data.hong) or 'nothing'}"


def _result(data: pss.DecisionDeclared | match.MatchDecided) -> str:
    winner = data.winner if isinstance(data, match.MatchDecided) else None
    words = ["" if winner is None else _winner(winner), data.winner_name or ""]
    if data.rounds_chong is not None or data.rounds_hong is not None:
        words.append(_pair(data.rounds_chong, data.rounds_hong))
    return " ".join(word for word in [*words, data.decision or ""] if word)


def _loaded(data: match.MatchLoaded) -> str:
    words = [f"match {data.match_number or '?'}", data.phase, data.weight_class, data.division]
    who = f"chong {_name(data.chong)}, hong {_name(data.hong)}"
    again = " (again)" if data.is_reload else ""
    return ", ".join([*(word for word in words if word), who]) + again


def _stage(data: match.StageChanged) -> str:
    before = "" if data.before is None else f"{_spaced(data.before)} -> "
    lasted = "" if data.lasted_ms is None else f" after {data.lasted_ms / 1000:.1f} s"
    return f"{before}{_spaced(data.after)}{lasted}"


def _spaced(word: str) -> str:
    return word.replace("_", " ")


def _corrected(data: match.CorrectionMade) -> str:
    show = clock if data.what is match.Corrected.CLOCK else _value
    words = [f"R{data.round}" if data.round else "", _side(data.athlete) if data.athlete else "", _spaced(data.what)]
    return " ".join(word for word in [*words, f"{show(data.before)} -> {show(data.after)}"] if word)


def _value(value: int | None) -> str:
    return "?" if value is None else str(value)


def _review(data: match.ChallengeChanged) -> str:
    review = data.challenge
    who = "referee" if review.athlete == 0 else _side(review.athlete)
    over = "" if review.is_open else f", over: {_spaced(review.end or '?')}"
    return f"review {review.number} of {who} {review.status}{over}"


def _injury(data: match.InjuryChanged) -> str:
    injury = data.injury
    who = f" of {_side(injury.athlete)}" if injury.athlete else ""
    state = f"{clock(injury.left_ms)} left" if injury.is_open else f"over: {_spaced(injury.end or '?')}"
    return f"{_spaced(injury.kind)} {injury.number}{who}, {state}"


def verdict(judged: results.Result | results.RoundResult) -> str:
    """Who won, how sure that is, and beside it what does not agree."""
    words = ["no winner" if judged.winner is None else _winner(judged.winner)]
    if isinstance(judged, results.Result) and judged.decision:
        words.append(judged.decision)
    words.append(f"({judged.standing})")
    if judged.declared_winner not in (None, judged.winner):
        words.append(f"declared {_winner(judged.declared_winner)}")
    if judged.derived_winner not in (None, judged.winner):
        words.append(f"the rules say {_winner(judged.derived_winner)}")
    if judged.method is not None:
        words.append(f"by {_spaced(judged.method)}")
    if judged.doubts:
        words.append(f"[{', '.join(judged.doubts)}]")
    return " ".join(words)


def _round_assessed(data: match.RoundAssessed) -> str:
    result = data.result
    score = "" if result.score is None else f" {_pair(*result.score)}"
    return f"R{result.round}{score} {verdict(result)}"


def changed(changes: edits.Changes) -> str:
    """What an edit changes."""
    words = [f"R{number} {_winner(won)}" for number, won in enumerate(changes.round_winners, 1) if won is not None]
    for name in changes.__struct_fields__:
        value = getattr(changes, name)
        if value is not None and name != "round_winners":
            words.append(f"{_spaced(name)} {_winner(value) if name == 'winner' else value}")
    return ", ".join(words) or "nothing"


def _state(state: match.MatchState) -> str:
    if state.match_id is None:
        return "no match"
    stage = state.stage.value.replace("_", " ") if state.stage else "loaded"
    scores = f"chong {_name(state.chong)} {state.chong.score}-{state.hong.score} {_name(state.hong)} hong"
    warnings = f"gam-jeoms {state.chong.gam_jeoms}-{state.hong.gam_jeoms}"
    won = f"rounds {state.chong.rounds_won}-{state.hong.rounds_won}"
    moment = f"R{state.round or '?'} {clock(state.clock_ms)}"
    return f"match {state.match_number or '?'} {stage} {moment}, {scores}, {warnings}, {won}"


def _ring(status: udp.RingStatus) -> str:
    if not status.listening:
        return f"not listening: {status.error or 'stopped'}"
    losses = f", {status.kernel_drops} dropped" if status.kernel_drops else ""
    return f"{status.address}:{status.port} {status.packets} datagrams, {size(status.bytes)}{losses}"


def _journal(trouble: udp.JournalTrouble) -> str:
    if trouble.error is None:
        return "the journal can be written again"
    waiting = f"{trouble.waiting_entries} entries ({size(trouble.waiting_bytes)}) wait"
    return f"the journal cannot be written: {trouble.error}; {waiting}, {trouble.lost_entries} lost"


def _setting(changed: settings.SettingChanged) -> str:
    shown = "********" if changed.is_sensitive else changed.value
    return f"{changed.key} {'back to its default' if changed.is_default else f'= {shown}'} by {changed.author}"


def _tournament(changed: tournaments.TournamentChanged) -> str:
    told = changed.tournament
    day = "" if changed.active_day is None else f", day {changed.active_day}"
    return f"{told.tournament}: {told.status}{day} by {changed.author}"


def _job(job: jobs.Job) -> str:
    of = f" {job.done}/{job.total}" if job.total else ""
    return f"{job.kind} {job.id} {job.status}: {job.error or job.message}{of}"


def _configured(state: configuration.ConfigurationState) -> str:
    if state.faults:
        return f"restrike.json is refused, {state.version or 'the defaults'} in force: {' '.join(state.faults)}"
    restart = f"; needs a restart for {', '.join(state.needs_restart)}" if state.needs_restart else ""
    return f"goes by {state.version or 'the defaults'}: {', '.join(state.changed) or 'nothing changed'}{restart}"


WORDS: Final[dict[type, Callable[[Any], str]]] = {
    pss.LoadBegan: lambda _: "a match is being loaded",
    pss.LoadCompleted: lambda _: "the match may start",
    pss.AthletesNamed: _athletes,
    pss.OfficialsNamed: _officials,
    pss.MatchDescribed: _described,
    pss.ClockTicked: _ticked,
    pss.BreakTicked: _ticked,
    pss.InjuryTicked: _ticked,
    pss.ParaTimeoutTicked: _ticked,
    pss.ChallengeSignalled: _challenge,
    pss.AthleteVideoTimeSet: lambda data: f"video time {data.number}",
    pss.HardwareTested: lambda data: f"test {data.value}",
    pss.BannerReceived: lambda data: " ".join(word for word in (data.banner.value, data.text) if word),
    pss.RoundSet: lambda data: f"round {data.round}",
    pss.PointScored: _point,
    pss.HitMeasured: lambda data: f"{_side(data.athlete)} level {data.level}",
    pss.ScoreShown: lambda data: _pair(data.chong, data.hong),
    pss.RoundScoresShown: _rounds,
    pss.GamJeomsShown: lambda data: _pair(data.chong, data.hong),
    pss.RoundWinnersDeclared: _winners,
    pss.SuperiorityShown: lambda data: _winner(data.athlete),
    pss.StatisticsReported: _statistics,
    pss.StatisticsFinished: lambda _: "complete",
    pss.WinnerDeclared: lambda data: _winner(data.winner),
    pss.DecisionDeclared: _result,
    pss.SenderChanged: lambda data: f"port {data.port or '?'} {'connected' if data.connected else 'disconnected'}",
    match.MatchLoaded: _loaded,
    match.RoundStarted: lambda data: f"round {data.round}",
    match.RoundEnded: lambda data: f"round {data.round}, {clock(data.fought_ms)} fought",
    match.RoundWon: lambda data: f"round {data.round} {_side(data.winner)}",
    match.ScoreChanged: lambda data: f"{_side(data.athlete)} {data.before} -> {data.after}",
    match.GamJeomsChanged: lambda data: f"{_side(data.athlete)} {data.before} -> {data.after}",
    match.MatchDecided: _result,
    match.StageChanged: _stage,
    match.CorrectionMade: _corrected,
    match.ChallengeChanged: _review,
    match.InjuryChanged: _injury,
    match.DialectDetected: lambda data: f"dialect {data.dialect}: {data.reason}",
    match.RoundAssessed: _round_assessed,
    match.ResultAssessed: lambda data: f"{verdict(data.result)}, rounds {_pair(*data.result.rounds_won)}",
    match.MatchEdited: lambda data: f"{data.match_id} by {data.author}: {changed(data.changes)} ({data.reason})",
    match.EditUndone: lambda data: f"{data.edit_id} of {data.match_id} by {data.author} ({data.reason})",
    match.MatchClosed: lambda data: f"{data.match_id} by {data.author} ({data.reason})",
    match.Finding: lambda data: f"{data.severity} {data.rule}: {data.explanation}",
    match.MatchState: _state,
    udp.RingStatus: _ring,
    udp.SenderAppeared: lambda data: f"{data.address}:{data.port} {data.origin}",
    udp.SenderRefused: lambda data: f"{data.address}:{data.port} is not on the allow-list ({data.count} datagrams)",
    udp.JournalTrouble: _journal,
    database.EntriesCommitted: lambda data: f"stored through entry {data.entry}",
    database.WriteTrouble: lambda data: data.error or "the database can be written again",
    settings.SettingChanged: _setting,
    tournaments.TournamentChanged: _tournament,
    flags.FlagsChanged: lambda data: f"{', '.join(data.codes)} by {data.author}",
    jobs.Job: _job,
    service.ServiceHealth: lambda data: f"{data.life}, up {data.uptime_s:.0f} s, lag {data.loop_lag_ms:.1f} ms",
    service.ServiceFault: lambda data: f"{data.where}: {data.error} (fault {data.count})",
    **OBS_WORDS,
    **ALERT_WORDS,
    configuration.ConfigurationState: _configured,
    **SYSTEM_WORDS,
    meters.MetersRead: lambda data: f"{len(data.counters) + len(data.gauges)} counts, {len(data.histograms)} durations",
    service.EventsLost: lambda data: f"{data.count} of {data.frame} from {data.producer} were lost",
}
