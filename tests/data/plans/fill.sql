-- What the plans beside this file were made on: 5,000 travelers with two stays each, of the years
-- 2025 and 2026. No table has more rows than ANALYZE reads, so that its figures, and with them the
-- plans, do not hang on a sample.
CREATE TEMPORARY TABLE visit AS
  SELECT i, k,
         md5('traveler ' || i)::uuid AS traveler_id,
         md5('document ' || i)::uuid AS document_id,
         md5(format('arrival %s of %s', k, i))::uuid AS arrival_id,
         md5(format('departure %s of %s', k, i))::uuid AS departure_id,
         (ARRAY['SEA', 'PDX', 'SFO', 'LAX', 'JFK'])[1 + i % 5] AS port_id,
         (ARRAY['UTO', 'D', 'XXA', 'XXB', 'XXC', 'XXD', 'XXE'])[1 + i % 7] AS nationality,
         arrived_on,
         -- One in ten may stay for the duration of status.
         CASE WHEN i % 10 <> 9 THEN arrived_on + 90 END AS authorized_until,
         CASE
           WHEN k = 0 AND i % 97 = 0 THEN NULL  -- came again without a departure
           WHEN k = 1 AND i % 25 = 0 THEN NULL  -- has not departed
           WHEN i % 50 = 1 THEN arrived_on + 120
           ELSE arrived_on + 1 + i % 60
         END AS departed_on,
         CASE WHEN k = 1 AND i % 125 = 0 THEN arrived_on + 80 END AS pending_since
  FROM generate_series(1, 5000) i, generate_series(0, 1) k,
       LATERAL (SELECT date '2025-01-01' + i * 7 % 300 + k * 300 AS arrived_on) a;

INSERT INTO traveler (traveler_id, created_at)
  SELECT traveler_id, arrived_on FROM visit WHERE k = 0;
INSERT INTO travel_document (document_id, traveler_id, issuing_state, number, nationality,
                             birth_date, sex, first_used_at)
  SELECT document_id, traveler_id, nationality, 'P' || i, nationality, date '1980-01-01' + i, 'F',
         arrived_on
  FROM visit WHERE k = 0;

INSERT INTO crossing (traveler_id, crossing_id, request_id, document_id, direction, lane_id,
                      port_id, carrier, flight, captured_at, recorded_at, local_date,
                      class_of_admission, authorized_until, capture_status, findings, opened_cases)
  SELECT traveler_id, arrival_id, arrival_id, document_id, 'ARRIVAL', port_id || '-' || i % 3,
         port_id, 'XX', 'XX 1', arrived_on + interval '12 hours', arrived_on + interval '13 hours',
         arrived_on, CASE WHEN i % 10 = 9 THEN 'F-1' ELSE 'B-2' END, authorized_until,
         'TEMPLATE_STORED', '[]', '{}'
  FROM visit ORDER BY arrived_on, i;
INSERT INTO crossing (traveler_id, crossing_id, request_id, document_id, direction, lane_id,
                      port_id, carrier, flight, captured_at, recorded_at, local_date,
                      capture_status, findings, opened_cases)
  SELECT traveler_id, departure_id, departure_id, document_id, 'DEPARTURE', port_id || '-' || i % 3,
         port_id, 'XX', 'XX 2', departed_on + interval '12 hours',
         departed_on + interval '13 hours', departed_on,
         CASE WHEN i % 20 = 0 THEN 'LOW_QUALITY' ELSE 'TEMPLATE_STORED' END, '[]', '{}'
  FROM visit WHERE departed_on IS NOT NULL ORDER BY departed_on, i;

-- One in a hundred was corrected: voided, or by a day.
INSERT INTO crossing_correction (traveler_id, correction_id, crossing_id, request_id, principal,
                                 recorded_at, revision, voided, captured_at, local_date, reason)
  SELECT traveler_id, md5('correction ' || crossing_id)::uuid, crossing_id, crossing_id,
         'supervisor/1', recorded_at + interval '1 day', 1, voids,
         CASE WHEN NOT voids THEN captured_at + interval '1 day' END,
         CASE WHEN NOT voids THEN local_date + 1 END, 'x'
  FROM (SELECT *, row_number() OVER (ORDER BY captured_at, crossing_id) AS n FROM crossing) c,
       LATERAL (SELECT n % 200 = 0 AS voids) v
  WHERE n % 100 = 0;

INSERT INTO template (traveler_id, crossing_id, direction, captured_at, model_id, model_digest,
                      model_engine, digest, key_id, nonce, ciphertext)
  SELECT traveler_id, crossing_id, direction, captured_at, 'model', repeat('a', 64), 'engine',
         repeat('b', 64), (SELECT key_id FROM data_key), decode(repeat('00', 12), 'hex'), decode(repeat('00', 64), 'hex')
  FROM crossing WHERE capture_status = 'TEMPLATE_STORED';
