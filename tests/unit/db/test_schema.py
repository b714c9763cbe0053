"""The database that the migrations make is the one that the schema page describes."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

# name! is NOT NULL, name>table refers to it, U(...) is unique, one(...) unique where a condition holds, ix(...)
# indexed, some(...) where a condition holds, +edited is created_at and updated_at.
PAGE = """
pss_events: event_type! timestamp! match_id athlete1_code athlete2_code score1 score2 round weight_class category
    raw_data! ix(timestamp) ix(match_id)
obs_connections: name! host! port! password is_active status error roles! rings! path_map! +edited U(name)
app_config: key! value! category! description +edited U(key) ix(category)
flag_mappings: pss_code! ioc_code! country_name! is_custom kind! +edited U(pss_code) ix(ioc_code)
flag_mapping_history: pss_code! ioc_code country_name previous_ioc_code author! reason changed_at! ix(pss_code)
settings_categories: name! description display_order +edited U(name)
settings_keys: category_id>settings_categories key_name! display_name! description data_type! default_value
    validation_rules is_required is_sensitive +edited U(key_name) ix(category_id)
settings_values: key_id>settings_keys value! +edited U(key_id)
settings_history: key_id>settings_keys old_value new_value changed_by! change_reason created_at! ix(key_id)
    ix(created_at)
flags: filename! ioc_code country_name recognition_status recognition_confidence upload_date last_modified file_size
    file_path! is_recognized checksum source! is_shown! media_type picture cleared_at +edited ix(ioc_code)
    ix(recognition_status) one(ioc_code) ix(checksum)
recognition_history: flag_id>flags recognition_method confidence recognized_as timestamp outcome author filename
    reason ix(flag_id)
network_interfaces: name! address! netmask broadcast is_loopback is_active is_recommended speed_mbps mtu mac_address
    interface_type +edited U(name,address) ix(is_active,is_recommended)
udp_server_configs: name! port! bind_address! network_interface_id>network_interfaces enabled auto_start max_packet_size
    buffer_size timeout_ms +edited U(name)
udp_server_sessions: server_config_id>udp_server_configs start_time! end_time status! packets_received packets_parsed
    parse_errors total_bytes_received average_packet_size max_packet_size_seen min_packet_size_seen
    unique_clients_count error_message ring! session_uuid last_entry dialect dialect_reason
    last_match_id>pss_matches +edited ix(status,start_time) U(session_uuid) ix(ring,start_time)
udp_client_connections: session_id>udp_server_sessions client_address! client_port! first_seen last_seen
    packets_received total_bytes_received is_active +edited U(session_id,client_address,client_port)
pss_event_types: event_code! event_name! description category! is_active +edited U(event_code)
pss_matches: match_id! match_number category weight_class division total_rounds round_duration countdown_type
    format_type creation_mode ring! first_loaded_at last_loaded_at load_count! status! closed_at closed_by close_reason
    tournament_day_id>tournament_days +edited U(match_id) ix(ring,id) ix(first_loaded_at) ix(match_number)
    ix(weight_class) ix(tournament_day_id)
pss_athletes: athlete_code! short_name! long_name country_code flag_id>flags +edited U(athlete_code) ix(country_code)
    ix(flag_id)
pss_match_athletes: match_id>pss_matches athlete_id>pss_athletes athlete_position! bg_color fg_color shown_short_name
    shown_long_name shown_noc +edited U(match_id,athlete_position) ix(athlete_id)
pss_rounds: match_id>pss_matches round_number! start_time end_time duration winner_athlete_position +edited
    U(match_id,round_number) ix(duration)
pss_events_v2: session_id!>udp_server_sessions match_id>pss_matches round_id>pss_rounds event_type_id!>pss_event_types
    timestamp! raw_data! parsed_data event_sequence! event_index! processing_time_ms is_valid! error_message
    recognition_status! ix(timestamp) ix(match_id,round_id) U(session_id,event_sequence,event_index)
    clock_ms ix(event_type_id,timestamp)
pss_event_details: event_id>pss_events_v2 detail_key! detail_value detail_type! U(event_id,detail_key)
pss_scores: match_id>pss_matches round_id>pss_rounds athlete_position! score_type! score_value! timestamp!
    ix(match_id,round_id,athlete_position)
pss_warnings: match_id>pss_matches round_id>pss_rounds athlete_position! warning_type! warning_count! timestamp!
    ix(match_id,round_id,athlete_position)
raw_datagrams: session_id!>udp_server_sessions ring! entry! received_at! source_address! source_port! origin! body!
    U(session_id,entry)
findings: ring! session_id>udp_server_sessions match_id>pss_matches entry! entry_index! severity! rule! explanation!
    evidence found_at! ix(match_id) ix(rule) U(session_id,entry,entry_index,rule,explanation) ix(found_at)
    ix(severity,found_at)
rule_sets: name! version! title! effective_from! is_confirmed! definition! U(name,version,definition)
ring_interpretations: ring! session_id!>udp_server_sessions entry! rule_set_id!>rule_sets dialect strictness! encodings!
    chosen_at! U(session_id,entry) ix(ring,chosen_at)
