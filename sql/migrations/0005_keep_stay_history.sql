-- A stay as it was known is kept when more becomes known, so that a report of what was known at a
-- moment comes out the same whenever it is made: the table holds a row for each state of knowledge.
-- A suspected overstay, which comes about by the mere passing of days, becomes a kind of case.

ALTER TABLE stay
  ADD COLUMN nationality text CHECK (nationality ~ '^[A-Z]{1,3}$'),
  ADD COLUMN known_from timestamptz,
  ADD COLUMN known_until timestamptz NOT NULL DEFAULT 'infinity';

-- The stays from before are what follows from everything recorded up to now, and so are known since
-- the last of it was. How they were known earlier is lost: reports of an earlier moment lack them.
UPDATE stay
SET known_from = recorded.last_at, nationality = first_document.nationality
FROM (
  SELECT traveler_id, max(recorded_at) AS last_at
  FROM (SELECT traveler_id, recorded_at FROM crossing
        UNION ALL
        SELECT traveler_id, recorded_at FROM admission_change) event
  GROUP BY traveler_id) recorded,
  (SELECT DISTINCT ON (traveler_id) traveler_id, nationality
   FROM travel_document ORDER BY traveler_id, first_used_at, document_id) first_document
WHERE recorded.traveler_id = stay.traveler_id AND first_document.traveler_id = stay.traveler_id;

ALTER TABLE stay
  ALTER COLUMN nationality SET NOT NULL,
  ALTER COLUMN known_from SET NOT NULL,
  ADD CONSTRAINT stay_known_for_a_time CHECK (known_from < known_until),
  DROP CONSTRAINT stay_pkey,
  ADD CONSTRAINT stay_pkey PRIMARY KEY (traveler_id, arrival_id, known_from),
  DROP CONSTRAINT stay_departs_once;
COMMENT ON TABLE stay IS
  'Opened by an arrival, closed by a departure. Derived from the crossings and the admission changes; one row for each state in which it was known. History: a row that is no longer true is given its known_until, and a new one follows.';
COMMENT ON COLUMN stay.nationality IS 'Of the traveler''s first document; ICAO 9303-3 code.';
COMMENT ON COLUMN stay.known_from IS 'When what made the stay so was recorded.';
COMMENT ON COLUMN stay.known_until IS
  'When what made it otherwise was recorded; infinity: it is known so now.';
COMMENT ON COLUMN stay.authorized_until IS
  'The last lawful day as what was known gives it; null: no day ends the stay.';
COMMENT ON COLUMN stay.pending_since IS
  'An application filed on that day was undecided that lets the traveler stay: the stay is no overstay.';

-- Of what is known now there is one row to an arrival, and a departure ends one stay.
CREATE UNIQUE INDEX stay_known_once ON stay (traveler_id, arrival_id)
  WHERE known_until = 'infinity';
CREATE UNIQUE INDEX stay_departs_once ON stay (traveler_id, departure_id)
  WHERE known_until = 'infinity' AND departure_id IS NOT NULL;
-- The overstay list in its own order, as before, of what is known now.
DROP INDEX stay_overstays;
CREATE INDEX stay_overstays ON stay (authorized_until, traveler_id, arrival_id)
  WHERE known_until = 'infinity'
    AND pending_since IS NULL
    AND (state = 'OPEN' OR (state = 'CLOSED' AND departed_on > authorized_until));
-- Who has not departed, in the order in which they are reviewed.
CREATE INDEX stay_open ON stay (traveler_id, authorized_until)
  WHERE known_until = 'infinity' AND pending_since IS NULL AND state = 'OPEN';
-- A report of a period, by what is known now.
CREATE INDEX stay_by_last_day ON stay (authorized_until) WHERE known_until = 'infinity';
-- What a report of an earlier moment adds: the rows that were still true then.
CREATE INDEX stay_no_longer_so ON stay (known_until, authorized_until)
  WHERE known_until < 'infinity';
-- A report of a period.
CREATE INDEX crossing_by_day ON crossing (local_date);

CREATE FUNCTION keep_stay_history() RETURNS trigger
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
  END IF;
  RAISE EXCEPTION 'table % keeps its history', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
COMMENT ON FUNCTION keep_stay_history() IS
  'Trigger of the table stay: all that may change is that a row ceases to be known.';
CREATE TRIGGER stay_only_ceases_to_be_known BEFORE UPDATE ON stay
  FOR EACH ROW EXECUTE FUNCTION keep_stay_history();
CREATE TRIGGER stay_is_never_removed BEFORE DELETE OR TRUNCATE ON stay
  EXECUTE FUNCTION keep_stay_history();

REVOKE DELETE ON stay FROM entryexit_daemon;
GRANT UPDATE (known_until) ON stay TO entryexit_daemon;

ALTER TABLE review_case
  DROP CONSTRAINT review_case_kind_check,
  ADD CONSTRAINT review_case_kind_check CHECK (kind IN (
    'IDENTITY_NO_MATCH', 'IDENTITY_INCONCLUSIVE', 'NO_REFERENCE', 'OVERSTAY',
    'DEPARTURE_WITHOUT_ARRIVAL', 'ARRIVAL_ON_OPEN_STAY', 'DOCUMENT_DATA_CONFLICT',
    'SUSPECTED_OVERSTAY'));
COMMENT ON COLUMN review_case.crossing_id IS
  'The crossing that shows it; of a suspected overstay, the arrival.';
COMMENT ON COLUMN review_case.days_overstayed IS
  'Calendar days after the last lawful day, at the departure that shows them; of a suspected overstay they grow every day and are not kept.';
