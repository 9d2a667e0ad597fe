#include "src/postgres/statements.h"

#include <array>
#include <cstddef>

// Column lists that several statements share, in the order in which rows.cc reads them.
#define CROSSING_COLUMNS                                                                      \
  "traveler_id, crossing_id, request_id, document_id, direction, lane_id, port_id, carrier, " \
  "flight, captured_at, recorded_at, local_date, class_of_admission, authorized_until, "      \
  "window_stay_days, window_days, capture_status, findings, opened_cases, nationality, "      \
  "birth_date, sex"
#define COMPARISON_COLUMNS                                                                        \
  "traveler_id, comparison_id, compared_at, outcome, distance, estimated_fmr, crossing_id, "      \
  "probe_digest, reference_distances, model_id, model_digest, model_engine, fmr_match, "          \
  "fmr_no_match, match_distance, no_match_distance, calibration, best_k, rule_version, attempt, " \
  "fmr_bound"
#define ADMISSION_CHANGE_COLUMNS                                                                 \
  "traveler_id, change_id, request_id, principal, recorded_at, application_id, revision, kind, " \
  "filed_on, decision, decided_on, class_of_admission, authorized_until"
#define CORRECTION_COLUMNS                                                                    \
  "traveler_id, correction_id, crossing_id, request_id, principal, recorded_at, revision, "   \
  "voided, captured_at, local_date, class_of_admission, authorized_until, window_stay_days, " \
  "window_days, reason, moved_to"
// Whether the crossing of the row `c` is still with its traveler: the correction of it that counts
// did not move it.
#define NOT_MOVED                                                                      \
  "NOT EXISTS (SELECT FROM crossing_correction k WHERE k.traveler_id = c.traveler_id " \
  "AND k.crossing_id = c.crossing_id AND k.moved_to IS NOT NULL AND NOT EXISTS ("      \
  "SELECT FROM crossing_correction l WHERE l.traveler_id = k.traveler_id "             \
  "AND l.crossing_id = k.crossing_id AND l.revision > k.revision))"
#define STAY_COLUMNS                                                                           \
  "traveler_id, nationality, port_id, state, arrival_id, arrived_at, arrived_on, "             \
  "class_of_admission, authorized_until, pending_since, adult_on, departure_id, departed_at, " \
  "departed_on"
#define CASE_COLUMNS                                                                            \
  "traveler_id, case_id, kind, severity, state, version, crossing_id, comparison_id, port_id, " \
  "days_overstayed, opened_at, updated_at, first_officer, received_on, due_on, disputed_case_id"
#define AUDIT_COLUMNS                                                                 \
  "chain, sequence, recorded_at, principal, method, COALESCE(purpose, ''), case_id, " \
  "traveler_id, COALESCE(subject, ''), outcome, request_id, encode(digest, 'hex')"
#define CHECKPOINT_COLUMNS "number, signed_at, heads, previous_digest, digest, key_id, signature"
// core::IsDispute of the row `q`; with the kind it is the condition of an index.
#define IS_DISPUTE(q)                              \
  q ".kind = 'CORRECTION_REQUEST' AND " q          \
    ".state IN ('OPEN', 'AWAITS_SECOND_OFFICER', " \
    "'DISMISSED')"
// The columns of a case as it is read, from review_case.
#define CASE_READ                        \
  CASE_COLUMNS                           \
  ", EXISTS (SELECT FROM review_case q " \
  "WHERE q.traveler_id = review_case.traveler_id AND " IS_DISPUTE("q") ")"
// What of a list's filters $1 to $4 and $8 is there.
#define CASES_WANTED                                                                   \
  "($1::text IS NULL OR state = $1) AND ($2::text IS NULL OR kind = $2) "              \
  "AND ($3::text IS NULL OR port_id = $3) AND ($4::uuid IS NULL OR traveler_id = $4) " \
  "AND ($8::date IS NULL OR due_on < $8)"
// Whose records are read: of the traveler $1, or, when that is null, of the one whom the
// transaction has locked by a document. So they can be sent along with the lock, before it is known
// who that is.
#define THAT_TRAVELER \
  "COALESCE($1::uuid, NULLIF(current_setting('entryexit.traveler', true), '')::uuid)"
// A page without a cursor begins after these, so that one condition, which an index serves, does
// for every page.
#define AFTER_TIME "-infinity"
#define AFTER_ID "00000000-0000-0000-0000-000000000000"
// What was known of stays at the moment $2 is, of the rows with known_from at or before it, those
// that are known so now and those that were superseded later. The two are kept apart, since each
// has indexes of its own, which no condition on both would imply.
#define KNOWN_NOW "known_until = 'infinity'"
#define SUPERSEDED_LATER "known_until < 'infinity' AND known_until > $2"
// A page of overstays on day $1 among the rows `known`: core::OverstayOf in SQL. KNOWN_NOW and the
// two conditions after it are those of the index stay_overstays.
#define OVERSTAYS_AMONG(known)                                                         \
  "(SELECT " STAY_COLUMNS " FROM stay WHERE " known                                    \
  " AND pending_since IS NULL "                                                        \
  "AND (state = 'OPEN' OR (state = 'CLOSED' AND departed_on > authorized_until)) "     \
  "AND known_from <= $2 AND authorized_until < $1 AND arrived_on <= $1 "               \
  "AND ($3::text IS NULL "                                                             \
  "OR ($3::text = 'OUT_OF_COUNTRY') = (state = 'CLOSED' AND departed_on <= $1)) "      \
  "AND (authorized_until, traveler_id, arrival_id) > (COALESCE($4::date, '" AFTER_TIME \
  "'), COALESCE($5::uuid, '" AFTER_ID "'), COALESCE($6::uuid, '" AFTER_ID              \
  "')) ORDER BY authorized_until, traveler_id, arrival_id LIMIT $7::integer)"
