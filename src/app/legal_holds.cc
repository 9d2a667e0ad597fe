#include "entryexit/app/legal_holds.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "app/audited.h"
#include "app/requests.h"
#include "app/text.h"
#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"

namespace entryexit::app {
namespace {

using core::MakeError;
using core::Reason;
using ports::LegalHoldEventKind;

absl::Status CheckReference(const std::string& reference) {
  constexpr size_t kMaxLength = 500;
  if (reference.empty()) {
    return MakeError(Reason::kMissingField, "reference is missing: say by which order");
  }
  if (const size_t length = CharactersIn(reference); length > kMaxLength) {
    return MakeError(Reason::kInvalidField,
                     fmt::format("reference is longer than {} characters: {}", kMaxLength, length));
  }
  if (reference.find('\0') != std::string::npos) {
    return MakeError(Reason::kInvalidField, "reference must not hold NUL characters");
  }
  return absl::OkStatus();
}

absl::StatusOr<ports::LegalHold> HoldOf(ports::Transaction& transaction,
                                        const core::TravelerId& traveler_id,
                                        const std::string& hold_id) {
  const auto holds = transaction.ListLegalHolds(traveler_id, /*with_released=*/true, std::nullopt,
                                                std::numeric_limits<int>::max());
  if (!holds.ok()) return holds.status();
  const auto found = std::ranges::find(*holds, hold_id, &ports::LegalHold::hold_id);
  if (found != holds->end()) return *found;
  return MakeError(Reason::kLegalHoldNotFound, "there is no such hold on this traveler");
}

// Carries `event` out under the traveler's lock, unless its request was before.
absl::StatusOr<ports::LegalHold> CarryOut(ports::Store& store, const Call& call,
                                          const ports::LegalHoldEvent& event,
                                          const std::string& digest) {
  if (absl::Status status = CheckReference(event.reference); !status.ok()) return status;
  AuditNote known;
  known.travelers = {event.traveler_id};
  known.subject = event.hold_id;
  known.request_id = event.request_id;
  return ReadAudited<ports::LegalHold>(
      store, call, known,
      [&](ports::Transaction& transaction, AuditNote& note) -> absl::StatusOr<ports::LegalHold> {
        absl::Status status = transaction.LockTraveler(event.traveler_id);
        if (!status.ok()) return status;
        const auto done = FindCarriedOut(transaction, event.request_id, event.principal, digest);
        if (!done.ok()) return done.status();
        if (*done) {
          note.subject = (*done)->subject_id;
          return HoldOf(transaction, event.traveler_id, note.subject);
        }
        const auto traveler = transaction.GetTraveler(event.traveler_id);
        if (!traveler.ok()) return traveler.status();
        if (event.kind == LegalHoldEventKind::kReleased) {
          const auto hold = HoldOf(transaction, event.traveler_id, event.hold_id);
          if (!hold.ok()) return hold.status();
          if (hold->released_at) {
            return MakeError(Reason::kLegalHoldReleased, "the hold was released before");
          }
        }
        status = transaction.AddLegalHoldEvent(event);
        if (status.ok()) {
          status = transaction.AddRequest(
              {event.request_id, event.principal, digest, event.traveler_id, event.hold_id});
        }
        if (!status.ok()) return status;
        return HoldOf(transaction, event.traveler_id, event.hold_id);
      });
}

}  // namespace

absl::StatusOr<ports::LegalHold> LegalHolds::Place(const Call& call,
                                                   const HoldRequest& request) const {
  const std::string digest = crypto::Sha256Hex(
      fmt::format("PLACE_LEGAL_HOLD\x1f{}\x1f{}", request.traveler_id.value(), request.reference));
  return CarryOut(store_, call,
                  {request.traveler_id, crypto::NewUuid(), LegalHoldEventKind::kPlaced,
                   request.request_id, call.principal.name, clock_.Now(), request.reference},
                  digest);
}

absl::StatusOr<ports::LegalHold> LegalHolds::Release(const Call& call,
                                                     const ReleaseRequest& request) const {
  const std::string digest = crypto::Sha256Hex(fmt::format("RELEASE_LEGAL_HOLD\x1f{}\x1f{}\x1f{}",
                                                           request.traveler_id.value(),
                                                           request.hold_id, request.reference));
  return CarryOut(store_, call,
                  {request.traveler_id, request.hold_id, LegalHoldEventKind::kReleased,
                   request.request_id, call.principal.name, clock_.Now(), request.reference},
                  digest);
}

absl::StatusOr<std::vector<ports::LegalHold>> LegalHolds::List(
    const Call& call, const std::optional<core::TravelerId>& traveler_id, bool with_released,
    const std::optional<ports::LegalHoldCursor>& after, int limit) const {
  AuditNote known;
  if (traveler_id) known.travelers = {*traveler_id};
  return ReadAudited<std::vector<ports::LegalHold>>(
      store_, call, known, [&](ports::Transaction& transaction, AuditNote& /*note*/) {
        return transaction.ListLegalHolds(traveler_id, with_released, after, limit);
      });
}

}  // namespace entryexit::app
