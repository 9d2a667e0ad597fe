#include "entryexit/app/run_retention.h"

#include <algorithm>
#include <map>
#include <set>

#include "app/audited.h"
#include "app/retention_facts.h"
#include "app/traveler_state.h"
#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"

namespace entryexit::app {
namespace {

// Things in one part, which is one transaction and one receipt: so few that a lane that meets one
// of its travelers waits well under a second. Each traveler takes seven round trips, so that a run
// does some hundred a second.
constexpr int kCandidatesPerPart = 100;

core::DataKind KindFoundIn(ports::ErasurePhase phase) {
  switch (phase) {
    case ports::ErasurePhase::kNationalImages:
    case ports::ErasurePhase::kOtherImages:
      return core::DataKind::kImage;
    case ports::ErasurePhase::kTemplates:
      return core::DataKind::kTemplate;
    case ports::ErasurePhase::kClosedStays:
    case ports::ErasurePhase::kOpenStays:
    case ports::ErasurePhase::kCrossingsWithoutStay:
      return core::DataKind::kCrossing;
    case ports::ErasurePhase::kCases:
      break;
  }
  return core::DataKind::kCase;
}

// What is to be done with one traveler.
struct TravelerErasure {
  core::TravelerId traveler_id;
  core::ErasurePlan plan;
  std::vector<ports::SettledLead> settled;
};

core::ErasedItem ItemOf(const core::TravelerId& traveler_id, const core::RetentionItem& item) {
  return {item.kind, traveler_id, item.subject_id};
}

void AddLines(const core::TravelerId& traveler_id, const std::vector<core::PlannedErasure>& planned,
              std::vector<RetentionLine>& lines) {
  for (const core::PlannedErasure& one : planned) {
    lines.push_back({ItemOf(traveler_id, one.item), one.item.rule_id, one.item.due});
  }
}

// The comparisons that raised the cases that nobody has decided yet.
absl::StatusOr<std::vector<ports::ComparisonRecord>> EvidenceOf(ports::Transaction& transaction,
                                                                const TravelerState& state) {
  std::vector<core::CrossingId> departures;
  for (const ports::CaseRecord& record : state.cases) {
    if (core::WaitsForOfficer(record.state) && record.comparison_id) {
      departures.push_back(record.crossing_id);
    }
  }
  if (departures.empty()) return std::vector<ports::ComparisonRecord>();
  return transaction.ComparisonsOf(state.traveler_id, departures);
}

// The leads of cases that are erased while their crossings remain: they must not come up anew.
std::vector<ports::SettledLead> SettledBy(const core::ErasurePlan& plan,
                                          const TravelerState& state) {
  std::vector<ports::SettledLead> settled;
  for (const core::PlannedErasure& one : plan.erase) {
    if (one.item.kind != core::DataKind::kCase) continue;
    const auto record = std::ranges::find(state.cases, core::CaseId(one.item.subject_id),
                                          &ports::CaseRecord::case_id);
    const bool decided =
        record->kind != core::CaseKind::kCorrectionRequest &&
        (record->state == core::CaseState::kUpheld || record->state == core::CaseState::kDismissed);
    const bool crossing_goes = std::ranges::any_of(plan.erase, [&](const auto& other) {
      return other.item.kind == core::DataKind::kCrossing &&
             other.item.subject_id == record->crossing_id.value();
    });
    if (!decided || crossing_goes || one.found_by == core::DataKind::kCrossing) continue;
    settled.push_back(
        {state.traveler_id, record->kind, record->crossing_id, record->severity, record->state});
  }
  return settled;
}

ports::ErasureOrder OrderOf(const TravelerErasure& erasure) {
  ports::ErasureOrder order;
  order.traveler_id = erasure.traveler_id;
  for (const core::PlannedErasure& planned : erasure.plan.erase) {
    const std::string& id = planned.item.subject_id;
    switch (planned.item.kind) {
      case core::DataKind::kImage:
        order.images.emplace_back(id);
        break;
      case core::DataKind::kTemplate:
        order.templates.emplace_back(id);
        break;
      case core::DataKind::kCrossing:
        order.crossings.emplace_back(id);
        break;
      case core::DataKind::kCase:
        order.cases.emplace_back(id);
        break;
      case core::DataKind::kTraveler:
        order.whole_traveler = true;
        break;
    }
  }
  return order;
}

// One transaction of a run.
class Part {
 public:
  Part(const RetentionRules& rules, const std::string& policy_digest, const Call& call,
       const RetentionRun& run, core::Timestamp now)
      : rules_(rules), policy_digest_(policy_digest), call_(call), run_(run), now_(now) {}

