-- An estimated FMR beyond the measured range of the calibration is that of the range's end: the true
-- one is at most, or at least, so great. Comparisons from before do not tell, and are append-only.
ALTER TABLE comparison
  ADD COLUMN fmr_bound text CHECK (fmr_bound IN ('EXACT', 'AT_MOST', 'AT_LEAST')),
  ADD CONSTRAINT comparison_bound_of_fmr CHECK (fmr_bound IS NULL OR estimated_fmr IS NOT NULL);
COMMENT ON COLUMN comparison.fmr_bound IS
  'How the true FMR lies to estimated_fmr; null: not compared, or recorded before this column was.';
