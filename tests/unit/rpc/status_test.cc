#include "rpc/status.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace entryexit::rpc {
namespace {

using core::Reason;

// Reasons that keep the service from starting: no client ever sees them.
const std::set<Reason> kStartUpReasons = {Reason::kConfigInvalid,    Reason::kSchemaMismatch,
                                          Reason::kModelUnknown,     Reason::kModelFileMissing,
                                          Reason::kModelFileInvalid, Reason::kModelDigestMismatch,
                                          Reason::kGoldenDrift};

std::set<Reason> AllReasons() {
  std::set<Reason> reasons;
  for (int i = 0; i <= static_cast<int>(Reason::kInternal); ++i) {
    reasons.insert(static_cast<Reason>(i));
  }
  return reasons;
}

TEST(WireReasons, AreExactlyThoseThatCanReachAClient) {
  std::set<std::string> expected = {"REASON_UNSPECIFIED"};
  for (const Reason reason : AllReasons()) {
    if (!kStartUpReasons.contains(reason)) {
      expected.insert("REASON_" + std::string(core::NameOf(reason)));
    }
  }
  std::set<std::string> listed;
  const google::protobuf::EnumDescriptor& descriptor = *v1::Reason_descriptor();
  for (int i = 0; i < descriptor.value_count(); ++i) listed.insert(descriptor.value(i)->name());
  EXPECT_EQ(listed, expected);
}

// Those whose messages come from the database, the key file or another library.
const std::set<Reason> kInnerReasons = {Reason::kDatabaseUnavailable,
                                        Reason::kDatabaseReadOnly,
                                        Reason::kDatabaseFull,
                                        Reason::kDatabaseConflict,
                                        Reason::kKeyUnavailable,
                                        Reason::kStoredDataInvalid,
                                        Reason::kInternal};

TEST(PublicErrorOf, KeepsCodeAndReasonAndTheMessageUnlessItIsOfTheInside) {
  for (const Reason reason : AllReasons()) {
    if (kStartUpReasons.contains(reason)) continue;
    const PublicError error = PublicErrorOf(core::MakeError(reason, "why"));
    EXPECT_EQ(static_cast<int>(error.code), static_cast<int>(core::CodeFor(reason)));
    EXPECT_EQ(NameOf(error.reason), core::NameOf(reason));
    EXPECT_EQ(error.withheld, kInnerReasons.contains(reason)) << core::NameOf(reason);
    EXPECT_EQ(error.message == "why", !error.withheld) << core::NameOf(reason);
    EXPECT_FALSE(error.message.empty());
    // Items of backlogs that are answered with an error are not described in the log.
    EXPECT_FALSE(error.withheld && IsPermanent(core::MakeError(reason, "why")));
  }
}

TEST(PublicErrorOf, HidesWhatClientsMustNotSee) {
  const absl::Status errors[] = {absl::UnknownError("secret"), absl::NotFoundError("secret"),
                                 core::MakeError(Reason::kConfigInvalid, "secret")};
  for (const absl::Status& status : errors) {
    const PublicError error = PublicErrorOf(status);
    EXPECT_EQ(error.code, grpc::StatusCode::INTERNAL);
    EXPECT_EQ(NameOf(error.reason), "INTERNAL");
    EXPECT_EQ(error.message, "internal error");
    EXPECT_TRUE(error.withheld);
  }
}

TEST(IsPermanent, TellsItemsThatCanNeverSucceedFromTroubleOfTheService) {
  for (const Reason reason : {Reason::kInvalidField, Reason::kImageCorrupt, Reason::kLaneNotYours,
                              Reason::kRequestIdReused, Reason::kCrossingAlreadyRecorded}) {
    EXPECT_TRUE(IsPermanent(core::MakeError(reason, ""))) << core::NameOf(reason);
  }
  for (const Reason reason :
       {Reason::kOverloaded, Reason::kDeadlineExceeded, Reason::kCancelled, Reason::kShuttingDown,
        Reason::kDatabaseUnavailable, Reason::kDatabaseFull, Reason::kDatabaseConflict,
        Reason::kKeyUnavailable, Reason::kLaneUnknown, Reason::kLaneWrongDirection,
        Reason::kClassUnknown, Reason::kStoredDataInvalid, Reason::kInternal}) {
    EXPECT_FALSE(IsPermanent(core::MakeError(reason, ""))) << core::NameOf(reason);
  }
  EXPECT_FALSE(IsPermanent(absl::NotFoundError("without a reason")));
}

}  // namespace
}  // namespace entryexit::rpc