  // Plans for the travelers, under their locks, which are taken in order so that two runs do not
  // wait for each other crosswise; erases and announces unless it is a dry run.
  absl::StatusOr<RetentionPart> Carry(
      ports::Transaction& transaction, const std::set<core::TravelerId>& travelers,
      const std::function<bool(const core::PlannedErasure&)>& is_of_this_part) {
    RetentionPart part;
    std::vector<TravelerErasure> erasures;
    for (const core::TravelerId& id : travelers) {
      absl::StatusOr<TravelerErasure> erasure = PlanFor(transaction, id);
      if (core::ReasonOf(erasure.status()) == core::Reason::kTravelerNotFound) continue;
      if (!erasure.ok()) return erasure.status();
      ++part.travelers;
      if (run_.dry_run) {
        // Another part tells of the rest.
        const auto other = [&](const core::PlannedErasure& one) { return !is_of_this_part(one); };
        std::erase_if(erasure->plan.erase, other);
        std::erase_if(erasure->plan.announce, other);
      }
      AddLines(id, erasure->plan.erase, part.erased);
      AddLines(id, erasure->plan.announce, part.announced);
      erasures.push_back(*std::move(erasure));
    }
    if (run_.dry_run) return part;
    if (absl::Status status = Write(transaction, erasures, part); !status.ok()) return status;
    return part;
  }

 private:
  absl::StatusOr<TravelerErasure> PlanFor(ports::Transaction& transaction,
                                          const core::TravelerId& id) const {
    if (!run_.dry_run) {
      if (absl::Status status = transaction.LockTraveler(id); !status.ok()) return status;
    }
    absl::StatusOr<TravelerState> state = LoadMovements(transaction, id);
    if (!state.ok()) return state.status();
    const auto retained = transaction.RetainedOf(id);
    if (!retained.ok()) return retained.status();
    const auto notices = transaction.ErasureNotices(id);
    if (!notices.ok()) return notices.status();
    const auto evidence = EvidenceOf(transaction, *state);
    if (!evidence.ok()) return evidence.status();

    core::AnnouncedAt announced;
    for (const ports::ErasureNotice& notice : *notices) {
      announced.emplace(core::NoticeKey{notice.kind, notice.subject_id, notice.due_at},
                        notice.announced_at);
    }
    TravelerErasure erasure{id, {}, {}};
    erasure.plan =
        core::PlanErasure(RetentionFactsOf(*state, *retained, *evidence, rules_.operating_state),
                          rules_.policy, announced, now_);
    erasure.settled = SettledBy(erasure.plan, *state);
    return erasure;
  }

  absl::Status Write(ports::Transaction& transaction, const std::vector<TravelerErasure>& erasures,
                     RetentionPart& part) const {
    for (const TravelerErasure& erasure : erasures) {
      for (const core::PlannedErasure& planned : erasure.plan.announce) {
        const core::RetentionItem& item = planned.item;
        absl::Status status =
            transaction.AddErasureNotice({erasure.traveler_id, item.kind, item.subject_id, item.due,
                                          item.rule_id, now_, run_.run_id});
        if (!status.ok()) return status;
      }
    }
    if (part.erased.empty()) return absl::OkStatus();
    const auto last = transaction.LockReceiptChain();
    if (!last.ok()) return last.status();
    const core::ErasureReceipt receipt = ReceiptOf(part, *last);
    absl::Status status = transaction.AddErasureReceipt(receipt);
    for (const TravelerErasure& erasure : erasures) {
      for (const ports::SettledLead& lead : erasure.settled) {
        if (status.ok()) status = transaction.AddSettledLead(lead);
      }
      if (status.ok() && !erasure.plan.erase.empty()) {
        status = transaction.Erase(receipt.number, OrderOf(erasure));
      }
    }
    part.receipts.push_back(receipt);
    return status;
  }

  core::ErasureReceipt ReceiptOf(const RetentionPart& part,
                                 const std::optional<core::ErasureReceipt>& last) const {
    std::map<std::pair<core::DataKind, std::string>, std::int64_t> counts;
    std::vector<core::ErasedItem> items;
    for (const RetentionLine& line : part.erased) {
      ++counts[{line.item.kind, line.rule_id}];
      items.push_back(line.item);
    }
    core::ErasureReceipt receipt;
    receipt.number = last ? last->number + 1 : 1;
    receipt.run_id = run_.run_id;
    receipt.at = now_;
    receipt.policy_digest = policy_digest_;
    receipt.principal = call_.principal.name;
    for (const auto& [key, count] : counts) {
      receipt.counts.push_back({key.first, key.second, count});
    }
    receipt.items_digest = crypto::Sha256Hex(core::CanonicalText(items));
    receipt.previous_digest = last ? last->digest : core::kNoReceipt;
    receipt.digest = crypto::Sha256Hex(core::CanonicalText(receipt));
    return receipt;
  }

