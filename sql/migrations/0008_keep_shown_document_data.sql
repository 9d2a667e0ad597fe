-- What a document said of its holder is kept with each crossing, so that what follows from it does not
-- hang on the order in which crossings come to be known.

ALTER TABLE crossing
  ADD COLUMN nationality text CHECK (nationality ~ '^[A-Z]{1,3}$'),
  ADD COLUMN birth_date date,
  ADD COLUMN sex text CHECK (sex IN ('F', 'M', '<')),
  ADD CONSTRAINT crossing_holder_is_whole
    CHECK (num_nulls(nationality, birth_date, sex) IN (0, 3));
COMMENT ON COLUMN crossing.nationality IS
  'As the document shown said; ICAO 9303-3 code. Null: recorded before this column was, see travel_document.';
COMMENT ON COLUMN crossing.birth_date IS 'As the document shown said; null as above.';
COMMENT ON COLUMN crossing.sex IS 'As the document shown said; < is unspecified; null as above.';
COMMENT ON TABLE travel_document IS
  'Look-up of the traveler who uses a document, with the data of the crossing of it that was recorded first.';
COMMENT ON COLUMN stay.nationality IS
  'As the document shown on arrival said; ICAO 9303-3 code.';
