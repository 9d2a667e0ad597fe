-- PostgreSQL reads the text of each CHECK of a table anew for every INSERT, and keeps those of a domain
-- ready. So what a single column of the tables that each crossing writes to must be is said by its
-- domain, once for all columns of that kind; what columns must be together stays a CHECK of the table.
--
-- The domains get their rules last: changing a column to a domain that has one would write the table
-- anew, while adding the rule reads it.

CREATE DOMAIN state_code AS text;
CREATE DOMAIN document_number AS text;
CREATE DOMAIN document_sex AS text;
CREATE DOMAIN sha256_hex AS text;
CREATE DOMAIN sha256_hex_or_none AS text;
CREATE DOMAIN sha256_bytes AS bytea;
CREATE DOMAIN principal_name AS text;
CREATE DOMAIN text_1_to_64 AS text;
CREATE DOMAIN text_1_to_128 AS text;
CREATE DOMAIN text_up_to_32 AS text;
CREATE DOMAIN text_up_to_64 AS text;
CREATE DOMAIN text_up_to_128 AS text;
CREATE DOMAIN class_of_admission_code AS text;
CREATE DOMAIN text_up_to_8 AS text;
CREATE DOMAIN direction_name AS text;
CREATE DOMAIN capture_status_name AS text;
CREATE DOMAIN quality_findings AS jsonb;
CREATE DOMAIN image_media_type AS text;
CREATE DOMAIN gcm_nonce AS bytea;
CREATE DOMAIN gcm_ciphertext AS bytea;
CREATE DOMAIN outcome_name AS text;
CREATE DOMAIN face_distance AS float8;
CREATE DOMAIN match_rate AS float8;
CREATE DOMAIN match_rate_bound AS text;
CREATE DOMAIN reference_distance_list AS jsonb;
CREATE DOMAIN count_from_one AS integer;
CREATE DOMAIN stay_state_name AS text;
CREATE DOMAIN audit_chain AS smallint;
CREATE DOMAIN audit_sequence AS bigint;
CREATE DOMAIN outcome_or_reason AS text;

ALTER TABLE travel_document
  DROP CONSTRAINT travel_document_issuing_state_check,
  DROP CONSTRAINT travel_document_number_check,
  DROP CONSTRAINT travel_document_nationality_check,
  DROP CONSTRAINT travel_document_sex_check,
  ALTER COLUMN issuing_state TYPE state_code,
  ALTER COLUMN number TYPE document_number,
  ALTER COLUMN nationality TYPE state_code,
  ALTER COLUMN sex TYPE document_sex;

ALTER TABLE request
  DROP CONSTRAINT request_principal_check,
  DROP CONSTRAINT request_content_digest_check,
  ALTER COLUMN principal TYPE principal_name,
  ALTER COLUMN content_digest TYPE sha256_hex;

ALTER TABLE crossing
  DROP CONSTRAINT crossing_direction_check,
  DROP CONSTRAINT crossing_lane_id_check,
  DROP CONSTRAINT crossing_port_id_check,
  DROP CONSTRAINT crossing_carrier_check,
  DROP CONSTRAINT crossing_flight_check,
  DROP CONSTRAINT crossing_class_of_admission_check,
  DROP CONSTRAINT crossing_capture_status_check,
  DROP CONSTRAINT crossing_findings_check,
  DROP CONSTRAINT crossing_nationality_check,
  DROP CONSTRAINT crossing_sex_check,
  ALTER COLUMN direction TYPE direction_name,
  ALTER COLUMN lane_id TYPE text_1_to_64,
  ALTER COLUMN port_id TYPE text_1_to_64,
  ALTER COLUMN carrier TYPE text_up_to_64,
  ALTER COLUMN flight TYPE text_up_to_32,
  ALTER COLUMN class_of_admission TYPE class_of_admission_code,
  ALTER COLUMN capture_status TYPE capture_status_name,
  ALTER COLUMN findings TYPE quality_findings,
  ALTER COLUMN nationality TYPE state_code,
  ALTER COLUMN sex TYPE document_sex;

