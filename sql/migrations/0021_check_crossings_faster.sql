-- What every crossing pays for once more: less of it, with the same rules and the same result.

-- A regular expression that counts, {64}, has a state for each count, and PostgreSQL makes the
-- states anew with each value: 8 us a digest, of which a departure has five, in place of 1 us.
ALTER DOMAIN sha256_hex DROP CONSTRAINT sha256_hex_check;
ALTER DOMAIN sha256_hex ADD CHECK (char_length(VALUE) = 64 AND VALUE ~ '^[0-9a-f]+$');
ALTER DOMAIN sha256_hex_or_none DROP CONSTRAINT sha256_hex_or_none_check;
ALTER DOMAIN sha256_hex_or_none ADD CHECK (char_length(VALUE) IN (0, 64) AND VALUE ~ '^[0-9a-f]*$');
ALTER DOMAIN outcome_or_reason DROP CONSTRAINT outcome_or_reason_check;
ALTER DOMAIN outcome_or_reason ADD CHECK (char_length(VALUE) <= 64 AND VALUE ~ '^[A-Z_]+$');

-- What columns must be together. The text of a CHECK is read and planned anew for every INSERT and
-- UPDATE, which for the rules of a crossing took 30 us; a function is kept ready. A rule that has
-- no answer, since a column of it is null, holds, as in a CHECK. To change a rule, make a new
-- function and a new CHECK of it: rows that are there are not looked at when a function is
-- replaced.

CREATE FUNCTION crossing_columns_agree(direction direction_name,
                                       class_of_admission class_of_admission_code,
                                       authorized_until date, window_stay_days integer,
                                       window_days integer, nationality state_code,
                                       birth_date date, sex document_sex)
RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN
    -- An arrival is an admission, and nothing else is.
    (direction = 'ARRIVAL') = (class_of_admission IS NOT NULL)
    AND (authorized_until IS NULL OR class_of_admission IS NOT NULL)
    -- A window is whole, holds its stay, and belongs to an admission.
    AND (window_stay_days IS NULL) = (window_days IS NULL)
    AND 1 <= window_stay_days AND window_stay_days < window_days AND window_days <= 3660
    AND (window_days IS NULL OR class_of_admission IS NOT NULL)
    -- Who holds the document is told as a whole.
    AND num_nulls(nationality, birth_date, sex) IN (0, 3);
END
$$;
COMMENT ON FUNCTION crossing_columns_agree(direction_name, class_of_admission_code, date, integer,
                                           integer, state_code, date, document_sex) IS
  'Of the CHECK of crossing: what its columns must be together.';

CREATE FUNCTION comparison_columns_agree(outcome outcome_name, distance face_distance,
                                         estimated_fmr match_rate, fmr_bound match_rate_bound,
                                         match_distance float8, no_match_distance float8)
RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN
    -- There is a distance when faces were compared, a rate of each distance, and a bound of rates
    -- only.
    (outcome IN ('MATCH', 'NO_MATCH', 'INCONCLUSIVE')) = (distance IS NOT NULL)
    AND (distance IS NULL) = (estimated_fmr IS NULL)
    AND (fmr_bound IS NULL OR estimated_fmr IS NOT NULL)
    AND match_distance <= no_match_distance;
END
$$;
COMMENT ON FUNCTION comparison_columns_agree(outcome_name, face_distance, match_rate,
                                             match_rate_bound, float8, float8) IS
  'Of the CHECK of comparison: what its columns must be together.';

CREATE FUNCTION stay_columns_agree(state stay_state_name, arrived_at timestamptz, departure_id uuid,
                                   departed_at timestamptz, departed_on date,
                                   known_from timestamptz, known_until timestamptz)
RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN
    -- A stay that a departure closed tells all of the departure, and another nothing.
    num_nulls(departure_id, departed_at, departed_on) =
      CASE WHEN state IN ('CLOSED', 'DEPARTURE_UNCONFIRMED') THEN 0 ELSE 3 END
    AND departed_at >= arrived_at
    AND known_from < known_until;
END
$$;
COMMENT ON FUNCTION stay_columns_agree(stay_state_name, timestamptz, uuid, timestamptz, date,
                                       timestamptz, timestamptz) IS
  'Of the CHECK of stay: what its columns must be together.';

