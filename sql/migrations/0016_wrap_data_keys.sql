-- Pictures and templates are sealed with data keys that the service makes, and that are kept here
-- wrapped by a key which is not in the database. A data key goes when nothing is sealed with it any
-- more. Rows from before name a key of the service's key file; nothing new may.

CREATE TABLE data_key (
  key_id text PRIMARY KEY CHECK (key_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'),
  kek_id text NOT NULL CHECK (kek_id ~ '^[0-9a-f]{32}$'),
  nonce bytea NOT NULL CHECK (octet_length(nonce) = 12),
  wrapped bytea NOT NULL CHECK (octet_length(wrapped) = 48),
  created_at timestamptz NOT NULL DEFAULT now(),
  retired_at timestamptz
);
-- One key seals; those before it only open.
CREATE UNIQUE INDEX data_key_current ON data_key ((retired_at IS NULL)) WHERE retired_at IS NULL;
COMMENT ON TABLE data_key IS
  'The keys that seal pictures and templates, wrapped (AES-256-GCM) by a key-encryption key that is not in the database.';
COMMENT ON COLUMN data_key.key_id IS 'Random UUID.';
COMMENT ON COLUMN data_key.kek_id IS
  'Derived from the key-encryption key that wraps it; tells neither that key nor its name.';
COMMENT ON COLUMN data_key.nonce IS 'Never used twice with one key-encryption key.';
COMMENT ON COLUMN data_key.wrapped IS 'The key with its tag; key_id is the associated data.';
COMMENT ON COLUMN data_key.retired_at IS 'When another key took its place; null: it seals.';

-- NOT VALID: rows from before are left as they are until they are sealed anew.
ALTER TABLE capture
  ADD CONSTRAINT capture_key FOREIGN KEY (key_id) REFERENCES data_key NOT VALID;
ALTER TABLE template
  ADD CONSTRAINT template_key FOREIGN KEY (key_id) REFERENCES data_key NOT VALID;
CREATE INDEX capture_by_key ON capture (key_id);
CREATE INDEX template_by_key ON template (key_id);
COMMENT ON COLUMN capture.key_id IS
  'The data key that opens the record; before the first rotation, perhaps a key of the key file.';
COMMENT ON COLUMN template.key_id IS
  'The data key that opens the record; before the first rotation, perhaps a key of the key file.';

CREATE TABLE key_rotation (
  rotation_id uuid PRIMARY KEY,
  principal text NOT NULL CHECK (char_length(principal) BETWEEN 1 AND 512),
  key_id text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz
);
CREATE UNIQUE INDEX key_rotation_open ON key_rotation ((finished_at IS NULL))
  WHERE finished_at IS NULL;
COMMENT ON TABLE key_rotation IS
  'When everything was sealed anew with another data key, or is being so: one at a time.';
COMMENT ON COLUMN key_rotation.principal IS 'Who asked for it.';
COMMENT ON COLUMN key_rotation.key_id IS 'The data key that it brought.';
COMMENT ON COLUMN key_rotation.finished_at IS
  'When nothing was sealed with a former key any more; null: not yet.';

-- ---------------------------------------------------------- what the daemon may do with keys

CREATE FUNCTION begin_key_rotation(rotation uuid, by_principal text, key text, kek text,
                                   key_nonce bytea, wrapped_key bytea) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  -- First, so that of two at once the second waits, and fails.
  INSERT INTO public.key_rotation (rotation_id, principal, key_id)
    VALUES (rotation, by_principal, key);
  UPDATE public.data_key SET retired_at = now() WHERE retired_at IS NULL;
  INSERT INTO public.data_key (key_id, kek_id, nonce, wrapped)
    VALUES (key, kek, key_nonce, wrapped_key);
$$;
COMMENT ON FUNCTION begin_key_rotation(uuid, text, text, text, bytea, bytea) IS
  'Puts another data key in the place of the current one, and has everything sealed anew with it.';

CREATE FUNCTION rewrap_data_key(key text, from_kek text, to_kek text, key_nonce bytea,
                                wrapped_key bytea) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  WITH rewrapped AS (
    UPDATE public.data_key SET kek_id = to_kek, nonce = key_nonce, wrapped = wrapped_key
    WHERE key_id = key AND kek_id = from_kek AND from_kek <> to_kek RETURNING 1)
  SELECT EXISTS (SELECT FROM rewrapped)
$$;
COMMENT ON FUNCTION rewrap_data_key(text, text, text, bytea, bytea) IS
  'The same data key, wrapped by another key-encryption key. False when somebody was quicker.';

-- All that may ever change in a record that is sealed: which key seals it.
CREATE FUNCTION reseal(kind text, of_traveler uuid, of_crossing uuid, from_key text,
                       from_nonce bytea, to_key text, to_nonce bytea, to_ciphertext bytea)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  IF from_key = to_key
     OR NOT EXISTS (SELECT FROM public.key_rotation WHERE key_id = to_key) THEN
    RAISE EXCEPTION 'no rotation of keys asks for key %', to_key
      USING ERRCODE = 'restrict_violation';
  END IF;
  IF NOT EXISTS (
       SELECT FROM public.key_rotation WHERE key_id = to_key AND finished_at IS NULL) THEN
    RETURN false;  -- others have come to its end
  END IF;
  -- What is being erased or sealed anew by others is left to them.
  CASE kind
    WHEN 'CAPTURE' THEN
      PERFORM FROM public.capture
      WHERE traveler_id = of_traveler AND crossing_id = of_crossing AND key_id = from_key
        AND nonce = from_nonce AND octet_length(ciphertext) = octet_length(to_ciphertext)
      FOR NO KEY UPDATE SKIP LOCKED;
      IF NOT FOUND THEN RETURN false; END IF;
      UPDATE public.capture SET key_id = to_key, nonce = to_nonce, ciphertext = to_ciphertext
      WHERE traveler_id = of_traveler AND crossing_id = of_crossing;
    WHEN 'TEMPLATE' THEN
      PERFORM FROM public.template
      WHERE traveler_id = of_traveler AND crossing_id = of_crossing AND key_id = from_key
        AND nonce = from_nonce AND octet_length(ciphertext) = octet_length(to_ciphertext)
      FOR NO KEY UPDATE SKIP LOCKED;
      IF NOT FOUND THEN RETURN false; END IF;
      UPDATE public.template SET key_id = to_key, nonce = to_nonce, ciphertext = to_ciphertext
      WHERE traveler_id = of_traveler AND crossing_id = of_crossing;
  END CASE;
  RETURN true;
END
$$;
COMMENT ON FUNCTION reseal(text, uuid, uuid, text, bytea, text, bytea, bytea) IS
  'Exchanges the sealed bytes of a picture or template for those under the key of the open rotation. False, and nothing done, when the record is not as it was read, or somebody is at it.';

-- A daemon may go on sealing with a key for some seconds after it was retired (it looks for another
-- every three). Should a record come in all the same, the foreign keys keep the key.
CREATE FUNCTION destroy_data_key(key text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  DELETE FROM public.data_key
  WHERE key_id = key AND retired_at < now() - interval '10 seconds'
    AND NOT EXISTS (SELECT FROM public.capture WHERE key_id = key)
    AND NOT EXISTS (SELECT FROM public.template WHERE key_id = key);
  RETURN FOUND;
END
$$;
COMMENT ON FUNCTION destroy_data_key(text) IS
  'Deletes a data key that was retired some time ago and seals nothing any more. False when it is not so.';

CREATE FUNCTION finish_key_rotation(rotation uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  UPDATE public.key_rotation SET finished_at = now()
  WHERE rotation_id = rotation AND finished_at IS NULL
$$;
COMMENT ON FUNCTION finish_key_rotation(uuid) IS 'Nothing may be sealed anew any more.';

REVOKE ALL ON FUNCTION
  begin_key_rotation(uuid, text, text, text, bytea, bytea),
  rewrap_data_key(text, text, text, bytea, bytea),
  reseal(text, uuid, uuid, text, bytea, text, bytea, bytea),
  destroy_data_key(text),
  finish_key_rotation(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
  begin_key_rotation(uuid, text, text, text, bytea, bytea),
  rewrap_data_key(text, text, text, bytea, bytea),
  reseal(text, uuid, uuid, text, bytea, text, bytea, bytea),
  destroy_data_key(text),
  finish_key_rotation(uuid) TO entryexit_daemon;
-- INSERT for the first key: the index above lets in no second one that seals.
GRANT SELECT, INSERT ON data_key TO entryexit_daemon;
GRANT SELECT ON key_rotation TO entryexit_daemon;
