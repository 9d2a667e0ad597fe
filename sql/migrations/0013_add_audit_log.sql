-- Who did or saw what: one record for each call that reads or changes personal data, written in the
-- transaction of its effect. Records are chains of digests, whose heads are signed from time to time.

-- ----------------------------------------------------------------------------------- records

CREATE TABLE audit_record (
  chain smallint NOT NULL CHECK (chain BETWEEN 0 AND 15),
  sequence bigint NOT NULL CHECK (sequence >= 1),
  recorded_at timestamptz NOT NULL,
  principal text NOT NULL CHECK (char_length(principal) BETWEEN 1 AND 512),
  method text NOT NULL CHECK (char_length(method) BETWEEN 1 AND 128),
  purpose text CHECK (char_length(purpose) BETWEEN 1 AND 64),
  case_id uuid,
  traveler_id uuid,
  subject text CHECK (char_length(subject) BETWEEN 1 AND 128),
  outcome text NOT NULL CHECK (outcome ~ '^[A-Z_]{1,64}$'),
  request_id uuid,
  digest bytea NOT NULL CHECK (octet_length(digest) = 32),
  PRIMARY KEY (chain, sequence)
);
COMMENT ON TABLE audit_record IS
  'Who read or changed what, one row for each call and traveler. Append-only, for good; written by append_audit_record alone. Keeps ids and no content.';
COMMENT ON COLUMN audit_record.chain IS
  'Records are several chains, so that calls do not wait for one another.';
COMMENT ON COLUMN audit_record.sequence IS 'Within the chain, from 1, without gaps.';
COMMENT ON COLUMN audit_record.recorded_at IS 'By the clock of the database.';
COMMENT ON COLUMN audit_record.principal IS 'Who called, by role and id: officer/4711.';
COMMENT ON COLUMN audit_record.method IS 'Of the API, in full: /entryexit.v1.BackOfficeService/GetCase.';
COMMENT ON COLUMN audit_record.purpose IS 'What for, as the caller said; null when none was asked for.';
COMMENT ON COLUMN audit_record.case_id IS 'The case that the caller said it was for.';
COMMENT ON COLUMN audit_record.traveler_id IS
  'Whose data; null for lists, and when nobody was found. The traveler may have been erased since.';
COMMENT ON COLUMN audit_record.subject IS
  'What of the traveler, or of what list: an id, or the id of a run.';
COMMENT ON COLUMN audit_record.outcome IS 'OK, or the reason why the call was refused.';
COMMENT ON COLUMN audit_record.request_id IS 'Of a change.';
COMMENT ON COLUMN audit_record.digest IS
  'SHA-256 of the row and of the digest before it in the chain; docs/audit.md says how.';
CREATE TRIGGER audit_record_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_record
  EXECUTE FUNCTION refuse_change('for good');

-- What auditors look by. All but the one by traveler grow at their ends.
CREATE INDEX audit_record_by_time ON audit_record (recorded_at, chain, sequence);
CREATE INDEX audit_record_by_principal ON audit_record (principal, recorded_at, chain, sequence);
CREATE INDEX audit_record_by_traveler ON audit_record (traveler_id, recorded_at, chain, sequence)
  WHERE traveler_id IS NOT NULL;

CREATE FUNCTION append_audit_record(by_principal text, of_method text, for_purpose text,
                                    for_case uuid, of_traveler uuid, of_subject text,
                                    with_outcome text, by_request uuid)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  chains CONSTANT integer := 16;
  locks CONSTANT integer := 1628439027;  -- any number that nothing else locks
  first CONSTANT integer := floor(random() * chains);
  own integer;
  last record;
  moment timestamptz;
  content text;
