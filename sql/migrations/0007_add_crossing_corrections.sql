-- A crossing is never changed. What it should have said is an event of its own, recorded beside it.

CREATE TABLE crossing_correction (
  traveler_id uuid NOT NULL,
  correction_id uuid NOT NULL,
  crossing_id uuid NOT NULL,
  request_id uuid NOT NULL,
  principal text NOT NULL CHECK (char_length(principal) BETWEEN 1 AND 512),
  recorded_at timestamptz NOT NULL,
  revision integer NOT NULL CHECK (revision BETWEEN 1 AND 1000),
  voided boolean NOT NULL,
  captured_at timestamptz,
  local_date date,
  class_of_admission text CHECK (char_length(class_of_admission) BETWEEN 1 AND 8),
  authorized_until date,
  window_stay_days integer,
  window_days integer,
  reason text NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 2000),
  PRIMARY KEY (traveler_id, correction_id),
  FOREIGN KEY (traveler_id, crossing_id) REFERENCES crossing,
  CONSTRAINT crossing_correction_revisions_in_order UNIQUE (traveler_id, crossing_id, revision),
  CONSTRAINT crossing_correction_day_of_time CHECK ((captured_at IS NULL) = (local_date IS NULL)),
  CONSTRAINT crossing_correction_voids_or_changes
    CHECK (NOT voided OR num_nonnulls(captured_at, class_of_admission) = 0),
  CONSTRAINT crossing_correction_authorization_of_admission
    CHECK (authorized_until IS NULL OR class_of_admission IS NOT NULL),
  CONSTRAINT crossing_correction_window_is_whole
    CHECK ((window_stay_days IS NULL) = (window_days IS NULL)),
  CONSTRAINT crossing_correction_window_holds_stay
    CHECK (1 <= window_stay_days AND window_stay_days < window_days AND window_days <= 3660),
  CONSTRAINT crossing_correction_window_of_admission
    CHECK (window_days IS NULL OR class_of_admission IS NOT NULL)
);
COMMENT ON TABLE crossing_correction IS
  'What a crossing should have said. Append-only: of the corrections of one crossing the one with the greatest revision counts, and what it leaves null is as recorded.';
COMMENT ON COLUMN crossing_correction.request_id IS 'The request that recorded it.';
COMMENT ON COLUMN crossing_correction.principal IS 'Who corrected.';
COMMENT ON COLUMN crossing_correction.recorded_at IS 'When the service learned of it.';
COMMENT ON COLUMN crossing_correction.revision IS
  'Counts the corrections of one crossing from 1; the last one counts.';
COMMENT ON COLUMN crossing_correction.voided IS
  'The crossing did not happen, or was another person''s: it counts nowhere.';
COMMENT ON COLUMN crossing_correction.captured_at IS 'When it really happened at the lane.';
COMMENT ON COLUMN crossing_correction.local_date IS 'The calendar day of captured_at at the port.';
COMMENT ON COLUMN crossing_correction.class_of_admission IS
  'What was really granted on arrival; null: as recorded.';
COMMENT ON COLUMN crossing_correction.authorized_until IS
  'The last lawful day; null with a class: no fixed day.';
COMMENT ON COLUMN crossing_correction.window_stay_days IS
  'The days of stay allowed in any window_days; null: no such limit.';
COMMENT ON COLUMN crossing_correction.window_days IS 'The length of the moving window in days.';
COMMENT ON COLUMN crossing_correction.reason IS 'In the words of who corrected.';

COMMENT ON COLUMN request.subject_id IS
  'The crossing, case, admission change or correction that the request made or changed.';

CREATE TRIGGER crossing_correction_is_append_only
  BEFORE UPDATE OR DELETE OR TRUNCATE ON crossing_correction
  EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON crossing_correction TO entryexit_daemon;