// The stays that a report of the period from $3 to $4 counts, among the rows `known`.
#define STAYS_AMONG(known)                                                                    \
  "SELECT nationality, class_of_admission, port_id, state, authorized_until, pending_since, " \
  "departed_on FROM stay WHERE " known                                                        \
  " AND known_from <= $2 AND arrived_on <= $1 AND authorized_until BETWEEN $3 AND $4"
// Of the lists of what may be due: the page after ($1, $2, $3), of at most $4, by these columns.
#define ERASURE_PAGE(time, traveler, subject)                                                  \
  " AND (" time ", " traveler ", " subject ") > (COALESCE($1::timestamptz, '" AFTER_TIME       \
  "'), COALESCE($2::uuid, '" AFTER_ID "'), COALESCE($3::uuid, '" AFTER_ID "')) ORDER BY " time \
  ", " traveler ", " subject " LIMIT $4::integer"
#define RECEIPT_COLUMNS                                                         \
  "number, run_id, erased_at, policy_digest, principal, counts, items_digest, " \
  "previous_digest, digest"
// A page of what other keys than $1 have sealed in `table`. In the order of the primary key, not by
// an index of keys: that would pass over all that was sealed anew before, page by page, as long as
// a transaction (a backup) could still see it.
#define SEALED_OTHERWISE(table)                                                         \
  "SELECT traveler_id, crossing_id, key_id, nonce, ciphertext FROM " table              \
  " WHERE key_id <> $1 AND (traveler_id, crossing_id) > (COALESCE($2::uuid, '" AFTER_ID \
  "'), COALESCE($3::uuid, '" AFTER_ID "')) ORDER BY traveler_id, crossing_id LIMIT $4::integer"

