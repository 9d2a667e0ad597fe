-- Crossings may be imported from another system, without a capture.

ALTER TABLE crossing
  DROP CONSTRAINT crossing_capture_status_check,
  ADD CONSTRAINT crossing_capture_status_check CHECK (capture_status IN (
    'TEMPLATE_STORED', 'LOW_QUALITY', 'EXEMPT', 'OPTED_OUT', 'NOT_CAPTURED'));
COMMENT ON COLUMN crossing.capture_status IS
  'What became of the capture; NOT_CAPTURED: recorded without one, imported from another system.';
COMMENT ON COLUMN crossing.request_id IS
  'The request that recorded it; of an imported crossing without a capture the import, which has no row in the table request.';
COMMENT ON COLUMN traveler.traveler_id IS
  'UUID: random (version 4), or by time and random (version 7) when imported.';