BEGIN
  -- A chain that nobody appends to. A transaction that appends twice finds at least the one it
  -- holds, so that none waits while it holds one.
  FOR i IN 0 .. chains - 1 LOOP
    own := (first + i) % chains;
    EXIT WHEN pg_try_advisory_xact_lock(locks, own);
    own := NULL;
  END LOOP;
  IF own IS NULL THEN
    own := first;
    PERFORM pg_advisory_xact_lock(locks, own);
  END IF;

  -- In READ COMMITTED this statement sees what whoever held the lock before has committed.
  SELECT sequence, digest INTO last FROM public.audit_record
  WHERE chain = own ORDER BY sequence DESC LIMIT 1;
  moment := clock_timestamp();
  -- Each value with its length, so that no two records give one text.
  SELECT string_agg(COALESCE(octet_length(convert_to(value, 'UTF8')) || ':' || value, '-'),
                    E'\n' ORDER BY place)
  INTO content
  FROM unnest(ARRAY['entryexit audit record 1', own::text, (COALESCE(last.sequence, 0) + 1)::text,
                    (extract(epoch FROM moment) * 1000000)::bigint::text, by_principal, of_method,
                    for_purpose, for_case::text, of_traveler::text, of_subject, with_outcome,
                    by_request::text, COALESCE(encode(last.digest, 'hex'), repeat('0', 64))])
       WITH ORDINALITY AS field (value, place);
  INSERT INTO public.audit_record (chain, sequence, recorded_at, principal, method, purpose,
                                   case_id, traveler_id, subject, outcome, request_id, digest)
  VALUES (own, COALESCE(last.sequence, 0) + 1, moment, by_principal, of_method, for_purpose,
          for_case, of_traveler, of_subject, with_outcome, by_request,
          sha256(convert_to(content, 'UTF8')));
END
$$;
COMMENT ON FUNCTION append_audit_record(text, text, text, uuid, uuid, text, text, uuid) IS
  'Appends to whichever chain is free and keeps that chain until the transaction ends: it is to be the last that a transaction does. The only way in.';

-- ------------------------------------------------------------------------------- checkpoints

CREATE TABLE audit_checkpoint (
  number bigint PRIMARY KEY CHECK (number >= 1),
  signed_at timestamptz NOT NULL,
  heads jsonb NOT NULL CHECK (jsonb_typeof(heads) = 'array'),
  previous_digest text NOT NULL CHECK (previous_digest ~ '^[0-9a-f]{64}$'),
  digest text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
  key_id text NOT NULL CHECK (key_id ~ '^[0-9a-f]{16}$'),
  signature text NOT NULL CHECK (signature ~ '^[0-9a-f]{128}$')
);
COMMENT ON TABLE audit_checkpoint IS
  'The last records of all chains at one moment, signed by the service. Append-only, for good.';
COMMENT ON COLUMN audit_checkpoint.number IS 'From 1, without gaps.';
COMMENT ON COLUMN audit_checkpoint.heads IS
  'The last record of each chain that has any, by chain: [{"chain", "sequence", "digest"}].';
COMMENT ON COLUMN audit_checkpoint.previous_digest IS 'Of the checkpoint before; zeros in the first.';
COMMENT ON COLUMN audit_checkpoint.digest IS 'SHA-256 of all of the above.';
COMMENT ON COLUMN audit_checkpoint.key_id IS 'Which key signed: the start of SHA-256 of its public half.';
COMMENT ON COLUMN audit_checkpoint.signature IS 'Ed25519, of what the digest is of.';
CREATE TRIGGER audit_checkpoint_is_append_only
  BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_checkpoint
  EXECUTE FUNCTION refuse_change('for good');

CREATE FUNCTION chain_checkpoint() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  last record;
BEGIN
  SELECT number, digest INTO last FROM public.audit_checkpoint ORDER BY number DESC LIMIT 1;
  IF NEW.number <> COALESCE(last.number, 0) + 1
     OR NEW.previous_digest <> COALESCE(last.digest, repeat('0', 64)) THEN
    RAISE EXCEPTION 'checkpoint % does not follow the last one', NEW.number
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION chain_checkpoint() IS
  'Trigger of the table audit_checkpoint: each one follows the one before.';
CREATE TRIGGER audit_checkpoint_follows BEFORE INSERT ON audit_checkpoint
  FOR EACH ROW EXECUTE FUNCTION chain_checkpoint();

REVOKE ALL ON FUNCTION append_audit_record(text, text, text, uuid, uuid, text, text, uuid)
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION append_audit_record(text, text, text, uuid, uuid, text, text, uuid)
  TO entryexit_daemon;
GRANT SELECT ON audit_record TO entryexit_daemon;
GRANT SELECT, INSERT ON audit_checkpoint TO entryexit_daemon;
