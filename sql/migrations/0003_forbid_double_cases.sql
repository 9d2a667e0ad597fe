-- A crossing raises at most one case of each kind: what reconciles cases with their leads finds a
-- case by the two.
ALTER TABLE review_case
  ADD CONSTRAINT review_case_once_a_lead UNIQUE (traveler_id, kind, crossing_id);
