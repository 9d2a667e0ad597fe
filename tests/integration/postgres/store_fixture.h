#ifndef ENTRYEXIT_TESTS_INTEGRATION_POSTGRES_STORE_FIXTURE_H_
#define ENTRYEXIT_TESTS_INTEGRATION_POSTGRES_STORE_FIXTURE_H_

#include <libpq-fe.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "entryexit/postgres/store.h"
#include "tests/support/postgres_fixture.h"
#include "tests/support/status_matchers.h"

namespace entryexit::postgres {

// A fresh, migrated database for each test, on one server for each test suite.
class StoreTest : public ::testing::Test {
 public:
  StoreTest();
  ~StoreTest() override;

 protected:
  static void SetUpTestSuite();
  static void TearDownTestSuite();

  DatabaseOptions Options() const;
  static testing::PostgresServer& server();
  // Runs SQL as `user`; the first column of what it returns (the last statement of several), or the
  // SQLSTATE of its failure.
  std::vector<std::string> Sql(const std::string& user, const std::string& sql) const;

  // Long enough for any machine.
  static core::Deadline Soon() {
    return std::chrono::steady_clock::now() + std::chrono::seconds(60);
  }
  absl::Status Run(const std::function<absl::Status(ports::Transaction&)>& work) {
    return store_->Transact(Soon(), work);
  }
  // What `read` gives in a transaction of its own.
  template <typename Read>
  auto Fetch(Read read) {
    decltype(read(std::declval<ports::Transaction&>())) result;
    const absl::Status status = Run([&](ports::Transaction& transaction) {
      result = read(transaction);
      return result.status();
    });
    EXPECT_EQ(status, result.status());
    return result;
  }

  std::string database_;
  std::unique_ptr<ports::Store> store_;
};

// The current data key of each database; no real one.
inline constexpr char kDataKey[] = "00000000-0000-4000-8000-000000000001";

core::Timestamp At(int minutes);
core::Date Day(int days);
core::TravelDocument Document(const std::string& number);
core::DocumentId DocumentIdOf(const core::TravelDocument& document);
std::string Hex(char digit);  // a digest's worth of one digit

// Valid records with every field set, whose ids are new.
ports::CrossingRecord Arrival(const core::TravelerId& traveler, int minutes);
ports::CrossingRecord Departure(const core::TravelerId& traveler, int minutes);
ports::AdmissionChangeRecord Extension(const core::TravelerId& traveler, int minutes);
ports::CorrectionRecord CorrectionOf(const ports::CrossingRecord& crossing, int revision,
                                     int minutes);
ports::CaseRecord CaseOf(const ports::CrossingRecord& crossing, int minutes);
// With a distance and its rate when `outcome` is of faces that were compared.
ports::ComparisonRecord ComparisonOf(const ports::CrossingRecord& departure, int attempt,
                                     core::Outcome outcome, core::Timestamp at);
// Adds the case, which begins open, and brings it into `state`: upheld is one by two officers.
absl::Status AddCaseIn(core::CaseState state, ports::CaseRecord record,
                       ports::Transaction& transaction);
// The open stay that `arrival` began, and the same ended by `departure`.
ports::StayRecord StayOf(const ports::CrossingRecord& arrival);
ports::StayRecord Closed(ports::StayRecord record, const ports::CrossingRecord& departure);

// Transaction::OpenTravelerOf of nobody in particular, for a new request.
absl::StatusOr<core::TravelerId> LockTravelerOf(ports::Transaction& transaction,
                                                const core::TravelDocument& document);

// Records the document's traveler and the crossings that `make` gives for the traveler.
absl::StatusOr<core::TravelerId> AddTraveler(
    ports::Store& store, const std::string& number,
    const std::function<std::vector<ports::CrossingRecord>(const core::TravelerId&)>& make = {});

}  // namespace entryexit::postgres

#endif  // ENTRYEXIT_TESTS_INTEGRATION_POSTGRES_STORE_FIXTURE_H_