ALTER TABLE capture
  DROP CONSTRAINT capture_media_type_check,
  DROP CONSTRAINT capture_digest_check,
  DROP CONSTRAINT capture_key_id_check,
  DROP CONSTRAINT capture_nonce_check,
  DROP CONSTRAINT capture_ciphertext_check,
  ALTER COLUMN media_type TYPE image_media_type,
  ALTER COLUMN digest TYPE sha256_hex,
  ALTER COLUMN key_id TYPE text_1_to_64,
  ALTER COLUMN nonce TYPE gcm_nonce,
  ALTER COLUMN ciphertext TYPE gcm_ciphertext,
  ALTER COLUMN nationality TYPE state_code;

ALTER TABLE template
  DROP CONSTRAINT template_direction_check,
  DROP CONSTRAINT template_model_id_check,
  DROP CONSTRAINT template_model_digest_check,
  DROP CONSTRAINT template_model_engine_check,
  DROP CONSTRAINT template_digest_check,
  DROP CONSTRAINT template_key_id_check,
  DROP CONSTRAINT template_nonce_check,
  DROP CONSTRAINT template_ciphertext_check,
  ALTER COLUMN direction TYPE direction_name,
  ALTER COLUMN model_id TYPE text_1_to_128,
  ALTER COLUMN model_digest TYPE sha256_hex,
  ALTER COLUMN model_engine TYPE text_up_to_128,
  ALTER COLUMN digest TYPE sha256_hex,
  ALTER COLUMN key_id TYPE text_1_to_64,
  ALTER COLUMN nonce TYPE gcm_nonce,
  ALTER COLUMN ciphertext TYPE gcm_ciphertext;

ALTER TABLE comparison
  DROP CONSTRAINT comparison_outcome_check,
  DROP CONSTRAINT comparison_distance_check,
  DROP CONSTRAINT comparison_estimated_fmr_check,
  DROP CONSTRAINT comparison_fmr_bound_check,
  DROP CONSTRAINT comparison_probe_digest_check,
  DROP CONSTRAINT comparison_reference_distances_check,
  DROP CONSTRAINT comparison_model_id_check,
  DROP CONSTRAINT comparison_model_digest_check,
  DROP CONSTRAINT comparison_model_engine_check,
  DROP CONSTRAINT comparison_calibration_check,
  DROP CONSTRAINT comparison_best_k_check,
  DROP CONSTRAINT comparison_rule_version_check,
  DROP CONSTRAINT comparison_attempt_check,
  ALTER COLUMN outcome TYPE outcome_name,
  ALTER COLUMN distance TYPE face_distance,
  ALTER COLUMN estimated_fmr TYPE match_rate,
  ALTER COLUMN fmr_bound TYPE match_rate_bound,
  ALTER COLUMN probe_digest TYPE sha256_hex_or_none,
  ALTER COLUMN reference_distances TYPE reference_distance_list,
  ALTER COLUMN model_id TYPE text_up_to_128,
  ALTER COLUMN model_digest TYPE text_up_to_64,
  ALTER COLUMN model_engine TYPE text_up_to_128,
  ALTER COLUMN calibration TYPE text_up_to_64,
  ALTER COLUMN best_k TYPE count_from_one,
  ALTER COLUMN rule_version TYPE text_1_to_64,
  ALTER COLUMN attempt TYPE count_from_one;

ALTER TABLE stay
  DROP CONSTRAINT stay_port_id_check,
  DROP CONSTRAINT stay_state_check,
  DROP CONSTRAINT stay_class_of_admission_check,
  DROP CONSTRAINT stay_nationality_check,
  ALTER COLUMN port_id TYPE text_1_to_64,
  ALTER COLUMN state TYPE stay_state_name,
  ALTER COLUMN class_of_admission TYPE text_up_to_8,
  ALTER COLUMN nationality TYPE state_code;

