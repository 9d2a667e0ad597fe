-- A stay may also be limited by days in a moving window, and what an authority decides after the
-- arrival moves its last lawful day.

ALTER TABLE crossing
  ADD COLUMN window_stay_days integer,
  ADD COLUMN window_days integer,
  ADD CONSTRAINT crossing_window_is_whole
    CHECK ((window_stay_days IS NULL) = (window_days IS NULL)),
  ADD CONSTRAINT crossing_window_holds_stay
    CHECK (1 <= window_stay_days AND window_stay_days < window_days AND window_days <= 3660),
  ADD CONSTRAINT crossing_window_of_admission
    CHECK (window_days IS NULL OR class_of_admission IS NOT NULL);
COMMENT ON COLUMN crossing.window_stay_days IS
  'The days of stay allowed in any window_days, as of arrival; null: no such limit.';
COMMENT ON COLUMN crossing.window_days IS 'The length of the moving window in days.';
COMMENT ON COLUMN crossing.authorized_until IS
  'The last lawful day, granted on arrival; null on arrival: no fixed day.';

-- No application was known before.
ALTER TABLE stay
  ADD COLUMN pending_since date,
  ADD COLUMN adult_on date;
-- One born on 29 February turns 18 on 1 March; in no such year is there another 29 February.
UPDATE stay
SET adult_on = (first_document.birth_date + interval '18 years')::date
             + CASE WHEN to_char(first_document.birth_date, 'MM-DD') = '02-29' THEN 1 ELSE 0 END
FROM (SELECT DISTINCT ON (traveler_id) traveler_id, birth_date
      FROM travel_document ORDER BY traveler_id, first_used_at, document_id) first_document
WHERE first_document.traveler_id = stay.traveler_id;
COMMENT ON TABLE stay IS
  'Opened by an arrival, closed by a departure. Derived from the crossings and the admission changes, and replaceable.';
COMMENT ON COLUMN stay.class_of_admission IS 'On arrival.';
COMMENT ON COLUMN stay.authorized_until IS
  'The last lawful day as what is known gives it; null: no day ends the stay.';
COMMENT ON COLUMN stay.pending_since IS
  'An application filed on that day is undecided that lets the traveler stay: the stay is no overstay.';
COMMENT ON COLUMN stay.adult_on IS 'The traveler''s 18th birthday; null: not known.';

-- As before, less what an undecided application keeps off the list.
DROP INDEX stay_overstays;
CREATE INDEX stay_overstays ON stay (authorized_until, traveler_id, arrival_id)
  WHERE pending_since IS NULL
    AND (state = 'OPEN' OR (state = 'CLOSED' AND departed_on > authorized_until));

CREATE TABLE admission_change (
  traveler_id uuid NOT NULL REFERENCES traveler,
  change_id uuid NOT NULL,
  request_id uuid NOT NULL,
  principal text NOT NULL CHECK (char_length(principal) BETWEEN 1 AND 512),
  recorded_at timestamptz NOT NULL,
  application_id text NOT NULL CHECK (application_id ~ '^[A-Za-z0-9._-]{1,64}$'),
  revision integer NOT NULL CHECK (revision BETWEEN 1 AND 1000),
  kind text NOT NULL CHECK (kind IN ('EXTENSION', 'CHANGE_OF_STATUS', 'ADJUSTMENT_OF_STATUS')),
  filed_on date NOT NULL,
  decision text NOT NULL
    CHECK (decision IN ('PENDING', 'GRANTED', 'DENIED', 'WITHDRAWN', 'RECORDED_IN_ERROR')),
  decided_on date,
  class_of_admission text CHECK (char_length(class_of_admission) BETWEEN 1 AND 8),
  authorized_until date,
  PRIMARY KEY (traveler_id, change_id),
  CONSTRAINT admission_change_day_of_decision
    CHECK ((decision IN ('GRANTED', 'DENIED', 'WITHDRAWN')) = (decided_on IS NOT NULL)),
  CONSTRAINT admission_change_decided_after_filing CHECK (decided_on >= filed_on),
  CONSTRAINT admission_change_grant_is_admission
    CHECK ((decision = 'GRANTED') = (class_of_admission IS NOT NULL)),
  CONSTRAINT admission_change_authorization_of_grant
    CHECK (authorized_until IS NULL OR class_of_admission IS NOT NULL)
);
COMMENT ON TABLE admission_change IS
  'What an authority reported of an application to stay longer or in another class, one row a report. Append-only: an application that was decided has a report of its filing and one of its decision.';
COMMENT ON COLUMN admission_change.request_id IS 'The request that recorded it.';
COMMENT ON COLUMN admission_change.principal IS 'Who reported it.';
COMMENT ON COLUMN admission_change.recorded_at IS 'When the service learned of it.';
COMMENT ON COLUMN admission_change.application_id IS 'The authority''s receipt number.';
COMMENT ON COLUMN admission_change.kind IS 'What was asked for.';
COMMENT ON COLUMN admission_change.filed_on IS 'The day on which it was asked for.';
COMMENT ON COLUMN admission_change.revision IS
  'Of an application''s reports the one with the greatest counts, and of those the one decided last.';
COMMENT ON COLUMN admission_change.decision IS 'As of this report.';
COMMENT ON COLUMN admission_change.decided_on IS 'Null while nothing was decided.';
COMMENT ON COLUMN admission_change.class_of_admission IS 'Granted, e.g. F-1.';
COMMENT ON COLUMN admission_change.authorized_until IS
  'The last lawful day, granted; null in a grant: no day ends the stay.';

COMMENT ON COLUMN request.subject_id IS
  'The crossing, case or admission change that the request made or changed.';

CREATE TRIGGER admission_change_is_append_only
  BEFORE UPDATE OR DELETE OR TRUNCATE ON admission_change
  EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON admission_change TO entryexit_daemon;