namespace entryexit::postgres {
namespace {

using enum StatementId;
using enum Planning;

// What goes into a column of a domain comes as the domain's base type in the statements that each
// crossing needs, and is checked with its row: of a parameter of the domain itself the server would
// set up the checks anew each time.
constexpr std::array kStatements = {
    // The texts that values.cc reads depend on these. A transaction that its daemon has forgotten
    // (a lost machine) must not keep a traveler's lock. For plan_cache_mode see Planning.
    Statement{kSetUpSession, "set_up_session", R"sql(
      SELECT set_config('TimeZone', 'UTC', false),
             set_config('DateStyle', 'ISO, YMD', false),
             set_config('bytea_output', 'hex', false),
             set_config('extra_float_digits', '1', false),
             set_config('idle_in_transaction_session_timeout', '60s', false),
             set_config('plan_cache_mode', 'force_generic_plan', false))sql"},
    Statement{kPing, "ping", "SELECT 1"},
    Statement{kListen, "listen", "LISTEN entryexit_case"},
    // READ COMMITTED is enough: what is recorded about a traveler is read and written under the
    // traveler's row lock, each statement sees everything committed before that lock was granted,
    // and no decision depends on the rows of two travelers. It also never fails for concurrency
    // where a stricter level would.
    Statement{kBegin, "begin", "BEGIN ISOLATION LEVEL READ COMMITTED"},
    Statement{kSetTimeout, "set_timeout", "SELECT set_config('statement_timeout', $1, true)"},
    // Before statements of Planning::kEachUse, to the end of the transaction.
    Statement{kUseCustomPlans, "use_custom_plans",
              "SELECT set_config('plan_cache_mode', 'force_custom_plan', true)"},
    // For reports that read a year at once: what fits into memory is not sorted and joined on disk.
    Statement{kUseMuchMemory, "use_much_memory", "SELECT set_config('work_mem', '64MB', true)"},
    Statement{kCommit, "commit", "COMMIT"},
    Statement{kRollback, "rollback", "ROLLBACK"},

    Statement{kFindRequest, "find_request", R"sql(
      SELECT request_id, principal, content_digest, traveler_id, subject_id
      FROM request WHERE request_id = $1)sql"},
    Statement{kAddRequest, "add_request", R"sql(
      INSERT INTO request (request_id, principal, content_digest, traveler_id, subject_id)
      VALUES ($1, $2::text, $3::text, $4, $5))sql"},

    // Waits for whoever is adding the same document, and then adds nothing.
    Statement{kEnsureTraveler, "ensure_traveler", R"sql(
      WITH added AS (
        INSERT INTO travel_document
          (document_id, traveler_id, issuing_state, number, nationality, birth_date, sex)
        VALUES ($1, $2, $3::text, $4::text, $5::text, $6, $7::text)
        ON CONFLICT (document_id) DO NOTHING
        RETURNING traveler_id)
      INSERT INTO traveler (traveler_id) SELECT traveler_id FROM added)sql"},
    // The document is locked too, after the traveler: one that was moved while this waited no
    // longer joins the traveler, and there is no row. See THAT_TRAVELER.
    Statement{kLockTravelerOf, "lock_traveler_of", R"sql(
      WITH locked AS MATERIALIZED (
        SELECT t.traveler_id
        FROM travel_document d JOIN traveler t ON t.traveler_id = d.traveler_id
        WHERE d.document_id = $1 FOR UPDATE OF t, d)
      SELECT traveler_id, set_config('entryexit.traveler', traveler_id::text, true)
      FROM locked)sql"},
    Statement{kLockTraveler, "lock_traveler",
              "SELECT traveler_id FROM traveler WHERE traveler_id = $1 FOR UPDATE"},
    Statement{kAddTraveler, "add_traveler", "INSERT INTO traveler (traveler_id) VALUES ($1)"},
    Statement{kMoveDocument, "move_document",
              "UPDATE travel_document SET traveler_id = $2 WHERE document_id = $1"},
    Statement{kRemoveMovedBiometrics, "remove_moved_biometrics",
              "SELECT remove_moved_biometrics($1, $2)"},
    Statement{kGetTraveler, "get_traveler",
              "SELECT t.created_at, d.issuing_state, d.number, d.nationality, d.birth_date, d.sex "
              "FROM traveler t LEFT JOIN travel_document d ON d.traveler_id = t.traveler_id "
              "WHERE t.traveler_id = " THAT_TRAVELER " ORDER BY d.first_used_at, d.document_id"},
    Statement{kFindTravelerByDocument, "find_traveler_by_document",
              "SELECT traveler_id FROM travel_document WHERE document_id = $1"},

    Statement{kAddCrossing, "add_crossing",
              "INSERT INTO crossing (" CROSSING_COLUMNS ") VALUES ($1, $2, $3, $4, $5::text, "
              "$6::text, $7::text, $8::text, $9::text, $10, $11, $12, $13::text, $14, $15, $16, "
              "$17::text, $18::jsonb, $19, $20::text, $21, $22::text)"},
    Statement{kGetCrossing, "get_crossing",
              "SELECT " CROSSING_COLUMNS " FROM crossing c WHERE crossing_id = $1 AND " NOT_MOVED},
    Statement{kGetCrossingOf, "get_crossing_of",
              "SELECT " CROSSING_COLUMNS
              " FROM crossing WHERE traveler_id = $1 AND crossing_id = $2"},
    Statement{kAllCrossings, "all_crossings",
              "SELECT " CROSSING_COLUMNS " FROM crossing WHERE traveler_id = " THAT_TRAVELER
              " ORDER BY captured_at, crossing_id"},
    Statement{kListCrossings, "list_crossings",
              "SELECT " CROSSING_COLUMNS " FROM crossing WHERE traveler_id = $1 "
              "AND (captured_at, crossing_id) > "
              "(COALESCE($2::timestamptz, '" AFTER_TIME "'), COALESCE($3::uuid, '" AFTER_ID "')) "
              "ORDER BY captured_at, crossing_id LIMIT $4::integer",
              kEachUse},

    Statement{kAddCapture, "add_capture", R"sql(
      INSERT INTO capture (traveler_id, crossing_id, media_type, digest, key_id, nonce, ciphertext,
                           captured_at, nationality)
      SELECT c.traveler_id, c.crossing_id, $3::text, $4::text, $5::text, $6::bytea, $7::bytea,
             c.captured_at, COALESCE(c.nationality, (
               SELECT nationality FROM travel_document d WHERE d.document_id = c.document_id))
      FROM crossing c WHERE c.traveler_id = $1 AND c.crossing_id = $2)sql"},
    Statement{kGetCapture, "get_capture", R"sql(
      SELECT traveler_id, crossing_id, media_type, digest, key_id, nonce, ciphertext
      FROM crossing JOIN capture USING (traveler_id, crossing_id) WHERE crossing_id = $1)sql"},
    Statement{kAddTemplate, "add_template", R"sql(
      INSERT INTO template (traveler_id, crossing_id, direction, captured_at, model_id,
                            model_digest, model_engine, digest, key_id, nonce, ciphertext)
      VALUES ($1, $2, $3::text, $4, $5::text, $6::text, $7::text, $8::text, $9::text,
              $10::bytea, $11::bytea))sql"},
    Statement{kAllTemplates, "all_templates",
              "SELECT traveler_id, crossing_id, direction, captured_at, model_id, model_digest, "
              "model_engine, digest, key_id, nonce, ciphertext "
              "FROM template WHERE traveler_id = " THAT_TRAVELER
              " ORDER BY captured_at, crossing_id"},

    Statement{kAddComparison, "add_comparison",
              "INSERT INTO comparison (" COMPARISON_COLUMNS ") VALUES ($1, $2, $3, $4::text, "
              "$5::float8, $6::float8, $7, $8::text, $9::jsonb, $10::text, $11::text, $12::text, "
              "$13, $14, $15, $16, $17::text, $18::integer, $19::text, $20::integer, $21::text)"},
    Statement{kGetComparison, "get_comparison",
              "SELECT " COMPARISON_COLUMNS " FROM comparison c WHERE comparison_id = $1 "
              "AND " NOT_MOVED},
    Statement{kComparisonsOf, "comparisons_of",
              "SELECT " COMPARISON_COLUMNS " FROM comparison WHERE traveler_id = $1 "
              "AND crossing_id = ANY ($2::uuid[]) ORDER BY crossing_id, attempt"},
    Statement{kLatestComparisons, "latest_comparisons",
              "SELECT DISTINCT ON (crossing_id) "
              "crossing_id, comparison_id, attempt, outcome, model_id, model_digest "
              "FROM comparison WHERE traveler_id = " THAT_TRAVELER
              " ORDER BY crossing_id, attempt DESC"},

    Statement{kAddAdmissionChange, "add_admission_change",
              "INSERT INTO admission_change (" ADMISSION_CHANGE_COLUMNS
              ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"},
    Statement{kAllAdmissionChanges, "all_admission_changes",
              "SELECT " ADMISSION_CHANGE_COLUMNS
              " FROM admission_change WHERE traveler_id = " THAT_TRAVELER
              " ORDER BY recorded_at, change_id"},

    Statement{kAddCorrection, "add_correction",
              "INSERT INTO crossing_correction (" CORRECTION_COLUMNS
              ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, "
              "$16)"},
    Statement{kAllCorrections, "all_corrections",
              "SELECT " CORRECTION_COLUMNS
              " FROM crossing_correction WHERE traveler_id = " THAT_TRAVELER
              " ORDER BY recorded_at, correction_id"},

    Statement{kSupersedeStays, "supersede_stays",
              "UPDATE stay SET known_until = $2 WHERE traveler_id = $1 "
              "AND arrival_id = ANY ($3::uuid[]) AND " KNOWN_NOW},
    Statement{kAddStay, "add_stay",
              "INSERT INTO stay (" STAY_COLUMNS ", known_from) VALUES ($1, $2::text, $3::text, "
              "$4::text, $5, $6, $7, $8::text, $9, $10, $11, $12, $13, $14, $15)"},
    Statement{kAllStays, "all_stays",
              "SELECT " STAY_COLUMNS " FROM stay WHERE traveler_id = " THAT_TRAVELER
              " AND " KNOWN_NOW " ORDER BY arrived_at, arrival_id"},
    Statement{kStayHistory, "stay_history",
              "SELECT " STAY_COLUMNS ", known_from, NULLIF(known_until, 'infinity') FROM stay "
              "WHERE traveler_id = $1 ORDER BY arrived_at, arrival_id, known_from"},
    Statement{kListOverstays, "list_overstays",
              OVERSTAYS_AMONG(KNOWN_NOW) " UNION ALL " OVERSTAYS_AMONG(SUPERSEDED_LATER) R"sql(
      ORDER BY authorized_until, traveler_id, arrival_id LIMIT $7::integer)sql",
              kEachUse},
    // In the order of core::StayFigure. One who departed after $1 was still there on that day.
    Statement{kCountStays, "count_stays",
              "WITH counted AS (" STAYS_AMONG(KNOWN_NOW) " UNION ALL " STAYS_AMONG(SUPERSEDED_LATER)
                  R"sql()
      SELECT nationality, class_of_admission, port_id,
             count(*),
             count(*) FILTER (WHERE departed),
             count(*) FILTER (WHERE departed AND departed_on > authorized_until
                                AND pending_since IS NULL),
             count(*) FILTER (WHERE overdue AND pending_since IS NULL),
             count(*) FILTER (WHERE overdue AND pending_since IS NOT NULL),
             count(*) FILTER (WHERE state = 'DEPARTURE_NOT_RECORDED'),
             count(*) FILTER (WHERE state = 'DEPARTURE_UNCONFIRMED')
      FROM counted,
        LATERAL (SELECT state = 'CLOSED' AND departed_on <= $1 AS departed) d,
        LATERAL (SELECT authorized_until < $1 AND NOT departed
                        AND state IN ('OPEN', 'CLOSED') AS overdue) o
      GROUP BY nationality, class_of_admission, port_id)sql",
              kEachUse},
    // In the order of core::CrossingFigure. Crossings of the period are those whose day lies in it
    // by what was known at $2 (core::Corrected): they are looked up by their recorded day, and by
    // id those that a correction moved into it, less those that one voided or moved out. Of the
    // stays known at $2, `ended` is that which an arrival began and a departure by $1 ended, and
    // `closed` that which a departure ended.
    Statement{kCountCrossings, "count_crossings", R"sql(
      WITH corrected AS (
        SELECT DISTINCT ON (traveler_id, crossing_id) traveler_id, crossing_id, voided, local_date
        FROM crossing_correction WHERE recorded_at <= $2
        ORDER BY traveler_id, crossing_id, revision DESC)
      SELECT c.port_id, c.lane_id,
             count(*) FILTER (WHERE direction = 'ARRIVAL'),
             count(*) FILTER (WHERE direction = 'DEPARTURE'),
             count(*) FILTER (WHERE capture_status = 'TEMPLATE_STORED'),
             count(*) FILTER (WHERE direction = 'ARRIVAL' AND ended.traveler_id IS NULL),
             count(*) FILTER (WHERE direction = 'DEPARTURE' AND closed.traveler_id IS NULL),
             count(*) FILTER (WHERE outcome = 'MATCH'),
             count(*) FILTER (WHERE outcome = 'NO_MATCH'),
             count(*) FILTER (WHERE outcome = 'INCONCLUSIVE'),
             count(*) FILTER (WHERE outcome = 'NO_REFERENCE'),
             count(*) FILTER (WHERE outcome = 'LOW_QUALITY'),
             count(*) FILTER (WHERE outcome = 'EXEMPT'),
             count(*) FILTER (WHERE outcome = 'OPTED_OUT'),
             count(*) FILTER (WHERE capture_status = 'NOT_CAPTURED')
      FROM crossing c
        LEFT JOIN stay ended
          ON ended.traveler_id = c.traveler_id AND ended.arrival_id = c.crossing_id
          AND ended.known_from <= $2 AND ended.known_until > $2
          AND ended.departed_on <= $1
        LEFT JOIN stay closed
          ON closed.traveler_id = c.traveler_id AND closed.departure_id = c.crossing_id
          AND closed.known_from <= $2 AND closed.known_until > $2
        LEFT JOIN comparison compared
          ON compared.traveler_id = c.traveler_id AND compared.crossing_id = c.crossing_id
          AND compared.compared_at <= $2
          AND NOT EXISTS (
            SELECT FROM comparison later
            WHERE later.traveler_id = compared.traveler_id
              AND later.crossing_id = compared.crossing_id AND later.compared_at <= $2
              AND later.attempt > compared.attempt AND later.attempt > 1)
      WHERE (c.local_date BETWEEN $3 AND LEAST($4::date, $1::date)
             OR c.crossing_id = ANY (ARRAY (
                  SELECT crossing_id FROM corrected
                  WHERE local_date BETWEEN $3 AND LEAST($4::date, $1::date))))
        AND c.recorded_at <= $2
        AND NOT EXISTS (
          SELECT FROM corrected k
          WHERE k.traveler_id = c.traveler_id AND k.crossing_id = c.crossing_id
            AND (voided OR local_date NOT BETWEEN $3 AND LEAST($4::date, $1::date)))
      GROUP BY c.port_id, c.lane_id)sql",
              kEachUse},
    // core::OverstayOf in SQL for stays that are open, and core::SeverityOf: the case is grave
    // enough with HIGH, or with MEDIUM as long as no more than 180 days count. A withdrawn case is
    // none: what withdrew it no longer holds. One that was decided and erased counts as it was.
    Statement{kTravelersToReview, "travelers_to_review", R"sql(
      SELECT DISTINCT traveler_id FROM stay s
      WHERE )sql" KNOWN_NOW R"sql( AND pending_since IS NULL AND state = 'OPEN'
        AND authorized_until < $1 AND arrived_on <= $1
        AND traveler_id > COALESCE($2::uuid, ')sql" AFTER_ID R"sql(')
        AND NOT EXISTS (
          SELECT FROM review_case r
          WHERE r.traveler_id = s.traveler_id AND r.kind = 'SUSPECTED_OVERSTAY'
            AND r.crossing_id = s.arrival_id AND r.state <> 'WITHDRAWN'
            AND (r.severity = 'HIGH'
                 OR (r.severity = 'MEDIUM'
                     AND $1::date - GREATEST(s.authorized_until, s.adult_on - 1) <= 180)))
        AND NOT EXISTS (
          SELECT FROM settled_lead l
          WHERE l.traveler_id = s.traveler_id AND l.kind = 'SUSPECTED_OVERSTAY'
            AND l.crossing_id = s.arrival_id
            AND (l.severity = 'HIGH'
                 OR (l.severity = 'MEDIUM'
                     AND $1::date - GREATEST(s.authorized_until, s.adult_on - 1) <= 180)))
      ORDER BY traveler_id LIMIT $3::integer)sql",
              kEachUse},

    Statement{kAddCase, "add_case",
              "INSERT INTO review_case (" CASE_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, "
              "$9, $10, $11, $12, $13, $14, $15, $16)"},
    // Returns the state before, which tells a case that came to wait for an officer.
    Statement{kUpdateCase, "update_case", R"sql(
      WITH before AS (
        SELECT traveler_id, case_id, state FROM review_case
        WHERE traveler_id = $1 AND case_id = $2 AND version = $3::integer - 1 FOR UPDATE)
      UPDATE review_case c
      SET version = $3, state = $4, severity = $5, days_overstayed = $6, comparison_id = $7,
          updated_at = $8, first_officer = $9
      FROM before WHERE c.traveler_id = before.traveler_id AND c.case_id = before.case_id
      RETURNING before.state)sql"},
    Statement{kAnnounceCase, "announce_case", "SELECT pg_notify('entryexit_case', $1)"},
    Statement{kAddCaseEvent, "add_case_event", R"sql(
      INSERT INTO case_event
        (traveler_id, case_id, version, kind, happened_at, principal, reason, done_by)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8))sql"},
    Statement{kGetCase, "get_case", "SELECT " CASE_READ " FROM review_case WHERE case_id = $1"},
    Statement{kCaseEvents, "case_events", R"sql(
      SELECT traveler_id, case_id, version, kind, happened_at, principal, reason, done_by
      FROM case_event WHERE traveler_id = $1 AND case_id = $2 ORDER BY version)sql"},
    Statement{kAllCases, "all_cases",
              "SELECT " CASE_READ " FROM review_case WHERE traveler_id = " THAT_TRAVELER
              " ORDER BY opened_at, case_id"},
    Statement{kListCases, "list_cases",
              "SELECT " CASE_READ " FROM review_case WHERE " CASES_WANTED
              " AND (opened_at, case_id) > (COALESCE($5::timestamptz, '" AFTER_TIME
              "'), COALESCE($6::uuid, '" AFTER_ID
              "')) ORDER BY opened_at, case_id LIMIT $7::integer",
              kEachUse},
    Statement{kListCasesByDueDay, "list_cases_by_due_day",
              "SELECT " CASE_READ " FROM review_case WHERE due_on IS NOT NULL AND " CASES_WANTED
              " AND (due_on, case_id) > (COALESCE($5::date, '" AFTER_TIME
              "'), COALESCE($6::uuid, '" AFTER_ID "')) ORDER BY due_on, case_id LIMIT $7::integer",
              kEachUse},
    // core::IsDispute by the last event of each request up to the moment $2.
    Statement{kDisputedAmong, "disputed_among", R"sql(
      SELECT DISTINCT q.traveler_id
      FROM review_case q CROSS JOIN LATERAL (
        SELECT kind FROM case_event e
        WHERE e.traveler_id = q.traveler_id AND e.case_id = q.case_id
          AND e.happened_at <= COALESCE($2::timestamptz, 'infinity')
        ORDER BY version DESC LIMIT 1) last
      WHERE q.traveler_id = ANY ($1::uuid[]) AND q.kind = 'CORRECTION_REQUEST'
        AND last.kind NOT IN ('UPHELD', 'WITHDRAWN'))sql",
              kEachUse},

    // In one order for all, so that of two imports none waits for the other while that waits for
    // it.
    Statement{kLockTravelersOf, "lock_travelers_of", R"sql(
      SELECT d.document_id, t.traveler_id
      FROM travel_document d JOIN traveler t ON t.traveler_id = d.traveler_id
      WHERE d.document_id = ANY ($1::uuid[]) ORDER BY t.traveler_id FOR UPDATE OF t, d)sql",
              kEachUse},
    Statement{kCountCrossingsOf, "count_crossings_of", R"sql(
      SELECT d.document_id,
             (SELECT count(*) FROM crossing c WHERE c.traveler_id = d.traveler_id)
      FROM travel_document d WHERE d.document_id = ANY ($1::uuid[]))sql",
              kEachUse},
    Statement{kCrossingsOf, "crossings_of",
              "SELECT " CROSSING_COLUMNS " FROM crossing WHERE traveler_id = ANY ($1::uuid[]) "
              "ORDER BY traveler_id, captured_at, crossing_id",
              kEachUse},
    Statement{kDocumentsOf, "documents_of", R"sql(
      SELECT traveler_id, issuing_state, number, nationality, birth_date, sex
      FROM travel_document WHERE traveler_id = ANY ($1::uuid[])
      ORDER BY traveler_id, first_used_at, document_id)sql",
              kEachUse},
    Statement{
        kCorrectionsOf, "corrections_of",
        "SELECT " CORRECTION_COLUMNS " FROM crossing_correction "
        "WHERE traveler_id = ANY ($1::uuid[]) ORDER BY traveler_id, recorded_at, correction_id",
        kEachUse},
    Statement{kAdmissionChangesOf, "admission_changes_of",
              "SELECT " ADMISSION_CHANGE_COLUMNS " FROM admission_change "
              "WHERE traveler_id = ANY ($1::uuid[]) ORDER BY traveler_id, recorded_at, change_id",
              kEachUse},
    Statement{kSettledLeadsOf, "settled_leads_of", R"sql(
      SELECT traveler_id, kind, crossing_id, severity, state FROM settled_lead
      WHERE traveler_id = ANY ($1::uuid[]))sql",
              kEachUse},
    Statement{kLatestComparisonsOf, "latest_comparisons_of", R"sql(
      SELECT DISTINCT ON (traveler_id, crossing_id)
             traveler_id, crossing_id, comparison_id, attempt, outcome, model_id, model_digest
      FROM comparison WHERE traveler_id = ANY ($1::uuid[])
      ORDER BY traveler_id, crossing_id, attempt DESC)sql",
              kEachUse},
    Statement{kCasesOf, "cases_of",
              "SELECT " CASE_READ " FROM review_case WHERE traveler_id = ANY ($1::uuid[]) "
              "ORDER BY traveler_id, opened_at, case_id",
              kEachUse},
    Statement{kStaysOf, "stays_of",
              "SELECT " STAY_COLUMNS " FROM stay WHERE traveler_id = ANY ($1::uuid[]) "
              "AND " KNOWN_NOW " ORDER BY traveler_id, arrived_at, arrival_id",
              kEachUse},
    Statement{kSupersedeStaysOf, "supersede_stays_of", R"sql(
      UPDATE stay s SET known_until = v.known_until
      FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS v(traveler_id, arrival_id, known_until)
      WHERE s.traveler_id = v.traveler_id AND s.arrival_id = v.arrival_id AND s.)sql" KNOWN_NOW,
              kEachUse},
    Statement{kAnnounceCases, "announce_cases",
              "SELECT pg_notify('entryexit_case', id) FROM unnest($1::text[]) AS id"},

    // What may be due, each by an index in its own order, so that a page costs what it holds. What
    // is due and gone does not come again; what is kept in spite of it (by a hold, an open case, a
    // journey that goes on) is read again by every run.
    Statement{kNationalImagesDue, "national_images_due",
              "SELECT captured_at, traveler_id, crossing_id FROM capture "
              "WHERE nationality = $5 AND captured_at <= $6" ERASURE_PAGE(
                  "captured_at", "traveler_id", "crossing_id"),
              kEachUse},
    Statement{kOtherImagesDue, "other_images_due",
              "SELECT captured_at, traveler_id, crossing_id FROM capture "
              "WHERE nationality <> $5 AND captured_at <= $6" ERASURE_PAGE(
                  "captured_at", "traveler_id", "crossing_id"),
              kEachUse},
    // Those of a stay that is open wait for its authorization, or of nationals for the arrival.
    Statement{kTemplatesDue, "templates_due",
              R"sql(SELECT t.captured_at, t.traveler_id, t.crossing_id FROM template t
      WHERE t.captured_at <= $6 AND NOT EXISTS (
        SELECT FROM stay s
        WHERE s.traveler_id = t.traveler_id AND s.arrival_id = t.crossing_id
          AND s.known_until = 'infinity' AND s.state = 'OPEN'
          AND s.arrived_at > $5 AND COALESCE(s.authorized_until > $7, true)))sql" ERASURE_PAGE(
                  "t.captured_at", "t.traveler_id", "t.crossing_id"),
              kEachUse},
    Statement{kClosedStaysDue, "closed_stays_due",
              "SELECT departed_at, traveler_id, arrival_id FROM stay WHERE " KNOWN_NOW
              " AND departed_at <= $5" ERASURE_PAGE("departed_at", "traveler_id", "arrival_id"),
              kEachUse},
    Statement{kOpenStaysDue, "open_stays_due",
              "SELECT arrived_at, traveler_id, arrival_id FROM stay WHERE " KNOWN_NOW
              " AND departed_at IS NULL AND arrived_at <= $5 "
              "AND (arrived_at <= $6 OR authorized_until <= $7)" ERASURE_PAGE(
                  "arrived_at", "traveler_id", "arrival_id"),
              kEachUse},
    Statement{kCrossingsWithoutStayDue, "crossings_without_stay_due",
              R"sql(SELECT c.captured_at, c.traveler_id, c.crossing_id FROM crossing c
      WHERE c.captured_at <= $5
        AND NOT EXISTS (
          SELECT FROM stay s
          WHERE s.traveler_id = c.traveler_id AND s.arrival_id = c.crossing_id
            AND s.known_until = 'infinity')
        AND NOT EXISTS (
          SELECT FROM stay s
          WHERE s.traveler_id = c.traveler_id AND s.departure_id = c.crossing_id
            AND s.known_until = 'infinity'))sql" ERASURE_PAGE("c.captured_at", "c.traveler_id",
                                                              "c.crossing_id"),
              kEachUse},
    Statement{
        kCasesDue, "cases_due",
        "SELECT updated_at, traveler_id, case_id FROM review_case "
        "WHERE state NOT IN ('OPEN', 'AWAITS_SECOND_OFFICER') AND updated_at <= $5" ERASURE_PAGE(
            "updated_at", "traveler_id", "case_id"),
        kEachUse},
    Statement{kRetainedOf, "retained_of", R"sql(
      SELECT 'IMAGE', crossing_id FROM capture WHERE traveler_id = $1
      UNION ALL SELECT 'TEMPLATE', crossing_id FROM template WHERE traveler_id = $1
      UNION ALL SELECT 'TRAVELER', hold_id FROM legal_hold WHERE traveler_id = $1
        GROUP BY hold_id HAVING count(*) = 1)sql"},
    Statement{kErasureNotices, "erasure_notices", R"sql(
      SELECT traveler_id, kind, subject_id, due_at, rule_id, announced_at, run_id
      FROM erasure_notice WHERE traveler_id = $1)sql"},
    Statement{kAddErasureNotice, "add_erasure_notice", R"sql(
      INSERT INTO erasure_notice
        (traveler_id, kind, subject_id, due_at, rule_id, announced_at, run_id)
      VALUES ($1, $2, $3, $4, $5, $6, $7))sql"},
    Statement{kSettledLeads, "settled_leads",
              "SELECT traveler_id, kind, crossing_id, severity, state FROM settled_lead "
              "WHERE traveler_id = " THAT_TRAVELER},
    Statement{kAddSettledLead, "add_settled_lead", R"sql(
      INSERT INTO settled_lead (traveler_id, kind, crossing_id, severity, state)
      VALUES ($1, $2, $3, $4, $5)
      ON CONFLICT (traveler_id, kind, crossing_id, severity) DO NOTHING)sql"},
    // Any number that nothing else locks. One run appends after the other, in READ COMMITTED, so
    // the statement after this one sees the receipt that the last of them committed.
    Statement{kLockReceiptChain, "lock_receipt_chain", "SELECT pg_advisory_xact_lock(7298645109)"},
    Statement{kLastReceipt, "last_receipt",
              "SELECT " RECEIPT_COLUMNS " FROM erasure_receipt ORDER BY number DESC LIMIT 1"},
    Statement{kAddReceipt, "add_receipt",
              "INSERT INTO erasure_receipt (" RECEIPT_COLUMNS
              ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"},
    Statement{kListReceipts, "list_receipts",
              "SELECT " RECEIPT_COLUMNS
              " FROM erasure_receipt WHERE number > $1 ORDER BY number LIMIT $2::integer",
              kEachUse},
    Statement{kEraseItems, "erase_items", "SELECT erase_items($1, $2, $3, $4, $5, $6, $7)"},
    Statement{kAddLegalHoldEvent, "add_legal_hold_event", R"sql(
      INSERT INTO legal_hold
        (traveler_id, hold_id, event, request_id, principal, recorded_at, reference)
      VALUES ($1, $2, $3, $4, $5, $6, $7))sql"},
    Statement{kListLegalHolds, "list_legal_holds", R"sql(
      SELECT p.traveler_id, p.hold_id, p.principal, p.recorded_at, p.reference,
             r.principal, r.recorded_at, r.reference
      FROM legal_hold p LEFT JOIN legal_hold r
        ON r.traveler_id = p.traveler_id AND r.hold_id = p.hold_id AND r.event = 'RELEASED'
      WHERE p.event = 'PLACED' AND ($1::uuid IS NULL OR p.traveler_id = $1)
        AND ($2::boolean OR r.traveler_id IS NULL)
        AND (p.traveler_id, p.hold_id) > (COALESCE($3::uuid, ')sql" AFTER_ID R"sql('),
                                          COALESCE($4::uuid, ')sql" AFTER_ID R"sql('))
      ORDER BY p.traveler_id, p.hold_id LIMIT $5::integer)sql",
              kEachUse},
    Statement{kAppendAuditRecord, "append_audit_record", R"sql(
      SELECT append_audit_record($1, $2, NULLIF($3, ''), $4, $5, NULLIF($6, ''), $7, $8))sql"},
    Statement{kFindAuditRecords, "find_audit_records", "SELECT " AUDIT_COLUMNS R"sql(
      FROM audit_record
      WHERE ($1::text IS NULL OR principal = $1) AND ($2::uuid IS NULL OR traveler_id = $2)
        AND ($3::text IS NULL OR $3 IN (method, split_part(method, '/', 3)))
        AND ($4::text IS NULL OR purpose = $4)
        AND ($5::timestamptz IS NULL OR recorded_at >= $5)
        AND ($6::timestamptz IS NULL OR recorded_at < $6)
        AND (recorded_at, chain, sequence) > (COALESCE($7::timestamptz, ')sql" AFTER_TIME R"sql('),
                                              COALESCE($8::integer, 0), COALESCE($9::bigint, 0))
      ORDER BY recorded_at, chain, sequence LIMIT $10::integer)sql",
              kEachUse},
    // Planned once: in the order of the key, whatever the range is.
    Statement{kAuditRecordsOf, "audit_records_of", "SELECT " AUDIT_COLUMNS R"sql(
      FROM audit_record WHERE chain = $1::smallint AND sequence > $2 AND sequence <= $3
      ORDER BY sequence LIMIT $4::integer)sql"},
    // One look into the key of the table for each chain.
    Statement{kAuditHeads, "audit_heads", R"sql(
      SELECT last.chain, last.sequence, encode(last.digest, 'hex')
      FROM generate_series(0, 15) AS every (chain) CROSS JOIN LATERAL (
        SELECT chain, sequence, digest FROM audit_record
        WHERE chain = every.chain ORDER BY sequence DESC LIMIT 1) AS last
      ORDER BY last.chain)sql"},
    // As of the receipts.
    Statement{kLockAuditCheckpoints, "lock_audit_checkpoints",
              "SELECT pg_advisory_xact_lock(7298645110)"},
    Statement{kLastAuditCheckpoint, "last_audit_checkpoint",
              "SELECT " CHECKPOINT_COLUMNS " FROM audit_checkpoint ORDER BY number DESC LIMIT 1"},
    Statement{kAddAuditCheckpoint, "add_audit_checkpoint",
              "INSERT INTO audit_checkpoint (" CHECKPOINT_COLUMNS
              ") VALUES ($1, $2, $3, $4, $5, $6, $7)"},
    Statement{kListAuditCheckpoints, "list_audit_checkpoints",
              "SELECT " CHECKPOINT_COLUMNS
              " FROM audit_checkpoint WHERE number > $1 ORDER BY number LIMIT $2::integer",
              kEachUse},

    Statement{kAllDataKeys, "all_data_keys", R"sql(
      SELECT key_id, kek_id, nonce, wrapped, retired_at
      FROM data_key ORDER BY created_at, key_id)sql"},
    Statement{kAddFirstDataKey, "add_first_data_key", R"sql(
      INSERT INTO data_key (key_id, kek_id, nonce, wrapped) VALUES ($1, $2, $3, $4)
      ON CONFLICT DO NOTHING)sql"},
    Statement{kRewrapDataKey, "rewrap_data_key", "SELECT rewrap_data_key($1, $2, $3, $4, $5)"},
    Statement{kOpenKeyRotation, "open_key_rotation", R"sql(
      SELECT rotation_id, principal, key_id FROM key_rotation WHERE finished_at IS NULL)sql"},
    Statement{kBeginKeyRotation, "begin_key_rotation",
              "SELECT begin_key_rotation($1, $2, $3, $4, $5, $6)"},
    Statement{kCountSealedOtherwise, "count_sealed_otherwise", R"sql(
      SELECT (SELECT count(*) FROM capture WHERE key_id <> $1)
           + (SELECT count(*) FROM template WHERE key_id <> $1))sql",
              kEachUse},
    // Less or greater, since an index finds those, and would read everything for "another".
    Statement{kAnySealedOtherwise, "any_sealed_otherwise", R"sql(
      SELECT EXISTS (SELECT FROM capture WHERE key_id < $1)
          OR EXISTS (SELECT FROM capture WHERE key_id > $1)
          OR EXISTS (SELECT FROM template WHERE key_id < $1)
          OR EXISTS (SELECT FROM template WHERE key_id > $1))sql",
              kEachUse},
    Statement{kCapturesSealedOtherwise, "captures_sealed_otherwise", SEALED_OTHERWISE("capture"),
              kEachUse},
    Statement{kTemplatesSealedOtherwise, "templates_sealed_otherwise", SEALED_OTHERWISE("template"),
              kEachUse},
    Statement{kReseal, "reseal", "SELECT reseal($1, $2, $3, $4, $5, $6, $7, $8)"},
    // With the key: nothing is sealed with it any more, while a plan for all keys reckons with one
    // that seals everything, and would read all of it. So do the foreign keys that are checked.
    Statement{kDestroyDataKey, "destroy_data_key", "SELECT destroy_data_key($1)", kEachUse},
    Statement{kFinishKeyRotation, "finish_key_rotation", "SELECT finish_key_rotation($1)"},
};

