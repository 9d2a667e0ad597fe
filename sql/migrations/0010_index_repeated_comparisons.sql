-- Reports look for the last comparison of very many departures, of which few have more than one.
CREATE INDEX comparison_repeated ON comparison (traveler_id, crossing_id, attempt)
  WHERE attempt > 1;
