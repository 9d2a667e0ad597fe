-- What is recorded is kept for a time and then erased, and a receipt of that stays. Append-only
-- tables keep refusing: their rows go in one way alone, a function that demands the number of a
-- receipt written in the same transaction.

-- --------------------------------------------------------------------------------- receipts

CREATE TABLE erasure_receipt (
  number bigint PRIMARY KEY CHECK (number >= 1),
  run_id uuid NOT NULL,
  erased_at timestamptz NOT NULL,
  policy_digest text NOT NULL CHECK (policy_digest ~ '^[0-9a-f]{64}$'),
  principal text NOT NULL CHECK (char_length(principal) BETWEEN 1 AND 512),
  counts jsonb NOT NULL CHECK (
    jsonb_typeof(counts) = 'array' AND jsonb_array_length(counts) > 0
    AND NOT jsonb_path_exists(counts, '$[*] ? (@.kind == null || @.rule == null || @.count < 1)')),
  items_digest text NOT NULL CHECK (items_digest ~ '^[0-9a-f]{64}$'),
  previous_digest text NOT NULL CHECK (previous_digest ~ '^[0-9a-f]{64}$'),
  digest text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$')
);
COMMENT ON TABLE erasure_receipt IS
  'What was erased, one row a transaction that did, chained by digests. Append-only, for good; holds no personal data.';
COMMENT ON COLUMN erasure_receipt.number IS 'From 1, without gaps.';
COMMENT ON COLUMN erasure_receipt.run_id IS 'Random; the same in all receipts of one run.';
COMMENT ON COLUMN erasure_receipt.policy_digest IS 'SHA-256 of the policy in force.';
COMMENT ON COLUMN erasure_receipt.principal IS 'Who had it erased.';
COMMENT ON COLUMN erasure_receipt.counts IS
  'How many of what went under which rule: [{"kind", "rule", "count"}].';
COMMENT ON COLUMN erasure_receipt.items_digest IS 'SHA-256 of the sorted list of what was erased.';
COMMENT ON COLUMN erasure_receipt.previous_digest IS 'Of the receipt before; zeros in the first.';
COMMENT ON COLUMN erasure_receipt.digest IS 'SHA-256 of all of the above.';

CREATE FUNCTION chain_receipt() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  head record;
BEGIN
  SELECT number, digest INTO head FROM public.erasure_receipt ORDER BY number DESC LIMIT 1;
  IF NEW.number <> COALESCE(head.number, 0) + 1
     OR NEW.previous_digest <> COALESCE(head.digest, repeat('0', 64)) THEN
    RAISE EXCEPTION 'receipt % does not follow the last one', NEW.number
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION chain_receipt() IS
  'Trigger of the table erasure_receipt: each one follows the one before.';
CREATE TRIGGER erasure_receipt_follows BEFORE INSERT ON erasure_receipt
  FOR EACH ROW EXECUTE FUNCTION chain_receipt();

-- --------------------------------------------------------------- what append-only tables refuse

-- The setting alone opens nothing: the receipt that it names must be of this very transaction.
CREATE FUNCTION is_erasing() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
  SELECT EXISTS (
    SELECT FROM public.erasure_receipt
    WHERE xmin = pg_current_xact_id()::xid
      AND number = CASE WHEN current_setting('entryexit.erasing', true) ~ '^[0-9]{1,18}$'
                        THEN current_setting('entryexit.erasing', true)::bigint END)
$$;
COMMENT ON FUNCTION is_erasing() IS
  'Whether erase_items is at work for a receipt that this transaction has written.';

CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF TG_OP = 'DELETE' AND TG_NARGS = 0 AND public.is_erasing() THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
COMMENT ON FUNCTION refuse_change() IS
  'Trigger of append-only tables. With an argument it refuses for good, without one all but erase_items.';

CREATE OR REPLACE FUNCTION keep_stay_history() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  superseded record;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    superseded := OLD;
    superseded.known_until := NEW.known_until;
    IF OLD.known_until = 'infinity' AND NEW.known_until < 'infinity'
       AND NEW IS NOT DISTINCT FROM superseded THEN
      RETURN NEW;
    END IF;
  ELSIF TG_OP = 'DELETE' AND public.is_erasing() THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION 'table % keeps its history', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
COMMENT ON FUNCTION keep_stay_history() IS
  'Trigger of the table stay: all that may change is that a row ceases to be known, until erase_items takes the stay away.';

CREATE TRIGGER erasure_receipt_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON erasure_receipt
  EXECUTE FUNCTION refuse_change('for good');

-- ------------------------------------------------------------------------- holds and notices