ALTER TABLE audit_record
  DROP CONSTRAINT audit_record_chain_check,
  DROP CONSTRAINT audit_record_sequence_check,
  DROP CONSTRAINT audit_record_principal_check,
  DROP CONSTRAINT audit_record_method_check,
  DROP CONSTRAINT audit_record_purpose_check,
  DROP CONSTRAINT audit_record_subject_check,
  DROP CONSTRAINT audit_record_outcome_check,
  DROP CONSTRAINT audit_record_digest_check,
  ALTER COLUMN chain TYPE audit_chain,
  ALTER COLUMN sequence TYPE audit_sequence,
  ALTER COLUMN principal TYPE principal_name,
  ALTER COLUMN method TYPE text_1_to_128,
  ALTER COLUMN purpose TYPE text_1_to_64,
  ALTER COLUMN subject TYPE text_1_to_128,
  ALTER COLUMN outcome TYPE outcome_or_reason,
  ALTER COLUMN digest TYPE sha256_bytes;

-- As before, which the change of type has undone: what is encrypted does not compress.
ALTER TABLE capture ALTER COLUMN ciphertext SET STORAGE EXTERNAL;
ALTER TABLE template ALTER COLUMN ciphertext SET STORAGE EXTERNAL;

ALTER DOMAIN state_code ADD CHECK (VALUE ~ '^[A-Z]{1,3}$');
ALTER DOMAIN document_number ADD CHECK (VALUE ~ '^[A-Z0-9]{1,30}$');
ALTER DOMAIN document_sex ADD CHECK (VALUE IN ('F', 'M', '<'));
ALTER DOMAIN sha256_hex ADD CHECK (VALUE ~ '^[0-9a-f]{64}$');
ALTER DOMAIN sha256_hex_or_none ADD CHECK (VALUE ~ '^([0-9a-f]{64})?$');
ALTER DOMAIN sha256_bytes ADD CHECK (octet_length(VALUE) = 32);
ALTER DOMAIN principal_name ADD CHECK (char_length(VALUE) BETWEEN 1 AND 512);
ALTER DOMAIN text_1_to_64 ADD CHECK (char_length(VALUE) BETWEEN 1 AND 64);
ALTER DOMAIN text_1_to_128 ADD CHECK (char_length(VALUE) BETWEEN 1 AND 128);
ALTER DOMAIN text_up_to_32 ADD CHECK (char_length(VALUE) <= 32);
ALTER DOMAIN text_up_to_64 ADD CHECK (char_length(VALUE) <= 64);
ALTER DOMAIN text_up_to_128 ADD CHECK (char_length(VALUE) <= 128);
ALTER DOMAIN class_of_admission_code ADD CHECK (char_length(VALUE) BETWEEN 1 AND 8);
ALTER DOMAIN text_up_to_8 ADD CHECK (char_length(VALUE) <= 8);
ALTER DOMAIN direction_name ADD CHECK (VALUE IN ('ARRIVAL', 'DEPARTURE'));
ALTER DOMAIN capture_status_name ADD CHECK (VALUE IN (
  'TEMPLATE_STORED', 'LOW_QUALITY', 'EXEMPT', 'OPTED_OUT', 'NOT_CAPTURED'));
ALTER DOMAIN quality_findings ADD CHECK (
  jsonb_typeof(VALUE) = 'array'
  AND NOT jsonb_path_exists(VALUE, '$[*] ? (@.measured == null || @.limit == null)'));
ALTER DOMAIN image_media_type ADD CHECK (VALUE IN ('image/jpeg', 'image/png', 'image/webp'));
ALTER DOMAIN gcm_nonce ADD CHECK (octet_length(VALUE) = 12);
ALTER DOMAIN gcm_ciphertext ADD CHECK (octet_length(VALUE) > 16);
ALTER DOMAIN outcome_name ADD CHECK (VALUE IN (
  'MATCH', 'NO_MATCH', 'INCONCLUSIVE', 'NO_REFERENCE', 'LOW_QUALITY', 'EXEMPT', 'OPTED_OUT'));
ALTER DOMAIN face_distance ADD CHECK (VALUE >= 0);
ALTER DOMAIN match_rate ADD CHECK (VALUE BETWEEN 0 AND 1);
ALTER DOMAIN match_rate_bound ADD CHECK (VALUE IN ('EXACT', 'AT_MOST', 'AT_LEAST'));
ALTER DOMAIN reference_distance_list ADD CHECK (
  jsonb_typeof(VALUE) = 'array'
  AND NOT jsonb_path_exists(VALUE, '$[*] ? (@.distance == null)'));
