-- A document may turn out to be another traveler's: of one with two passports, or of two people. Its
-- crossings are then copied to that traveler, under the same ids, and stay with the first as moved.

ALTER TABLE crossing_correction
  ADD COLUMN moved_to uuid,
  ADD CONSTRAINT crossing_correction_moved_is_voided CHECK (moved_to IS NULL OR voided),
  ADD CONSTRAINT crossing_correction_moves_to_another CHECK (moved_to <> traveler_id);
COMMENT ON COLUMN crossing_correction.moved_to IS
  'The traveler to whom the crossing was moved with its document, under the same id; null: it was not.';
COMMENT ON COLUMN crossing.recorded_at IS
  'When the service learned of it; of a crossing that was moved to the traveler, when it was moved.';
COMMENT ON COLUMN travel_document.traveler_id IS 'Who uses it, as far as is known now.';
COMMENT ON COLUMN request.subject_id IS
  'The crossing, case, admission change or correction that the request made or changed, or the traveler to whom it moved a document.';

-- Pictures and templates are sealed anew for the traveler to whom they are moved. The daemon may
-- remove those that this has left behind, and no others.
CREATE FUNCTION remove_moved_biometrics(source uuid, target uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  DELETE FROM public.capture c
  WHERE c.traveler_id = source AND source <> target
    AND EXISTS (SELECT FROM public.capture moved
                WHERE moved.traveler_id = target AND moved.crossing_id = c.crossing_id
                  AND moved.digest = c.digest);
  DELETE FROM public.template t
  WHERE t.traveler_id = source AND source <> target
    AND EXISTS (SELECT FROM public.template moved
                WHERE moved.traveler_id = target AND moved.crossing_id = t.crossing_id
                  AND moved.digest = t.digest);
$$;
COMMENT ON FUNCTION remove_moved_biometrics(uuid, uuid) IS
  'Removes from a traveler the pictures and templates that another has too, under the same crossings.';
REVOKE EXECUTE ON FUNCTION remove_moved_biometrics(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION remove_moved_biometrics(uuid, uuid) TO entryexit_daemon;
-- Also what FOR UPDATE takes, by which a lane that waits for a traveler sees that the document was moved.
GRANT UPDATE (traveler_id) ON travel_document TO entryexit_daemon;
