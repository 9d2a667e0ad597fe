#include "tests/e2e/durability/checks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "entryexit/core/clock.h"
#include "entryexit/core/erasure_receipt.h"
#include "entryexit/crypto/digest.h"
#include "entryexit/postgres/store.h"
#include "src/app/traveler_state.h"
#include "tests/e2e/ctl_process.h"
#include "tests/e2e/stored.h"
#include "tests/support/temp_dir.h"

namespace entryexit::testing {
namespace {

// By request id, what was done, as the answer says it.
using Stored = std::map<std::string, Effect>;

std::vector<std::string> Split(const std::string& text) {
  std::vector<std::string> parts;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find(',', start), text.size());
    parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

Stored ReadStored(World& world) {
  Stored stored;
  for (const auto& row : RowsOf(world, R"(
      SELECT r.request_id, r.traveler_id, r.subject_id,
             COALESCE('OUTCOME_' || k.outcome, 'CAPTURE_STATUS_' || c.capture_status, ''),
             COALESCE(k.comparison_id::text, ''), array_to_string(c.opened_cases, ',')
      FROM request r
        LEFT JOIN crossing c ON (c.traveler_id, c.crossing_id) = (r.traveler_id, r.subject_id)
        LEFT JOIN comparison k ON (k.traveler_id, k.crossing_id, k.attempt)
                                = (c.traveler_id, c.crossing_id, 1))")) {
    stored[row[0]] = {true, row[1], row[2], row[3], row[4], Split(row[5])};
  }
  return stored;
}

std::string Describe(const Effect& effect) {
  return fmt::format("recorded {} traveler {} subject {} status {} comparison {} cases {}",
                     effect.recorded, effect.traveler_id, effect.subject_id, effect.status,
                     effect.comparison_id, fmt::join(effect.case_ids, ","));
}

// What is wrong with one request; empty: nothing.
std::string Compare(const Entry& entry, const Stored& stored) {
  if (!entry.surprise.empty()) return entry.surprise;
  const auto found = stored.find(RequestIdOf(entry.request));
  const bool there = found != stored.end();
  if (!entry.refusal.empty()) return there ? "was refused and is there" : "";
  if (!entry.effect) return "";
  if (!entry.effect->recorded) return there ? "was not to be recorded and is there" : "";
  if (!there) return "was acknowledged and is not there: " + Describe(*entry.effect);
  if (found->second == *entry.effect) return "";
  return fmt::format("is stored otherwise than acknowledged: {} instead of {}",
                     Describe(found->second), Describe(*entry.effect));
}

// Of what is stored, what must be nothing. Foreign keys and unique constraints forbid more.
struct Half {
  const char* what;
  const char* count;
};
constexpr Half kHalves[] = {
    {"requests without their effect", R"(
      SELECT count(*) FROM request r
      WHERE NOT EXISTS (SELECT FROM crossing x
                        WHERE x.traveler_id = r.traveler_id AND x.crossing_id = r.subject_id)
        AND NOT EXISTS (SELECT FROM review_case x
                        WHERE x.traveler_id = r.traveler_id AND x.case_id = r.subject_id)
        AND NOT EXISTS (SELECT FROM admission_change x
                        WHERE x.traveler_id = r.traveler_id AND x.change_id = r.subject_id)
        AND NOT EXISTS (SELECT FROM crossing_correction x
                        WHERE x.traveler_id = r.traveler_id AND x.correction_id = r.subject_id))"},
    {"crossings, admission changes and corrections without their request", R"(
      SELECT count(*)
      FROM (SELECT request_id, traveler_id, crossing_id AS subject_id FROM crossing
            UNION ALL SELECT request_id, traveler_id, change_id FROM admission_change
            UNION ALL SELECT request_id, traveler_id, correction_id FROM crossing_correction) x
      WHERE NOT EXISTS (SELECT FROM request r
                        WHERE (r.request_id, r.traveler_id, r.subject_id)
                            = (x.request_id, x.traveler_id, x.subject_id)))"},
    {"requests that did something twice", R"(
      SELECT count(*)
      FROM (SELECT FROM (SELECT request_id FROM crossing
                         UNION ALL SELECT request_id FROM admission_change
                         UNION ALL SELECT request_id FROM crossing_correction) x
            GROUP BY request_id HAVING count(*) > 1) x)"},
    {"travelers without a document or a crossing, and documents without their traveler", R"(
      SELECT (SELECT count(*) FROM traveler t
              WHERE NOT EXISTS (SELECT FROM travel_document x WHERE x.traveler_id = t.traveler_id)
                 OR NOT EXISTS (SELECT FROM crossing x WHERE x.traveler_id = t.traveler_id))
           + (SELECT count(*) FROM travel_document d
              WHERE NOT EXISTS (SELECT FROM traveler x WHERE x.traveler_id = d.traveler_id))
           + (SELECT count(*) FROM crossing c
              WHERE NOT EXISTS (SELECT FROM travel_document x
                                WHERE (x.document_id, x.traveler_id)
                                    = (c.document_id, c.traveler_id))))"},
    {"templates that are missing or should not be", R"(
      SELECT count(*) FROM crossing c
      WHERE (capture_status = 'TEMPLATE_STORED')
         <> EXISTS (SELECT FROM template x
                    WHERE (x.traveler_id, x.crossing_id) = (c.traveler_id, c.crossing_id)))"},
    {"pictures of crossings without one", R"(
      SELECT count(*) FROM crossing JOIN capture USING (traveler_id, crossing_id)
      WHERE jsonb_path_exists(findings, '$[*] ? (@.issue == "NO_PICTURE")'))"},
    // In total, for receipts name nobody: a picture that was lost would make up for one that a
    // receipt counts and that is still there.
    {"pictures that are missing without a receipt of their erasure, or are there in spite of it",
     R"(
      SELECT abs((SELECT count(*) FROM crossing c
                  WHERE NOT jsonb_path_exists(findings, '$[*] ? (@.issue == "NO_PICTURE")')
                    AND NOT EXISTS (SELECT FROM capture x
                                    WHERE (x.traveler_id, x.crossing_id)
                                        = (c.traveler_id, c.crossing_id)))
               - (SELECT COALESCE(sum((x->>'count')::bigint), 0)
                  FROM erasure_receipt, jsonb_array_elements(counts) x
                  WHERE x->>'kind' = 'IMAGE')))"},
    {"departures without their comparisons, and arrivals with some", R"(
      SELECT count(*) FROM crossing c
      WHERE ARRAY(SELECT attempt::integer FROM comparison x
                  WHERE (x.traveler_id, x.crossing_id) = (c.traveler_id, c.crossing_id)
                  ORDER BY attempt)
         IS DISTINCT FROM ARRAY(
                  SELECT generate_series(1, CASE direction WHEN 'DEPARTURE' THEN (
                    SELECT greatest(1, count(*)) FROM comparison x
                    WHERE (x.traveler_id, x.crossing_id) = (c.traveler_id, c.crossing_id))
                    ELSE 0 END)::integer))"},
    {"cases that a crossing opened and that are not there", R"(
      SELECT count(*) FROM crossing c, unnest(opened_cases) opened
      WHERE NOT EXISTS (SELECT FROM case_event x
                        WHERE (x.traveler_id, x.case_id, x.kind, x.happened_at)
                            = (c.traveler_id, opened, 'OPENED', c.recorded_at)))"},
    {"cases whose history is not whole, and histories without their case", R"(
      SELECT count(*)
      FROM review_case r FULL JOIN (
        SELECT traveler_id, case_id, array_agg(version ORDER BY version) AS versions
        FROM case_event GROUP BY traveler_id, case_id) x USING (traveler_id, case_id)
      WHERE versions IS DISTINCT FROM ARRAY(SELECT generate_series(1, r.version)))"},
    {"decisions without their request, and requests without their decision", R"(
      WITH decided AS (
        SELECT case_id, principal, count(*) AS times FROM case_event
        WHERE principal <> 'service' GROUP BY case_id, principal),
      asked AS (
        SELECT case_id, principal, count(*) AS times
        FROM request JOIN review_case ON case_id = subject_id GROUP BY case_id, principal)
      SELECT count(*) FROM decided d FULL JOIN asked a USING (case_id, principal)
      WHERE d.times IS DISTINCT FROM a.times)"},
};

std::unique_ptr<ports::Store> OpenStoreOf(World& world) {
  postgres::DatabaseOptions options;
  options.dsn = world.postgres().DaemonDsn(world.database());
  auto store = postgres::OpenStore(options);
  return store.ok() ? *std::move(store) : nullptr;
}

core::Deadline SoonEnough() { return std::chrono::steady_clock::now() + std::chrono::minutes(1); }

// What differs of one traveler; empty: nothing.
std::string RecomputeOne(ports::Store& store, const core::TravelerId& id) {
  std::string different;
  const absl::Status status =
      store.Transact(SoonEnough(), [&](ports::Transaction& transaction) -> absl::Status {
        // What a client no longer waits for may be being recorded just now.
        const absl::Status locked = transaction.LockTraveler(id);
        if (!locked.ok()) return locked;
        const auto state = app::LoadMovements(transaction, id);
        if (!state.ok()) return state.status();
        const auto stays = transaction.AllStays(id);
        if (!stays.ok()) return stays.status();
        different.clear();
        if (*stays != app::StayRecordsOf(*state)) different += " stays";
        const core::Timestamp now = app::RecordingTime(*state, core::SystemClock().Now());
        if (!app::ReconcileCases(*state, now).empty()) different += " cases";
        return absl::OkStatus();
      });
  if (!status.ok()) return status.ToString();
  return different;
}

}  // namespace

Differences CompareWithStored(World& world, const Entries& entries, Found& found) {
  const Stored stored = ReadStored(world);
  found.requests = static_cast<int>(stored.size());
  Differences differences;
  std::set<std::string> sent;
  for (const Entry* const entry : entries) {
    const std::string& id = RequestIdOf(entry->request);
    sent.insert(id);
    if (!entry->effect && stored.contains(id)) ++found.unacknowledged;
    const std::string wrong = Compare(*entry, stored);
    if (!wrong.empty()) differences.push_back(fmt::format("request {} {}", id, wrong));
  }
  for (const auto& [id, effect] : stored) {
    if (!sent.contains(id)) differences.push_back(fmt::format("request {} was never sent", id));
  }
  return differences;
}

Differences FindHalves(World& world) {
  Differences differences;
  for (const Half& half : kHalves) {
    const int count = NumberOf(world, half.count);
    if (count != 0) differences.push_back(fmt::format("{} {}", count, half.what));
  }
  return differences;
}

Differences Recompute(World& world, int& travelers) {
  const std::unique_ptr<ports::Store> store = OpenStoreOf(world);
  if (!store) return {"the database cannot be reached"};
  const auto rows = RowsOf(world, "SELECT traveler_id FROM traveler");
  travelers = static_cast<int>(rows.size());
  Differences differences;
  for (const auto& row : rows) {
    const std::string different = RecomputeOne(*store, core::TravelerId(row[0]));
    if (!different.empty()) {
      differences.push_back(fmt::format("traveler {} recomputed:{}", row[0], different));
    }
  }
  return differences;
}

Differences VerifyReceipts(World& world, const std::map<std::int64_t, std::string>& told) {
  const std::unique_ptr<ports::Store> store = OpenStoreOf(world);
  if (!store) return {"the database cannot be reached"};
  Differences differences;
  std::map<std::int64_t, std::string> digests;
  core::ErasureReceipt last;
  last.digest = core::kNoReceipt;
  const absl::Status status =
      store->Transact(SoonEnough(), [&](ports::Transaction& transaction) -> absl::Status {
        constexpr int kAll = 1'000'000;
        const auto receipts = transaction.ListErasureReceipts(0, kAll);
        if (!receipts.ok()) return receipts.status();
        for (const core::ErasureReceipt& receipt : *receipts) {
          if (receipt.number != last.number + 1 || receipt.previous_digest != last.digest ||
              receipt.digest != crypto::Sha256Hex(core::CanonicalText(receipt))) {
            differences.push_back(fmt::format("receipt {} breaks the chain", receipt.number));
          }
          digests[receipt.number] = receipt.digest;
          last = receipt;
        }
        return absl::OkStatus();
      });
  if (!status.ok()) differences.push_back(status.ToString());
  for (const auto& [number, digest] : told) {
    if (digests[number] != digest) {
      differences.push_back(fmt::format("receipt {} was told of and is not there", number));
    }
  }
  return differences;
}

Differences VerifyAuditLog(World& world) {
  const TempDir directory;
  const std::string file = (directory.path() / "audit.jsonl").string();
  Differences differences;
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"audit", "export", file},
        {"audit", "verify", file, "--public-key", world.AuditPublicKey().string()}}) {
    const Ran ran = Ctl(world, "auditor/7", arguments);
    if (ran.exit_code != 0) differences.push_back(ran.output);
  }
  const int unrecorded = NumberOf(world, R"(
      SELECT count(*) FROM request AS r WHERE NOT EXISTS (
        SELECT FROM audit_record AS a WHERE a.request_id = r.request_id AND a.outcome = 'OK'))");
  if (unrecorded > 0) {
    differences.push_back(fmt::format("{} requests are not in the audit log", unrecorded));
  }
  const int unstored = NumberOf(world, R"(
      SELECT count(*) FROM audit_record AS a WHERE a.outcome = 'OK' AND a.request_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM request AS r WHERE r.request_id = a.request_id))");
  if (unstored > 0) {
    differences.push_back(
        fmt::format("{} records of the audit log are of requests that are not stored", unstored));
  }
  return differences;
}

}  // namespace entryexit::testing