ALTER DOMAIN count_from_one ADD CHECK (VALUE >= 1);
ALTER DOMAIN stay_state_name ADD CHECK (VALUE IN (
  'OPEN', 'CLOSED', 'DEPARTURE_NOT_RECORDED', 'DEPARTURE_UNCONFIRMED'));
ALTER DOMAIN audit_chain ADD CHECK (VALUE BETWEEN 0 AND 15);
ALTER DOMAIN audit_sequence ADD CHECK (VALUE >= 1);
ALTER DOMAIN outcome_or_reason ADD CHECK (VALUE ~ '^[A-Z_]{1,64}$');

COMMENT ON DOMAIN state_code IS 'A state or organisation, ICAO 9303-3.';
COMMENT ON DOMAIN document_number IS 'Of a travel document, upper case, without filler.';
COMMENT ON DOMAIN document_sex IS 'As in the machine readable zone; < is unspecified.';
COMMENT ON DOMAIN sha256_hex IS 'SHA-256 in lower-case hexadecimal digits.';
COMMENT ON DOMAIN sha256_hex_or_none IS 'The same, or empty.';
COMMENT ON DOMAIN sha256_bytes IS 'SHA-256 in bytes.';
COMMENT ON DOMAIN principal_name IS 'Who called, by role and id: officer/4711.';
COMMENT ON DOMAIN text_1_to_64 IS 'Of so many characters.';
COMMENT ON DOMAIN text_1_to_128 IS 'Of so many characters.';
COMMENT ON DOMAIN text_up_to_8 IS 'Of so many characters; may be empty.';
COMMENT ON DOMAIN text_up_to_32 IS 'Of so many characters; may be empty.';
COMMENT ON DOMAIN text_up_to_64 IS 'Of so many characters; may be empty.';
COMMENT ON DOMAIN text_up_to_128 IS 'Of so many characters; may be empty.';
COMMENT ON DOMAIN class_of_admission_code IS 'As granted on arrival, e.g. B-2.';
COMMENT ON DOMAIN direction_name IS 'Of a crossing.';
COMMENT ON DOMAIN capture_status_name IS 'What became of a capture.';
COMMENT ON DOMAIN quality_findings IS 'What was found wrong with a capture: [{"issue", "measured", "limit"}].';
COMMENT ON DOMAIN image_media_type IS 'Of a picture that the service can read.';
COMMENT ON DOMAIN gcm_nonce IS 'Of AES-256-GCM.';
COMMENT ON DOMAIN gcm_ciphertext IS 'AES-256-GCM with its tag, of something.';
COMMENT ON DOMAIN outcome_name IS 'What the machine said of a departure: a lead, never a determination.';
COMMENT ON DOMAIN face_distance IS 'Between embeddings, or fused of several; lower is more alike.';
COMMENT ON DOMAIN match_rate IS 'A false match rate.';
COMMENT ON DOMAIN match_rate_bound IS 'How a true false match rate lies to the one that is told.';
COMMENT ON DOMAIN reference_distance_list IS
  'Arrivals compared with: [{"crossing_id", "digest", "distance"}].';
COMMENT ON DOMAIN count_from_one IS 'A number of things, of which there is one at least.';
COMMENT ON DOMAIN stay_state_name IS 'Of a stay.';
COMMENT ON DOMAIN audit_chain IS 'One of the chains that the audit log consists of.';
COMMENT ON DOMAIN audit_sequence IS 'The place of a record in its chain, from 1.';
COMMENT ON DOMAIN outcome_or_reason IS 'OK, or the reason why a call was refused.';

-- Columns that change their type lose what the planner knows of their values. It knows nothing of
-- tables that were never filled, and must not learn that they are empty.
DO $$
DECLARE
  filled regclass;
BEGIN
  FOR filled IN SELECT oid FROM pg_class
                WHERE reltuples > 0 AND oid = ANY (ARRAY[
                  'travel_document', 'request', 'crossing', 'capture', 'template', 'comparison',
                  'stay', 'audit_record']::regclass[]) LOOP
    EXECUTE format('ANALYZE %s', filled);
  END LOOP;
END
$$;