constexpr std::array kCopyStatements = {
    CopyStatement{CopyId::kTravelers, "copy_travelers", "COPY traveler (traveler_id) FROM STDIN"},
    CopyStatement{CopyId::kTravelDocuments, "copy_travel_documents",
                  "COPY travel_document (document_id, traveler_id, issuing_state, number, "
                  "nationality, birth_date, sex) FROM STDIN"},
    CopyStatement{CopyId::kCrossings, "copy_crossings",
                  "COPY crossing (" CROSSING_COLUMNS ") FROM STDIN"},
    CopyStatement{CopyId::kStays, "copy_stays",
                  "COPY stay (" STAY_COLUMNS ", known_from) FROM STDIN"},
    CopyStatement{CopyId::kCases, "copy_cases", "COPY review_case (" CASE_COLUMNS ") FROM STDIN"},
    CopyStatement{CopyId::kCaseEvents, "copy_case_events",
                  "COPY case_event (traveler_id, case_id, version, kind, happened_at, principal, "
                  "reason, done_by) FROM STDIN"},
};

constexpr bool StatementsAreInEnumOrder() {
  for (size_t i = 0; i < kStatements.size(); ++i) {
    if (static_cast<size_t>(kStatements[i].id) != i) return false;
  }
  return kStatements.size() == static_cast<size_t>(kCount);
}
static_assert(StatementsAreInEnumOrder(), "StatementOf looks a statement up by its position");

constexpr bool CopyStatementsAreInEnumOrder() {
  for (size_t i = 0; i < kCopyStatements.size(); ++i) {
    if (static_cast<size_t>(kCopyStatements[i].id) != i) return false;
  }
  return kCopyStatements.size() == static_cast<size_t>(CopyId::kCount);
}
static_assert(CopyStatementsAreInEnumOrder(), "StatementOf looks a statement up by its position");

}  // namespace

const Statement& StatementOf(StatementId id) { return kStatements[static_cast<size_t>(id)]; }

const CopyStatement& StatementOf(CopyId id) { return kCopyStatements[static_cast<size_t>(id)]; }

}  // namespace entryexit::postgres