-- Pictures of the last weeks only.
INSERT INTO capture (traveler_id, crossing_id, media_type, digest, key_id, nonce, ciphertext,
                     captured_at, nationality)
  SELECT c.traveler_id, c.crossing_id, 'image/jpeg', repeat('c', 64), (SELECT key_id FROM data_key),
         decode(repeat('00', 12), 'hex'), decode(repeat('00', 64), 'hex'), c.captured_at,
         d.nationality
  FROM crossing c JOIN travel_document d ON d.traveler_id = c.traveler_id
  WHERE c.capture_status = 'TEMPLATE_STORED' AND c.local_date > '2026-08-01';
INSERT INTO comparison (traveler_id, comparison_id, crossing_id, compared_at, outcome,
                        probe_digest, reference_distances, model_id, model_digest, model_engine,
                        fmr_match, fmr_no_match, match_distance, no_match_distance, calibration,
                        best_k, rule_version, attempt, distance, estimated_fmr, fmr_bound)
  SELECT traveler_id, md5(crossing_id::text || attempt)::uuid, crossing_id,
         recorded_at + (attempt - 1) * interval '10 days',
         CASE WHEN compared THEN 'MATCH' ELSE 'LOW_QUALITY' END, '', '[]', 'model',
         repeat('a', 64), 'engine', 0.0005, 0.01, 0.3, 0.4, 'mated', 2, '1', attempt,
         CASE WHEN compared THEN 0.2 END, CASE WHEN compared THEN 0.0001 END,
         CASE WHEN compared THEN 'EXACT' END
  FROM crossing, LATERAL (SELECT capture_status = 'TEMPLATE_STORED' AS compared) c,
       generate_series(1, CASE WHEN EXTRACT(day FROM captured_at) = 1 THEN 2 ELSE 1 END) attempt
  WHERE direction = 'DEPARTURE';

-- Each stay as it was known on arrival, and as it is known since the departure.
INSERT INTO stay (traveler_id, nationality, port_id, state, arrival_id, arrived_at, arrived_on,
                  class_of_admission, authorized_until, pending_since, known_from, known_until)
  SELECT traveler_id, nationality, port_id,
         CASE WHEN k = 0 AND departed_on IS NULL THEN 'DEPARTURE_NOT_RECORDED' ELSE 'OPEN' END,
         arrival_id, arrived_on + interval '12 hours', arrived_on,
         CASE WHEN i % 10 = 9 THEN 'F-1' ELSE 'B-2' END, authorized_until, pending_since,
         arrived_on + interval '13 hours',
         COALESCE(departed_on + interval '13 hours', 'infinity')
  FROM visit ORDER BY arrived_on, i;
INSERT INTO stay (traveler_id, nationality, port_id, state, arrival_id, arrived_at, arrived_on,
                  class_of_admission, authorized_until, pending_since, departure_id, departed_at,
                  departed_on, known_from)
  SELECT traveler_id, nationality, port_id, 'CLOSED', arrival_id, arrived_on + interval '12 hours',
         arrived_on, CASE WHEN i % 10 = 9 THEN 'F-1' ELSE 'B-2' END, authorized_until,
         pending_since, departure_id, departed_on + interval '12 hours', departed_on,
         departed_on + interval '13 hours'
  FROM visit WHERE departed_on IS NOT NULL ORDER BY departed_on, i;

-- All but the latest of those who have not departed were reviewed.
INSERT INTO review_case (traveler_id, case_id, kind, severity, state, version, crossing_id, port_id,
                         days_overstayed, opened_at, updated_at)
  SELECT traveler_id, md5('case ' || i)::uuid, 'SUSPECTED_OVERSTAY', 'MEDIUM', 'OPEN', 1,
         arrival_id, port_id, 0, authorized_until + 2, authorized_until + 2
  FROM visit
  WHERE k = 1 AND departed_on IS NULL AND pending_since IS NULL AND authorized_until < '2026-08-01';

INSERT INTO audit_record (chain, sequence, recorded_at, principal, method, traveler_id, outcome,
                          digest)
  SELECT i % 16, i / 16 + 1, timestamptz '2026-01-01 00:00Z' + i * interval '1 minute',
         'officer/' || i % 50, '/entryexit.v1.BackOfficeService/GetCase',
         md5('traveler ' || i % 2000)::uuid, 'OK', sha256(convert_to(i::text, 'UTF8'))
  FROM generate_series(0, 19999) i;
