-- A role for those who look into the database past the service: operations and statistics of one's
-- own. It is given columns, one by one, so that a column added later is not readable until it is
-- given too. It sees no sealed bytes and no digest of them; nothing that names a person or helps to
-- find one (document numbers and the ids made from them, birth dates and the day of coming of age,
-- numbers of applications); no words of officers, no principals but those of erasure receipts, no
-- legal holds.

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'entryexit_reader') THEN
    CREATE ROLE entryexit_reader NOLOGIN;
  END IF;
EXCEPTION
  WHEN insufficient_privilege THEN
    RAISE EXCEPTION 'the role entryexit_reader is missing and % may not create it: run sql/create_roles.sql as a superuser', current_user;
  WHEN duplicate_object OR unique_violation THEN
    NULL;  -- another database of this cluster was migrated at the same moment
END
$$;

GRANT SELECT (version, name, sha256, applied_at) ON schema_migration TO entryexit_reader;
GRANT SELECT (traveler_id, created_at) ON traveler TO entryexit_reader;
GRANT SELECT (number, run_id, erased_at, policy_digest, principal, counts, items_digest,
              previous_digest, digest)
  ON erasure_receipt TO entryexit_reader;
GRANT SELECT (traveler_id, kind, subject_id, due_at, rule_id, announced_at, run_id)
  ON erasure_notice TO entryexit_reader;
GRANT SELECT (traveler_id, kind, crossing_id, severity, state) ON settled_lead TO entryexit_reader;
GRANT SELECT (traveler_id, case_id, kind, severity, state, version, crossing_id, comparison_id,
              port_id, days_overstayed, opened_at, updated_at, received_on, due_on,
              disputed_case_id)
  ON review_case TO entryexit_reader;
GRANT SELECT (traveler_id, crossing_id, direction, lane_id, port_id, carrier, flight, captured_at,
              recorded_at, local_date, class_of_admission, authorized_until, window_stay_days,
              window_days, capture_status, findings, opened_cases, nationality, sex)
  ON crossing TO entryexit_reader;
GRANT SELECT (traveler_id, correction_id, crossing_id, recorded_at, revision, voided, captured_at,
              local_date, class_of_admission, authorized_until, window_stay_days, window_days,
              moved_to)
  ON crossing_correction TO entryexit_reader;
GRANT SELECT (traveler_id, change_id, recorded_at, revision, kind, filed_on, decision, decided_on,
              class_of_admission, authorized_until)
  ON admission_change TO entryexit_reader;
GRANT SELECT (traveler_id, arrival_id, nationality, port_id, state, arrived_at, arrived_on,
              class_of_admission, authorized_until, pending_since, departure_id, departed_at,
              departed_on, known_from, known_until)
  ON stay TO entryexit_reader;
GRANT SELECT (traveler_id, comparison_id, crossing_id, attempt, compared_at, outcome, distance,
              estimated_fmr, fmr_bound, model_id, model_digest, model_engine, fmr_match,
              fmr_no_match, match_distance, no_match_distance, calibration, best_k, rule_version)
  ON comparison TO entryexit_reader;
GRANT SELECT (traveler_id, case_id, version, kind, happened_at) ON case_event TO entryexit_reader;
GRANT SELECT (traveler_id, crossing_id, media_type, captured_at, nationality, key_id)
  ON capture TO entryexit_reader;
GRANT SELECT (traveler_id, crossing_id, direction, captured_at, model_id, model_digest,
              model_engine, key_id)
  ON template TO entryexit_reader;
GRANT SELECT (key_id, kek_id, created_at, retired_at) ON data_key TO entryexit_reader;
GRANT SELECT (rotation_id, key_id, started_at, finished_at) ON key_rotation TO entryexit_reader;
