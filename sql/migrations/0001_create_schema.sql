-- The first schema. Two rules hold for every table here and later:
--
-- * What is about a traveler has traveler_id in its primary key, in every unique constraint and in
--   every foreign key, so that the tables can be distributed by it. The exceptions are the two
--   look-up tables travel_document and request, which are how a traveler is found in the first
--   place: each is keyed by its own deterministic id and refers to no other table.
-- * A rule that data must obey is a constraint. Enumerations are text with a CHECK, written as the
--   service and its API write them, because a value can be added without rewriting a table.

-- The role that the daemon's sign-in role is a member of. It holds what is granted below, no more.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'entryexit_daemon') THEN
    CREATE ROLE entryexit_daemon NOLOGIN;
  END IF;
EXCEPTION
  WHEN insufficient_privilege THEN
    RAISE EXCEPTION 'the role entryexit_daemon is missing and % may not create it: run sql/create_roles.sql as a superuser', current_user;
  WHEN duplicate_object OR unique_violation THEN
    NULL;  -- another database of this cluster was migrated at the same moment
END
$$;

-- Append-only is refused twice: by the missing privilege for the daemon, and by this for everybody.
CREATE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
COMMENT ON FUNCTION refuse_change() IS 'Trigger of append-only tables.';

CREATE TABLE traveler (
  traveler_id uuid PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE traveler IS
  'A person''s record. Its row lock orders everything that is recorded about the traveler.';
COMMENT ON COLUMN traveler.traveler_id IS 'Random UUID.';
COMMENT ON COLUMN traveler.created_at IS 'When the service first saw a document of the traveler.';

CREATE TABLE travel_document (
  document_id uuid PRIMARY KEY,
  traveler_id uuid NOT NULL,
  issuing_state text NOT NULL CHECK (issuing_state ~ '^[A-Z]{1,3}$'),
  number text NOT NULL CHECK (number ~ '^[A-Z0-9]{1,30}$'),
  nationality text NOT NULL CHECK (nationality ~ '^[A-Z]{1,3}$'),
  birth_date date NOT NULL,
  sex text NOT NULL CHECK (sex IN ('F', 'M', '<')),
  first_used_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX travel_document_traveler ON travel_document (traveler_id, first_used_at, document_id);
COMMENT ON TABLE travel_document IS
  'Look-up of the traveler who uses a document, with the data the document was first seen with.';
COMMENT ON COLUMN travel_document.document_id IS
  'Deterministic UUID of issuing state and number.';
COMMENT ON COLUMN travel_document.issuing_state IS 'ICAO 9303-3 code.';
COMMENT ON COLUMN travel_document.number IS 'Upper case, without filler.';
COMMENT ON COLUMN travel_document.nationality IS 'ICAO 9303-3 code.';
COMMENT ON COLUMN travel_document.birth_date IS 'As in the machine readable zone.';
COMMENT ON COLUMN travel_document.sex IS 'As in the machine readable zone; < is unspecified.';
COMMENT ON COLUMN travel_document.first_used_at IS 'When the service first saw the document.';

CREATE TABLE request (
  request_id uuid PRIMARY KEY,
  traveler_id uuid NOT NULL,
  principal text NOT NULL CHECK (char_length(principal) BETWEEN 1 AND 512),
  content_digest text NOT NULL CHECK (content_digest ~ '^[0-9a-f]{64}$'),
  subject_id uuid NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE request IS
  'Look-up of mutations carried out, written together with their effect, so that a retry finds it.';
COMMENT ON COLUMN request.request_id IS 'Chosen by the client.';
COMMENT ON COLUMN request.principal IS 'Who sent it.';
COMMENT ON COLUMN request.content_digest IS 'SHA-256 of what was asked.';
COMMENT ON COLUMN request.subject_id IS 'The crossing or case that the request made or changed.';

CREATE TABLE crossing (
  traveler_id uuid NOT NULL REFERENCES traveler,
  crossing_id uuid NOT NULL,
  request_id uuid NOT NULL,
  document_id uuid NOT NULL,
  direction text NOT NULL CHECK (direction IN ('ARRIVAL', 'DEPARTURE')),
  lane_id text NOT NULL CHECK (char_length(lane_id) BETWEEN 1 AND 64),
  port_id text NOT NULL CHECK (char_length(port_id) BETWEEN 1 AND 64),
  carrier text NOT NULL CHECK (char_length(carrier) <= 64),
  flight text NOT NULL CHECK (char_length(flight) <= 32),
  captured_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  local_date date NOT NULL,
  class_of_admission text CHECK (char_length(class_of_admission) BETWEEN 1 AND 8),
  authorized_until date,
  capture_status text NOT NULL
    CHECK (capture_status IN ('TEMPLATE_STORED', 'LOW_QUALITY', 'EXEMPT', 'OPTED_OUT')),
  findings jsonb NOT NULL CHECK (
    jsonb_typeof(findings) = 'array'
    AND NOT jsonb_path_exists(findings, '$[*] ? (@.measured == null || @.limit == null)')),
  opened_cases uuid[] NOT NULL,
  PRIMARY KEY (traveler_id, crossing_id),
  CONSTRAINT crossing_happens_once UNIQUE (traveler_id, lane_id, direction, captured_at),
  CONSTRAINT crossing_arrival_is_admission
    CHECK ((direction = 'ARRIVAL') = (class_of_admission IS NOT NULL)),
  CONSTRAINT crossing_authorization_of_admission
    CHECK (authorized_until IS NULL OR class_of_admission IS NOT NULL)
);
CREATE INDEX crossing_by_id ON crossing (crossing_id);
CREATE INDEX crossing_by_time ON crossing (traveler_id, captured_at, crossing_id);
COMMENT ON TABLE crossing IS
  'One arrival or departure of one traveler through one lane. Append-only.';
COMMENT ON COLUMN crossing.request_id IS 'The request that recorded it.';
COMMENT ON COLUMN crossing.document_id IS 'The travel document shown.';
COMMENT ON COLUMN crossing.carrier IS 'Empty when not known.';
COMMENT ON COLUMN crossing.flight IS 'Flight, voyage, train or vehicle; empty when not known.';
COMMENT ON COLUMN crossing.captured_at IS 'When it happened at the lane.';
COMMENT ON COLUMN crossing.recorded_at IS 'When the service learned of it.';
COMMENT ON COLUMN crossing.local_date IS 'The calendar day of captured_at at the port.';
COMMENT ON COLUMN crossing.class_of_admission IS 'Granted on arrival, e.g. B-2.';
COMMENT ON COLUMN crossing.authorized_until IS
  'The last lawful day, granted on arrival; null on arrival is duration of status.';
COMMENT ON COLUMN crossing.capture_status IS 'What became of the capture.';
COMMENT ON COLUMN crossing.findings IS
  'Why the capture gave no template: [{"issue", "measured", "limit"}].';
COMMENT ON COLUMN crossing.opened_cases IS
  'Cases opened in the same transaction, for the answer to a retry.';

CREATE TABLE capture (
  traveler_id uuid NOT NULL,
  crossing_id uuid NOT NULL,
  media_type text NOT NULL CHECK (media_type IN ('image/jpeg', 'image/png', 'image/webp')),
  digest text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
  key_id text NOT NULL CHECK (char_length(key_id) BETWEEN 1 AND 64),
  nonce bytea NOT NULL CHECK (octet_length(nonce) = 12),
  ciphertext bytea NOT NULL CHECK (octet_length(ciphertext) > 16),
  PRIMARY KEY (traveler_id, crossing_id),
  FOREIGN KEY (traveler_id, crossing_id) REFERENCES crossing
);
CREATE INDEX capture_by_crossing ON capture (crossing_id);
-- What is encrypted does not compress: do not try.
ALTER TABLE capture ALTER COLUMN ciphertext SET STORAGE EXTERNAL;
COMMENT ON TABLE capture IS 'The picture of a crossing as received, encrypted by the service.';
COMMENT ON COLUMN capture.digest IS 'SHA-256 of the picture.';
COMMENT ON COLUMN capture.key_id IS 'The key, by its name in the key file, that opens the record.';
COMMENT ON COLUMN capture.nonce IS 'Never used twice with one key.';
COMMENT ON COLUMN capture.ciphertext IS 'AES-256-GCM with its tag.';

CREATE TABLE template (
  traveler_id uuid NOT NULL,
  crossing_id uuid NOT NULL,
  direction text NOT NULL CHECK (direction IN ('ARRIVAL', 'DEPARTURE')),
  captured_at timestamptz NOT NULL,
  model_id text NOT NULL CHECK (char_length(model_id) BETWEEN 1 AND 128),
  model_digest text NOT NULL CHECK (model_digest ~ '^[0-9a-f]{64}$'),
  model_engine text NOT NULL CHECK (char_length(model_engine) <= 128),
  digest text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
  key_id text NOT NULL CHECK (char_length(key_id) BETWEEN 1 AND 64),
  nonce bytea NOT NULL CHECK (octet_length(nonce) = 12),
  ciphertext bytea NOT NULL CHECK (octet_length(ciphertext) > 16),
  PRIMARY KEY (traveler_id, crossing_id),
  FOREIGN KEY (traveler_id, crossing_id) REFERENCES crossing
);
ALTER TABLE template ALTER COLUMN ciphertext SET STORAGE EXTERNAL;
COMMENT ON TABLE template IS
  'The face embedding extracted from a capture, encrypted by the service.';
COMMENT ON COLUMN template.direction IS 'Of its crossing.';
COMMENT ON COLUMN template.captured_at IS 'Of its crossing.';
COMMENT ON COLUMN template.model_id IS 'The network, by its id in the model manifest.';
COMMENT ON COLUMN template.model_digest IS
  'SHA-256 of the weights; templates of different models are never compared.';
COMMENT ON COLUMN template.model_engine IS 'The build that ran the network; for the record.';
COMMENT ON COLUMN template.digest IS 'SHA-256 of the embedding''s bytes.';
COMMENT ON COLUMN template.key_id IS 'The key, by its name in the key file, that opens the record.';
COMMENT ON COLUMN template.nonce IS 'Never used twice with one key.';
COMMENT ON COLUMN template.ciphertext IS 'AES-256-GCM with its tag.';

CREATE TABLE comparison (
  traveler_id uuid NOT NULL,
  comparison_id uuid NOT NULL,
  crossing_id uuid NOT NULL,
  compared_at timestamptz NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('MATCH', 'NO_MATCH', 'INCONCLUSIVE', 'NO_REFERENCE',
                                           'LOW_QUALITY', 'EXEMPT', 'OPTED_OUT')),
  distance float8 CHECK (distance >= 0),
  estimated_fmr float8 CHECK (estimated_fmr BETWEEN 0 AND 1),
  probe_digest text NOT NULL CHECK (probe_digest ~ '^([0-9a-f]{64})?$'),
  reference_distances jsonb NOT NULL CHECK (
    jsonb_typeof(reference_distances) = 'array'
    AND NOT jsonb_path_exists(reference_distances, '$[*] ? (@.distance == null)')),
  model_id text NOT NULL CHECK (char_length(model_id) <= 128),
  model_digest text NOT NULL CHECK (char_length(model_digest) <= 64),
  model_engine text NOT NULL CHECK (char_length(model_engine) <= 128),
  fmr_match float8 NOT NULL,
  fmr_no_match float8 NOT NULL,
  match_distance float8 NOT NULL,
  no_match_distance float8 NOT NULL,
  calibration text NOT NULL CHECK (char_length(calibration) <= 64),
  best_k integer NOT NULL CHECK (best_k >= 1),
  rule_version text NOT NULL CHECK (char_length(rule_version) BETWEEN 1 AND 64),
  attempt integer NOT NULL CHECK (attempt >= 1),
  PRIMARY KEY (traveler_id, comparison_id),
  CONSTRAINT comparison_attempts_in_order UNIQUE (traveler_id, crossing_id, attempt),
  FOREIGN KEY (traveler_id, crossing_id) REFERENCES crossing,
  CONSTRAINT comparison_distance_when_compared
    CHECK ((outcome IN ('MATCH', 'NO_MATCH', 'INCONCLUSIVE')) = (distance IS NOT NULL)),
  CONSTRAINT comparison_fmr_of_distance CHECK ((distance IS NULL) = (estimated_fmr IS NULL)),
  CONSTRAINT comparison_thresholds_in_order CHECK (match_distance <= no_match_distance)
);
CREATE INDEX comparison_by_id ON comparison (comparison_id);
COMMENT ON TABLE comparison IS
  'The decision receipt of a departure: everything needed to show later how the outcome came about. Append-only: a departure compared again has several.';
COMMENT ON COLUMN comparison.crossing_id IS 'The departure that was compared.';
COMMENT ON COLUMN comparison.outcome IS 'What the machine said: a lead, never a determination.';
COMMENT ON COLUMN comparison.distance IS 'Fused distance, lower is more alike; null: not compared.';
COMMENT ON COLUMN comparison.estimated_fmr IS 'False match rate at the distance.';
COMMENT ON COLUMN comparison.probe_digest IS
  'SHA-256 of the departure''s template; empty when the capture gave none.';
COMMENT ON COLUMN comparison.reference_distances IS
  'The arrivals compared with: [{"crossing_id", "digest", "distance"}].';
COMMENT ON COLUMN comparison.fmr_match IS 'Target false match rate of a match.';
COMMENT ON COLUMN comparison.fmr_no_match IS 'False match rate beyond which there is no match.';
COMMENT ON COLUMN comparison.match_distance IS 'Match: distance at or below it.';
COMMENT ON COLUMN comparison.no_match_distance IS 'No match: distance above it.';
COMMENT ON COLUMN comparison.calibration IS 'The kind of pairs that set the thresholds.';
COMMENT ON COLUMN comparison.best_k IS 'The fused distance is the mean of the best so many.';
COMMENT ON COLUMN comparison.rule_version IS 'The version of the match rule that decided.';
COMMENT ON COLUMN comparison.attempt IS
  'Counts the comparisons of one departure from 1, whatever the clock says; the last one counts.';

CREATE TABLE stay (
  traveler_id uuid NOT NULL,
  arrival_id uuid NOT NULL,
  port_id text NOT NULL CHECK (char_length(port_id) BETWEEN 1 AND 64),
  state text NOT NULL CHECK (state IN ('OPEN', 'CLOSED', 'DEPARTURE_NOT_RECORDED')),
  arrived_at timestamptz NOT NULL,
  arrived_on date NOT NULL,
  class_of_admission text NOT NULL CHECK (char_length(class_of_admission) <= 8),
  authorized_until date,
  departure_id uuid,
  departed_at timestamptz,
  departed_on date,
  PRIMARY KEY (traveler_id, arrival_id),
  FOREIGN KEY (traveler_id, arrival_id) REFERENCES crossing,
  FOREIGN KEY (traveler_id, departure_id) REFERENCES crossing,
  CONSTRAINT stay_departs_once UNIQUE (traveler_id, departure_id),
  CONSTRAINT stay_closed_by_departure
    CHECK (num_nulls(departure_id, departed_at, departed_on) =
           CASE WHEN state = 'CLOSED' THEN 0 ELSE 3 END),
  CONSTRAINT stay_departs_after_arrival CHECK (departed_at >= arrived_at)
);
-- The overstay list in its own order; stays that can never be on it take no room.
CREATE INDEX stay_overstays ON stay (authorized_until, traveler_id, arrival_id)
  WHERE state = 'OPEN' OR (state = 'CLOSED' AND departed_on > authorized_until);
COMMENT ON TABLE stay IS
  'Opened by an arrival, closed by a departure. Derived from the crossings and replaceable.';
COMMENT ON COLUMN stay.port_id IS 'Of the arrival.';
COMMENT ON COLUMN stay.authorized_until IS 'The last lawful day; null is duration of status.';
COMMENT ON COLUMN stay.arrived_on IS 'Calendar day at the port of arrival.';
COMMENT ON COLUMN stay.departed_on IS 'Calendar day at the port of departure.';

CREATE TABLE review_case (
  traveler_id uuid NOT NULL,
  case_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN (
    'IDENTITY_NO_MATCH', 'IDENTITY_INCONCLUSIVE', 'NO_REFERENCE', 'OVERSTAY',
    'DEPARTURE_WITHOUT_ARRIVAL', 'ARRIVAL_ON_OPEN_STAY', 'DOCUMENT_DATA_CONFLICT')),
  severity text NOT NULL CHECK (severity IN ('LOW', 'MEDIUM', 'HIGH')),
  state text NOT NULL CHECK (state IN ('OPEN', 'UPHELD', 'DISMISSED', 'WITHDRAWN')),
  version integer NOT NULL CHECK (version >= 1),
  crossing_id uuid NOT NULL,
  comparison_id uuid,
  port_id text NOT NULL CHECK (char_length(port_id) BETWEEN 1 AND 64),
  days_overstayed integer NOT NULL CHECK (days_overstayed >= 0),
  opened_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (traveler_id, case_id),
  FOREIGN KEY (traveler_id, crossing_id) REFERENCES crossing,
  FOREIGN KEY (traveler_id, comparison_id) REFERENCES comparison,
  CONSTRAINT review_case_days_of_overstay CHECK (kind = 'OVERSTAY' OR days_overstayed = 0)
);
CREATE INDEX review_case_by_id ON review_case (case_id);
CREATE INDEX review_case_queue ON review_case (state, opened_at, case_id);
CREATE INDEX review_case_by_time ON review_case (opened_at, case_id);
COMMENT ON TABLE review_case IS 'Something that an officer must decide.';
COMMENT ON COLUMN review_case.version IS 'Grows by one with every change.';
COMMENT ON COLUMN review_case.crossing_id IS 'The crossing that shows it.';
COMMENT ON COLUMN review_case.comparison_id IS 'The comparison that shows it, if one does.';
COMMENT ON COLUMN review_case.days_overstayed IS 'Calendar days after the last lawful day.';

CREATE TABLE case_event (
  traveler_id uuid NOT NULL,
  case_id uuid NOT NULL,
  version integer NOT NULL CHECK (version >= 1),
  kind text NOT NULL
    CHECK (kind IN ('OPENED', 'REOPENED', 'UPDATED', 'UPHELD', 'DISMISSED', 'WITHDRAWN')),
  happened_at timestamptz NOT NULL,
  principal text NOT NULL CHECK (char_length(principal) BETWEEN 1 AND 512),
  reason text NOT NULL CHECK (char_length(reason) <= 2000),
  PRIMARY KEY (traveler_id, case_id, version),
  FOREIGN KEY (traveler_id, case_id) REFERENCES review_case
);
COMMENT ON TABLE case_event IS 'The history of a case, one row a change. Append-only.';
COMMENT ON COLUMN case_event.version IS 'Of the case after the event.';
COMMENT ON COLUMN case_event.principal IS 'The officer, or "service".';
COMMENT ON COLUMN case_event.reason IS 'The officer''s words, or the service''s.';

CREATE TRIGGER crossing_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON crossing
  EXECUTE FUNCTION refuse_change();
CREATE TRIGGER comparison_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON comparison
  EXECUTE FUNCTION refuse_change();
CREATE TRIGGER case_event_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON case_event
  EXECUTE FUNCTION refuse_change();

GRANT SELECT ON schema_migration TO entryexit_daemon;
GRANT SELECT, INSERT ON traveler, travel_document, request, crossing, capture, template, comparison,
  stay, review_case, case_event TO entryexit_daemon;
-- The least that PostgreSQL accepts for SELECT ... FOR UPDATE, which is the traveler's lock.
GRANT UPDATE (created_at) ON traveler TO entryexit_daemon;
GRANT DELETE ON stay TO entryexit_daemon;
GRANT UPDATE (state, severity, days_overstayed, comparison_id, version, updated_at)
  ON review_case TO entryexit_daemon;
