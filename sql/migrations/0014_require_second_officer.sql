-- A decision that harms the person concerned takes two people: after the first the case awaits a
-- second officer. Cases that one officer upheld before stay as they are.

ALTER TABLE review_case
  DROP CONSTRAINT review_case_state_check,
  ADD CONSTRAINT review_case_state_check CHECK (state IN (
    'OPEN', 'AWAITS_SECOND_OFFICER', 'UPHELD', 'DISMISSED', 'WITHDRAWN')),
  ADD COLUMN first_officer text CHECK (char_length(first_officer) BETWEEN 1 AND 512),
  ADD CONSTRAINT review_case_first_officer_of_two
    CHECK ((state = 'AWAITS_SECOND_OFFICER') = (first_officer IS NOT NULL));
COMMENT ON COLUMN review_case.first_officer IS
  'Who decided first, while a second officer is awaited; null otherwise.';

ALTER TABLE case_event
  DROP CONSTRAINT case_event_kind_check,
  ADD CONSTRAINT case_event_kind_check CHECK (kind IN (
    'OPENED', 'REOPENED', 'UPDATED', 'UPHELD_BY_ONE', 'NOT_CONFIRMED', 'UPHELD', 'DISMISSED',
    'WITHDRAWN'));

-- Whatever the daemon believes: no case of an impostor or an overstay is upheld, or begins as upheld,
-- without the state that awaits a second officer. That the second is somebody else the service checks.
CREATE FUNCTION refuse_lone_decision() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  RAISE EXCEPTION 'a case of % is not upheld by one officer', NEW.kind
    USING ERRCODE = 'restrict_violation';
END
$$;
COMMENT ON FUNCTION refuse_lone_decision() IS
  'Trigger of the table review_case: some decisions cannot skip the state that awaits a second officer.';
CREATE TRIGGER review_case_is_upheld_by_two BEFORE UPDATE ON review_case
  FOR EACH ROW
  WHEN (NEW.state = 'UPHELD' AND OLD.state NOT IN ('UPHELD', 'AWAITS_SECOND_OFFICER')
        AND NEW.kind IN ('IDENTITY_NO_MATCH', 'IDENTITY_INCONCLUSIVE', 'OVERSTAY',
                         'SUSPECTED_OVERSTAY'))
  EXECUTE FUNCTION refuse_lone_decision();

CREATE FUNCTION refuse_case_not_open() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  RAISE EXCEPTION 'a case of % does not begin as %', NEW.kind, NEW.state
    USING ERRCODE = 'restrict_violation';
END
$$;
COMMENT ON FUNCTION refuse_case_not_open() IS
  'Trigger of the table review_case: every case begins open, so that none is decided at once.';
CREATE TRIGGER review_case_begins_open BEFORE INSERT ON review_case
  FOR EACH ROW WHEN (NEW.state <> 'OPEN') EXECUTE FUNCTION refuse_case_not_open();

-- Its condition is that of the list of cases that may be due for erasure.
DROP INDEX review_case_closed;
CREATE INDEX review_case_closed ON review_case (updated_at, traveler_id, case_id)
  WHERE state NOT IN ('OPEN', 'AWAITS_SECOND_OFFICER');

GRANT UPDATE (first_officer) ON review_case TO entryexit_daemon;