ALTER TABLE crossing
  DROP CONSTRAINT crossing_arrival_is_admission,
  DROP CONSTRAINT crossing_authorization_of_admission,
  DROP CONSTRAINT crossing_window_is_whole,
  DROP CONSTRAINT crossing_window_holds_stay,
  DROP CONSTRAINT crossing_window_of_admission,
  DROP CONSTRAINT crossing_holder_is_whole,
  ADD CONSTRAINT crossing_columns_agree CHECK (
    crossing_columns_agree(direction, class_of_admission, authorized_until, window_stay_days,
                           window_days, nationality, birth_date, sex));
ALTER TABLE comparison
  DROP CONSTRAINT comparison_distance_when_compared,
  DROP CONSTRAINT comparison_fmr_of_distance,
  DROP CONSTRAINT comparison_bound_of_fmr,
  DROP CONSTRAINT comparison_thresholds_in_order,
  ADD CONSTRAINT comparison_columns_agree CHECK (
    comparison_columns_agree(outcome, distance, estimated_fmr, fmr_bound, match_distance,
                             no_match_distance));
ALTER TABLE stay
  DROP CONSTRAINT stay_closed_by_departure,
  DROP CONSTRAINT stay_departs_after_arrival,
  DROP CONSTRAINT stay_known_for_a_time,
  ADD CONSTRAINT stay_columns_agree CHECK (
    stay_columns_agree(state, arrived_at, departure_id, departed_at, departed_on, known_from,
                       known_until));

-- As before, with fewer statements and calls of functions, each of which is set up anew in every
-- transaction.
CREATE OR REPLACE FUNCTION append_audit_record(by_principal text, of_method text, for_purpose text,
                                               for_case uuid, of_traveler uuid, of_subject text,
                                               with_outcome text, by_request uuid)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  chains CONSTANT integer := 16;
  locks CONSTANT integer := 1628439027;  -- any number that nothing else locks
  own integer := floor(random() * chains);
  in_use integer := 0;
  last record;
  next bigint;
  moment timestamptz;
  micros bigint;
BEGIN
  -- A chain that nobody appends to. A transaction that appends twice finds at least the one it
  -- holds, so that none waits while it holds one.
  WHILE in_use < chains AND NOT pg_try_advisory_xact_lock(locks, own) LOOP
    own := (own + 1) % chains;
    in_use := in_use + 1;
  END LOOP;
  IF in_use = chains THEN
    PERFORM pg_advisory_xact_lock(locks, own);
  END IF;

  -- In READ COMMITTED this statement sees what whoever held the lock before has committed.
  SELECT sequence, digest INTO last FROM public.audit_record
  WHERE chain = own ORDER BY sequence DESC LIMIT 1;
  next := COALESCE(last.sequence, 0) + 1;
  moment := clock_timestamp();
  micros := extract(epoch FROM moment) * 1000000;
  -- The digest is of each value with its length in bytes, so that no two records give one text.
  INSERT INTO public.audit_record (chain, sequence, recorded_at, principal, method, purpose,
                                   case_id, traveler_id, subject, outcome, request_id, digest)
  VALUES (own, next, moment, by_principal, of_method, for_purpose, for_case, of_traveler,
          of_subject, with_outcome, by_request,
          sha256(convert_to(concat(
            '24:entryexit audit record 1',
            E'\n', length(own::text), ':', own,
            E'\n', length(next::text), ':', next,
            E'\n', length(micros::text), ':', micros,
            E'\n', octet_length(convert_to(by_principal, 'UTF8')), ':', by_principal,
            E'\n', octet_length(convert_to(of_method, 'UTF8')), ':', of_method,
            E'\n', COALESCE(octet_length(convert_to(for_purpose, 'UTF8')) || ':' || for_purpose,
                             '-'),
            E'\n', COALESCE('36:' || for_case::text, '-'),
            E'\n', COALESCE('36:' || of_traveler::text, '-'),
            E'\n', COALESCE(octet_length(convert_to(of_subject, 'UTF8')) || ':' || of_subject,
                             '-'),
            E'\n', octet_length(convert_to(with_outcome, 'UTF8')), ':', with_outcome,
            E'\n', COALESCE('36:' || by_request::text, '-'),
            E'\n64:', COALESCE(encode(last.digest, 'hex'), repeat('0', 64))), 'UTF8')));
END
$$;