CREATE TABLE legal_hold (
  traveler_id uuid NOT NULL REFERENCES traveler,
  hold_id uuid NOT NULL,
  event text NOT NULL CHECK (event IN ('PLACED', 'RELEASED')),
  request_id uuid NOT NULL,
  principal text NOT NULL CHECK (char_length(principal) BETWEEN 1 AND 512),
  recorded_at timestamptz NOT NULL,
  reference text NOT NULL CHECK (char_length(reference) BETWEEN 1 AND 500),
  PRIMARY KEY (traveler_id, hold_id, event)
);
COMMENT ON TABLE legal_hold IS
  'Orders that nothing of a traveler is erased, one row when one is placed and one when it is released. Append-only.';
COMMENT ON COLUMN legal_hold.request_id IS 'The request that recorded it.';
COMMENT ON COLUMN legal_hold.principal IS 'Who placed or released it.';
COMMENT ON COLUMN legal_hold.reference IS 'The order''s own number or words.';
CREATE TRIGGER legal_hold_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON legal_hold
  EXECUTE FUNCTION refuse_change();

CREATE TABLE erasure_notice (
  traveler_id uuid NOT NULL REFERENCES traveler,
  kind text NOT NULL CHECK (kind IN ('IMAGE', 'TEMPLATE', 'CROSSING', 'CASE')),
  subject_id uuid NOT NULL,
  due_at timestamptz NOT NULL,
  rule_id text NOT NULL CHECK (char_length(rule_id) BETWEEN 1 AND 64),
  announced_at timestamptz NOT NULL,
  run_id uuid NOT NULL,
  PRIMARY KEY (traveler_id, kind, subject_id, due_at)
);
COMMENT ON TABLE erasure_notice IS
  'Announcements that something will be erased. Append-only; they go with what they announce.';
COMMENT ON COLUMN erasure_notice.subject_id IS 'The crossing, or the case.';
COMMENT ON COLUMN erasure_notice.due_at IS
  'When it is due. Should that change, it is announced anew.';
COMMENT ON COLUMN erasure_notice.rule_id IS 'The rule of the policy.';
COMMENT ON COLUMN erasure_notice.run_id IS 'The run that announced it.';
CREATE TRIGGER erasure_notice_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON erasure_notice
  EXECUTE FUNCTION refuse_change();

CREATE TABLE settled_lead (
  traveler_id uuid NOT NULL,
  kind text NOT NULL,
  crossing_id uuid NOT NULL,
  severity text NOT NULL CHECK (severity IN ('LOW', 'MEDIUM', 'HIGH')),
  state text NOT NULL CHECK (state IN ('UPHELD', 'DISMISSED')),
  PRIMARY KEY (traveler_id, kind, crossing_id, severity),
  FOREIGN KEY (traveler_id, crossing_id) REFERENCES crossing
);
COMMENT ON TABLE settled_lead IS
  'Leads whose case an officer had decided when it was erased before its crossing: they open no case again unless they are graver. Goes with the crossing.';
COMMENT ON COLUMN settled_lead.kind IS 'As review_case.kind.';
COMMENT ON COLUMN settled_lead.severity IS 'Of the case that was decided.';
COMMENT ON COLUMN settled_lead.state IS 'How it was decided.';
CREATE TRIGGER settled_lead_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON settled_lead
  EXECUTE FUNCTION refuse_change();

-- ------------------------------------------------------------------------ where runs look

-- Copied, so that an index alone tells which pictures are due.
ALTER TABLE capture ADD COLUMN captured_at timestamptz, ADD COLUMN nationality text;
UPDATE capture
SET captured_at = crossing.captured_at,
    nationality = COALESCE(crossing.nationality, travel_document.nationality)
FROM crossing JOIN travel_document USING (document_id)
WHERE crossing.traveler_id = capture.traveler_id AND crossing.crossing_id = capture.crossing_id;
ALTER TABLE capture
  ALTER COLUMN captured_at SET NOT NULL,
  ALTER COLUMN nationality SET NOT NULL;
COMMENT ON COLUMN capture.captured_at IS 'Of its crossing.';
COMMENT ON COLUMN capture.nationality IS
  'As the document shown at the crossing said; ICAO 9303-3 code.';
CREATE INDEX capture_by_time ON capture (captured_at, traveler_id, crossing_id);
CREATE INDEX capture_by_nationality
  ON capture (nationality, captured_at, traveler_id, crossing_id);
CREATE INDEX template_by_time ON template (captured_at, traveler_id, crossing_id);
CREATE INDEX stay_by_departure ON stay (departed_at, traveler_id, arrival_id)
  WHERE known_until = 'infinity' AND departed_at IS NOT NULL;
CREATE INDEX stay_without_departure ON stay (arrived_at, traveler_id, arrival_id)
  WHERE known_until = 'infinity' AND departed_at IS NULL;
CREATE INDEX crossing_oldest ON crossing (captured_at, traveler_id, crossing_id);
CREATE INDEX review_case_closed ON review_case (updated_at, traveler_id, case_id)
  WHERE state <> 'OPEN';