match_results: match_id!>pss_matches standing! winner decision declared_winner declared_decision declared_name
    declared_rounds_chong declared_rounds_hong derived_winner method rounds_won_chong! rounds_won_hong! rule_set doubts
    judged assessed_at! +edited U(match_id)
round_results: match_id!>pss_matches round_number! standing! score_chong score_hong gam_jeoms_chong gam_jeoms_hong
    chong_punches chong_body_kicks chong_head_kicks chong_technical_body_kicks chong_technical_head_kicks
    hong_punches hong_body_kicks hong_head_kicks hong_technical_body_kicks hong_technical_head_kicks
    winner declared_winner derived_winner method fought_ms is_golden! doubts judged
    assessed_at! +edited U(match_id,round_number)
challenges: match_id!>pss_matches number! athlete_position! status! round_number clock_ms requested_at! decided_at
    ended_at end_reason entry! replay_clip +edited U(match_id,number) ix(requested_at)
injuries: match_id!>pss_matches number! kind! athlete_position! round_number clock_ms left_ms began_at! ended_at
    end_reason entry! +edited U(match_id,number) ix(began_at)
corrections: ring! session_id!>udp_server_sessions match_id>pss_matches entry! entry_index! round_number what!
    athlete_position value_before value_after clock_ms made_at! ix(match_id)
match_stages: ring! session_id!>udp_server_sessions match_id>pss_matches entry! entry_index! stage! since! stage_before
    before_ms ix(match_id) ix(session_id,entry)
match_edits: edit_id! match_id>pss_matches match_key! ring! entry! author! reason! changes! made_at! undone_at undone_by
    undo_reason +edited U(edit_id) ix(match_id) ix(made_at)
unknown_streams: ring! stream! message_count! first_seen! last_seen! sample_raw! +edited U(ring,stream)
watermarks: journal_id! ring! session_uuid! entry! updated_at! U(journal_id,ring,session_uuid)
tournaments: name! location country_code starts_on! ends_on! time_zone! rule_set logo logo_type status! is_active!
    +edited U(name) one(is_active)
tournament_days: tournament_id!>tournaments day_number! date! title status! is_active! +edited
    U(tournament_id,day_number) U(tournament_id,date) one(is_active)
planned_matches: tournament_day_id!>tournament_days match_number! ring scheduled_at phase category weight_class division
    chong_athlete_id>pss_athletes hong_athlete_id>pss_athletes match_id>pss_matches +edited
    U(tournament_day_id,match_number) ix(match_id)
backups: name! path! format! reason! status! schema_version! size_bytes! database_bytes! sha256! duration_ms taken_at!
    removed_at +edited U(name) ix(taken_at)
backup_verifications: backup_id!>backups verified_at! is_sound! duration_ms problems ix(backup_id,verified_at)
backup_copies: backup_id!>backups remote! status! parts! bytes_copied! copied_at verified_at error +edited
    U(backup_id,remote)
archives: name! month! path! status! schema_version! datagrams! events! size_bytes! sha256! archived_at! brought_back_at
    +edited U(name) ix(month)
imports: kind! source! sha256! author! status! progress report begun_at! ended_at +edited ix(sha256)
jobs: job_id! kind! options! author! status! result error begun_at! ended_at U(job_id) ix(kind,begun_at)
operator_audit: done_at! author! action! target details reason outcome! error ring entry ix(done_at) ix(author,done_at)
    ix(action,done_at)
saved_queries: name! description sql! author! +edited U(name)
match_summaries: match_id!>pss_matches events! first_event_at last_event_at chong_points! chong_gam_jeoms!
    chong_rounds_won! chong_challenges! chong_challenges_granted! chong_hits! chong_punches! chong_body_kicks!
    chong_head_kicks! chong_technical_body_kicks! chong_technical_head_kicks! hong_points! hong_gam_jeoms!
    hong_rounds_won! hong_challenges! hong_challenges_granted! hong_hits! hong_punches! hong_body_kicks!
    hong_head_kicks! hong_technical_body_kicks! hong_technical_head_kicks! rounds! fought_ms! injuries! corrections!
    edits! informations! warnings! errors! lead_changes! comeback_points! +edited U(match_id) ix(comeback_points)
athlete_summaries: athlete_id!>pss_athletes matches! wins! losses! rounds_won! rounds_lost! points! points_against!
    gam_jeoms! challenges! challenges_granted! hits! punches! body_kicks! head_kicks! technical_body_kicks!
    technical_head_kicks! comebacks! fought_ms! first_match_at last_match_at +edited U(athlete_id) ix(points)
event_counts: minute! ring! event_type_id!>pss_event_types events! U(minute,ring,event_type_id)
search_progress: through_event_id!
outbox_marks: producer! outbox_id! entry! updated_at! U(producer,outbox_id)
refused_facts: producer! outbox_id! entry! body! error! created_at! U(producer,outbox_id,entry)
obs_recording_config: connection_id!>obs_connections records_matches! root folder! file_name! format start_on!
    pre_roll_ms! post_roll_ms! chapters! split_rounds! least_free_mib! keeps_replay! clip_folder! clip_name!
    review_lead_ms! picture_delay_ms! +edited U(connection_id)
