-- A traveler may ask for what is recorded to be corrected. The request is a case with a day on which
-- an answer is due, and until it is granted the traveler's record is disputed.

ALTER TABLE review_case
  DROP CONSTRAINT review_case_kind_check,
  ADD CONSTRAINT review_case_kind_check CHECK (kind IN (
    'IDENTITY_NO_MATCH', 'IDENTITY_INCONCLUSIVE', 'NO_REFERENCE', 'OVERSTAY',
    'DEPARTURE_WITHOUT_ARRIVAL', 'ARRIVAL_ON_OPEN_STAY', 'DOCUMENT_DATA_CONFLICT',
    'SUSPECTED_OVERSTAY', 'CORRECTION_REQUEST')),
  ADD COLUMN received_on date,
  ADD COLUMN due_on date,
  ADD COLUMN disputed_case_id uuid,
  ADD CONSTRAINT review_case_days_of_request
    CHECK ((kind = 'CORRECTION_REQUEST') = (received_on IS NOT NULL)),
  ADD CONSTRAINT review_case_due_after_receipt
    CHECK (received_on <= due_on AND (received_on IS NULL) = (due_on IS NULL)),
  ADD CONSTRAINT review_case_disputed_by_request
    CHECK (disputed_case_id IS NULL OR kind = 'CORRECTION_REQUEST');
COMMENT ON COLUMN review_case.received_on IS
  'The day on which the traveler''s request for a correction was received; null in other cases.';
COMMENT ON COLUMN review_case.due_on IS 'The last day for an answer to it; null in other cases.';
COMMENT ON COLUMN review_case.disputed_case_id IS
  'The case that the traveler disputes; null: the crossing.';
COMMENT ON COLUMN review_case.crossing_id IS
  'The crossing that shows it; of a suspected overstay, the arrival; of a request, the one in dispute.';

-- Of the leads that a crossing raises there is one of a kind; of requests, one at a time.
ALTER TABLE review_case DROP CONSTRAINT review_case_once_a_lead;
CREATE UNIQUE INDEX review_case_once_a_lead ON review_case (traveler_id, kind, crossing_id)
  WHERE kind <> 'CORRECTION_REQUEST';
CREATE UNIQUE INDEX review_case_one_request_waits ON review_case (traveler_id, crossing_id)
  WHERE kind = 'CORRECTION_REQUEST' AND state IN ('OPEN', 'AWAITS_SECOND_OFFICER');
-- Who disputes what is recorded: whose request was not granted.
CREATE INDEX review_case_disputes ON review_case (traveler_id)
  WHERE kind = 'CORRECTION_REQUEST' AND state IN ('OPEN', 'AWAITS_SECOND_OFFICER', 'DISMISSED');
-- The queue of requests.
CREATE INDEX review_case_by_due_day ON review_case (due_on, case_id) WHERE due_on IS NOT NULL;

ALTER TABLE case_event
  DROP CONSTRAINT case_event_kind_check,
  ADD CONSTRAINT case_event_kind_check CHECK (kind IN (
    'OPENED', 'REOPENED', 'UPDATED', 'UPHELD_BY_ONE', 'DISMISSED_BY_ONE', 'NOT_CONFIRMED', 'UPHELD',
    'DISMISSED', 'WITHDRAWN')),
  ADD COLUMN done_by uuid[] NOT NULL DEFAULT '{}' CHECK (cardinality(done_by) <= 20);
COMMENT ON COLUMN case_event.done_by IS
  'The requests by which a correction that was asked for was made; empty in other events.';
COMMENT ON COLUMN case_event.reason IS
  'The officer''s words, or the service''s; of a request that was filed, the traveler''s.';

-- To refuse a request harms the person, too: it does not skip that state either.
DROP TRIGGER review_case_is_upheld_by_two ON review_case;
DROP FUNCTION refuse_lone_decision();
CREATE FUNCTION refuse_lone_decision() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  RAISE EXCEPTION 'a case of % does not become % by one officer', NEW.kind, NEW.state
    USING ERRCODE = 'restrict_violation';
END
$$;
COMMENT ON FUNCTION refuse_lone_decision() IS
  'Trigger of the table review_case: some decisions cannot skip the state that awaits a second officer.';
CREATE TRIGGER review_case_takes_two BEFORE UPDATE ON review_case
  FOR EACH ROW
  WHEN (OLD.state NOT IN (NEW.state, 'AWAITS_SECOND_OFFICER')
        AND (NEW.state = 'UPHELD' AND NEW.kind IN ('IDENTITY_NO_MATCH', 'IDENTITY_INCONCLUSIVE',
                                                   'OVERSTAY', 'SUSPECTED_OVERSTAY')
             OR NEW.state = 'DISMISSED' AND NEW.kind = 'CORRECTION_REQUEST'))
  EXECUTE FUNCTION refuse_lone_decision();