-- The requests that go with a crossing, a case or the whole record.
CREATE INDEX request_by_subject ON request (traveler_id, subject_id);

-- ----------------------------------------------------------------------------- the one way out

CREATE FUNCTION erase_items(receipt bigint, of_traveler uuid, images uuid[], templates uuid[],
                            crossings uuid[], cases uuid[], whole_traveler boolean)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  removed bigint;
BEGIN
  PERFORM set_config('entryexit.erasing', receipt::text, true);
  IF receipt IS NULL OR NOT public.is_erasing() THEN
    RAISE EXCEPTION 'there is no receipt % of this transaction', receipt
      USING ERRCODE = 'restrict_violation';
  END IF;

  DELETE FROM public.erasure_notice
  WHERE traveler_id = of_traveler
    AND (kind = 'IMAGE' AND subject_id = ANY (images)
         OR kind = 'TEMPLATE' AND subject_id = ANY (templates)
         OR kind = 'CROSSING' AND subject_id = ANY (crossings)
         OR kind = 'CASE' AND subject_id = ANY (cases)
         OR whole_traveler);

  DELETE FROM public.case_event WHERE traveler_id = of_traveler AND case_id = ANY (cases);
  DELETE FROM public.review_case WHERE traveler_id = of_traveler AND case_id = ANY (cases);
  GET DIAGNOSTICS removed = ROW_COUNT;
  PERFORM public.check_removed('review_case', removed, cases);

  DELETE FROM public.capture WHERE traveler_id = of_traveler AND crossing_id = ANY (images);
  GET DIAGNOSTICS removed = ROW_COUNT;
  PERFORM public.check_removed('capture', removed, images);

  DELETE FROM public.template WHERE traveler_id = of_traveler AND crossing_id = ANY (templates);
  GET DIAGNOSTICS removed = ROW_COUNT;
  PERFORM public.check_removed('template', removed, templates);

  -- What refers to crossings goes before them. A later table that does belongs here.
  DELETE FROM public.request
  WHERE traveler_id = of_traveler
    AND subject_id IN (SELECT correction_id FROM public.crossing_correction
                       WHERE traveler_id = of_traveler AND crossing_id = ANY (crossings));
  DELETE FROM public.crossing_correction
  WHERE traveler_id = of_traveler AND crossing_id = ANY (crossings);
  DELETE FROM public.settled_lead
  WHERE traveler_id = of_traveler AND crossing_id = ANY (crossings);
  DELETE FROM public.comparison WHERE traveler_id = of_traveler AND crossing_id = ANY (crossings);
  DELETE FROM public.stay
  WHERE traveler_id = of_traveler
    AND (arrival_id = ANY (crossings) OR departure_id = ANY (crossings));
  DELETE FROM public.crossing WHERE traveler_id = of_traveler AND crossing_id = ANY (crossings);
  GET DIAGNOSTICS removed = ROW_COUNT;
  PERFORM public.check_removed('crossing', removed, crossings);

  DELETE FROM public.request
  WHERE traveler_id = of_traveler
    AND (whole_traveler OR subject_id = ANY (crossings || cases));

  IF whole_traveler THEN
    DELETE FROM public.admission_change WHERE traveler_id = of_traveler;
    DELETE FROM public.legal_hold WHERE traveler_id = of_traveler;
    DELETE FROM public.travel_document WHERE traveler_id = of_traveler;
    DELETE FROM public.traveler WHERE traveler_id = of_traveler;
    GET DIAGNOSTICS removed = ROW_COUNT;
    PERFORM public.check_removed('traveler', removed, ARRAY[of_traveler]);
  END IF;
  PERFORM set_config('entryexit.erasing', '', true);
END
$$;
COMMENT ON FUNCTION erase_items(bigint, uuid, uuid[], uuid[], uuid[], uuid[], boolean) IS
  'Erases these items of one traveler, with all that refers to them, under a receipt that the same transaction has written. Fails unless all of them were there, so that a receipt tells the truth. The caller holds the traveler''s lock.';

CREATE FUNCTION check_removed(of_table text, removed bigint, wanted uuid[]) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog AS $$
BEGIN
  IF removed <> cardinality(wanted) THEN
    RAISE EXCEPTION 'of % rows to erase from % there were %', cardinality(wanted), of_table, removed
      USING ERRCODE = 'data_corrupted';
  END IF;
END
$$;
COMMENT ON FUNCTION check_removed(text, bigint, uuid[]) IS 'Of erase_items: nothing was missing.';

REVOKE ALL ON FUNCTION erase_items(bigint, uuid, uuid[], uuid[], uuid[], uuid[], boolean)
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_items(bigint, uuid, uuid[], uuid[], uuid[], uuid[], boolean)
  TO entryexit_daemon;
GRANT SELECT, INSERT ON erasure_receipt, legal_hold, erasure_notice, settled_lead
  TO entryexit_daemon;