obs_recording_sessions: video_key! connection! ring! match_key match_id>pss_matches part! by_hand! state! reason
    obs_path prepared_at started_at ended_at failed_at +edited U(video_key) ix(match_id) some(match_key)
recorded_videos: video_key! kind! connection! ring! match_key match_id>pss_matches part! obs_path path started_at
    ended_at duration_ms size_bytes sha256 is_whole! in_ms out_ms challenge_number athlete_position round_number
    clock_ms decisive_ms outcome is_kept! deleted_at problem +edited U(video_key) ix(match_id) ix(started_at)
    some(match_key)
recorded_video_events: video_id!>recorded_videos kind! label! offset_ms! happened_at! session_uuid! entry! entry_index!
    match_key athlete_position round_number clock_ms score_chong score_hong
    U(video_id,session_uuid,entry,entry_index,kind,happened_at)
obs_rules: name! is_enabled! priority! pack description definition! +edited U(name)
obs_rule_firings: firing_key! rule! happening! ring! match_key match_id>pss_matches round_number clock_ms session_uuid!
    entry! entry_index! happened_at! fired_at! latency_ms outcome! actions! U(firing_key) ix(fired_at)
    ix(rule,fired_at) ix(match_id) some(match_key)
resource_samples: sampled_at! period_s! cpu_percent! cpu_busiest_core_percent! load_1! frequency_mhz temperature_c
    memory_total_bytes! memory_available_bytes! swap_used_bytes! udp_received! udp_dropped! clock_offset_ms
    U(period_s,sampled_at)
disk_samples: sample_id!>resource_samples mount! total_bytes! free_bytes! read_bytes_per_s written_bytes_per_s
    busy_percent U(sample_id,mount)
network_samples: sample_id!>resource_samples interface! is_up! received_bytes_per_s! sent_bytes_per_s! errors! drops!
    U(sample_id,interface)
process_samples: sample_id!>resource_samples name! kind! pid! cpu_percent! rss_bytes! pss_bytes threads! files
    read_bytes_per_s written_bytes_per_s U(sample_id,pid)
obs_samples: sample_id!>resource_samples connection! cpu_percent! memory_mib! fps! frame_ms! render_frames_skipped!
    output_frames_skipped! stream_frames_dropped! stream_kbps! U(sample_id,connection)
alert_rules: name! is_enabled! definition! +edited U(name)
alerts: alert_key! rule! subject! severity! state! message! remedy value raised_at! acknowledged_at acknowledged_by
    note cleared_at +edited U(alert_key) ix(raised_at) ix(rule,raised_at)
alert_deliveries: delivery_key! alert_key! channel! about! attempts! delivered_at error updated_at! U(delivery_key)
    ix(alert_key)
service_incidents: incident_key! service! kind! happened_at! pid detail U(incident_key) ix(happened_at)
license_changes: change_key! changed_at! act! state! state_before reason sentence! license_key plan expires_at author
    U(change_key) ix(changed_at)
"""
WITHOUT_ID = {"watermarks", "event_counts"}

Indexes = set[tuple[str, tuple[str, ...]]]
Schema = Callable[[Path], dict[str, tuple[dict[str, tuple[object, ...]], dict[str, str], Indexes]]]


def _page() -> dict[str, tuple[dict[str, bool], dict[str, str], Indexes]]:
    tables: dict[str, tuple[dict[str, bool], dict[str, str], Indexes]] = {}
    for name, text in re.findall(r"^(\w+):((?:.*\n)(?:    .*\n)*)", PAGE, re.MULTILINE):
        columns: dict[str, bool] = {} if name in WITHOUT_ID else {"id": False}
        keys: dict[str, str] = {}
        indexes: Indexes = set()
        for word in text.replace("+edited", "created_at! updated_at!").split():
            if index := re.fullmatch(r"(U|ix|one|some)\((.+)\)", word):
                indexes.add((index[1], tuple(index[2].split(","))))
                continue
            column, _, parent = word.partition(">")
            columns[column.rstrip("!")] = column.endswith("!")
            if parent:
                keys[column.rstrip("!")] = parent
        tables[name] = (columns, keys, indexes)
    return tables


def test_page_was_read() -> None:
    """The notation above is understood: as many tables as the page has, each with columns."""
    page = _page()
    assert len(page) == 70
    assert all(len(columns) > 1 for columns, _, _ in page.values())


@pytest.mark.parametrize("table", sorted(_page()))
def test_table_is_as_the_page_says(latest: Path, table: str, schema: Schema) -> None:
    """Columns, NOT NULL, foreign keys, unique and plain indexes: all that the page names and nothing else."""
    columns, keys, indexes = schema(latest)[table]
    not_null = {column: bool(kind[1]) for column, kind in columns.items()}
    assert (not_null, keys, indexes) == _page()[table]


def test_no_other_tables(latest: Path, schema: Schema) -> None:
    """Every table of the database is on the page."""
    assert schema(latest).keys() == _page().keys()