  const RetentionRules& rules_;
  const std::string& policy_digest_;
  const Call& call_;
  const RetentionRun& run_;
  const core::Timestamp now_;
};

void Append(RetentionPart part, RetentionPart& sum) {
  const auto append = [](auto& from, auto& to) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  sum.travelers += part.travelers;
  append(part.erased, sum.erased);
  append(part.announced, sum.announced);
  append(part.receipts, sum.receipts);
}

std::optional<RetentionCursor> NextOf(const RetentionCursor& cursor,
                                      const std::vector<ports::ErasureCandidate>& page) {
  if (page.size() == kCandidatesPerPart) return RetentionCursor{cursor.phase, page.back()};
  if (cursor.phase == ports::kLastErasurePhase) return std::nullopt;
  return RetentionCursor{static_cast<ports::ErasurePhase>(static_cast<int>(cursor.phase) + 1),
                         std::nullopt};
}

}  // namespace

RunRetention::RunRetention(ports::Store& store, const core::Clock& clock,
                           const RetentionRules& rules)
    : store_(store),
      clock_(clock),
      rules_(rules),
      policy_digest_(crypto::Sha256Hex(core::CanonicalText(rules.policy))) {}

RetentionRun RunRetention::NewRun(bool dry_run) { return {crypto::NewUuid(), dry_run}; }

absl::StatusOr<RetentionPart> RunRetention::Run(
    const Call& call, const RetentionRun& run, const std::optional<RetentionCursor>& cursor) const {
  using Candidates = std::vector<ports::ErasureCandidate>;
  const core::Timestamp now = clock_.Now();
  const RetentionCursor here = cursor.value_or(RetentionCursor{});
  const core::ErasureHorizon horizon = core::HorizonOf(rules_.policy, now);
  // Of the run, never of its travelers: a list of who was forgotten is what must not remain.
  AuditNote known;
  known.subject = run.run_id;
  const auto page = ReadAudited<Candidates>(
      store_, call, known, [&](ports::Transaction& transaction, AuditNote& /*note*/) {
        return transaction.ErasureCandidates(here.phase, horizon, rules_.operating_state,
                                             here.after, kCandidatesPerPart);
      });
  if (!page.ok()) return page.status();
  std::set<core::TravelerId> travelers;
  std::set<std::string> subjects;
  for (const ports::ErasureCandidate& candidate : *page) {
    travelers.insert(candidate.traveler_id);
    subjects.insert(candidate.subject_id);
  }
  const auto is_of_this_part = [&](const core::PlannedErasure& planned) {
    return planned.found_by == KindFoundIn(here.phase) && subjects.contains(planned.found_by_id);
  };
  const auto carry = [&](const std::set<core::TravelerId>& some) {
    return ReadAudited<RetentionPart>(store_, call, known,
                                      [&](ports::Transaction& transaction, AuditNote& /*note*/) {
                                        return Part(rules_, policy_digest_, call, run, now)
                                            .Carry(transaction, some, is_of_this_part);
                                      });
  };

  RetentionPart sum;
  sum.next = NextOf(here, *page);
  if (travelers.empty()) return sum;
  absl::StatusOr<RetentionPart> together = carry(travelers);
  // A single statement that took too long is its traveler's fault.
  const auto stops = [&](const absl::Status& status) {
    return absl::IsUnavailable(status) ||
           (absl::IsDeadlineExceeded(status) && std::chrono::steady_clock::now() >= call.deadline);
  };
  if (together.ok() || stops(together.status())) {
    if (!together.ok()) return together.status();
    Append(*std::move(together), sum);
    return sum;
  }
  // One of them spoils the transaction of all: each for itself.
  for (const core::TravelerId& id : travelers) {
    absl::StatusOr<RetentionPart> alone = carry({id});
    if (stops(alone.status())) return alone.status();
    if (alone.ok()) {
      Append(*std::move(alone), sum);
    } else {
      sum.failures.emplace_back(id, alone.status());
    }
  }
  return sum;
}

absl::StatusOr<std::vector<core::ErasureReceipt>> RunRetention::Receipts(const Call& call,
                                                                         std::int64_t after,
                                                                         int limit) const {
  return ReadAudited<std::vector<core::ErasureReceipt>>(
      store_, call, AuditNote{}, [&](ports::Transaction& transaction, AuditNote& /*note*/) {
        return transaction.ListErasureReceipts(after, limit);
      });
}

}  // namespace entryexit::app
