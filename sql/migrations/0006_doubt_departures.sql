-- A departure whose face was not matched closes no stay for certain: until an officer finds that it
-- was the traveler, the stay is neither closed nor an overstay, but in a state of its own.

ALTER TABLE stay
  DROP CONSTRAINT stay_state_check,
  ADD CONSTRAINT stay_state_check
    CHECK (state IN ('OPEN', 'CLOSED', 'DEPARTURE_NOT_RECORDED', 'DEPARTURE_UNCONFIRMED')),
  DROP CONSTRAINT stay_closed_by_departure,
  ADD CONSTRAINT stay_closed_by_departure
    CHECK (num_nulls(departure_id, departed_at, departed_on) =
           CASE WHEN state IN ('CLOSED', 'DEPARTURE_UNCONFIRMED') THEN 0 ELSE 3 END);

-- From now on that is known of the stays from before, too. Cases of overstay that it disproves are
-- withdrawn when the next event of their traveler is recorded.
CREATE TEMPORARY TABLE doubted ON COMMIT DROP AS
SELECT s.traveler_id, s.arrival_id
FROM stay s
  JOIN LATERAL (
    SELECT outcome FROM comparison c
    WHERE c.traveler_id = s.traveler_id AND c.crossing_id = s.departure_id
    ORDER BY attempt DESC LIMIT 1) latest ON latest.outcome IN ('NO_MATCH', 'INCONCLUSIVE')
WHERE s.known_until = 'infinity' AND s.state = 'CLOSED'
  AND NOT EXISTS (
    SELECT FROM review_case r
    WHERE r.traveler_id = s.traveler_id AND r.crossing_id = s.departure_id
      AND r.kind = 'IDENTITY_' || latest.outcome AND r.state = 'DISMISSED');
UPDATE stay s SET known_until = now()
FROM doubted d
WHERE s.traveler_id = d.traveler_id AND s.arrival_id = d.arrival_id AND s.known_until = 'infinity';
INSERT INTO stay (traveler_id, arrival_id, port_id, state, arrived_at, arrived_on,
                  class_of_admission, authorized_until, departure_id, departed_at, departed_on,
                  pending_since, adult_on, nationality, known_from)
SELECT s.traveler_id, s.arrival_id, port_id, 'DEPARTURE_UNCONFIRMED', arrived_at, arrived_on,
       class_of_admission, authorized_until, departure_id, departed_at, departed_on,
       pending_since, adult_on, nationality, now()
FROM stay s JOIN doubted d USING (traveler_id, arrival_id)
WHERE s.known_until = now();
