#include <string>
#include <vector>

#include "entryexit/core/erasure_receipt.h"
#include "entryexit/crypto/digest.h"
#include "tests/integration/postgres/store_fixture.h"

// The one way out of append-only tables, and the chain of receipts.
namespace entryexit::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ErasureTest : public StoreTest {
 protected:
  ErasureTest() {
    const auto traveler = AddTraveler(*store_, "P1", [&](const core::TravelerId& id) {
      return std::vector{arrival_ = Arrival(id, 0), departure_ = Departure(id, 1)};
    });
    EXPECT_THAT(traveler, testing::IsOk());
    id_ = *traveler;
    const absl::Status filled = Run([&](ports::Transaction& t) {
      absl::Status status = t.AddCapture({id_,
                                          arrival_.crossing_id,
                                          "image/jpeg",
                                          Hex('a'),
                                          {kDataKey, std::string(12, 'n'), std::string(32, 'c')}});
      if (status.ok())
        status = t.AddRequest(
            {arrival_.request_id, "lane/SEA-1", Hex('b'), id_, arrival_.crossing_id.value()});
      if (status.ok()) status = t.AddAdmissionChange(Extension(id_, 3));
      if (status.ok()) status = t.ReplaceStays(id_, {StayOf(arrival_)}, At(1));
      if (status.ok()) status = t.ReplaceStays(id_, {Closed(StayOf(arrival_), departure_)}, At(2));
      const ports::CaseRecord overstay = CaseOf(departure_, 2);
      if (status.ok()) status = t.AddCase(overstay);
      if (status.ok()) {
        status = t.AddCaseEvent(
            {id_, overstay.case_id, 1, ports::CaseEventKind::kOpened, At(2), "service", "x"});
      }
      case_id_ = overstay.case_id;
      return status;
    });
    EXPECT_THAT(filled, testing::IsOk());
  }

  static core::ErasureReceipt ReceiptAfter(const std::optional<core::ErasureReceipt>& last) {
    core::ErasureReceipt receipt;
    receipt.number = last ? last->number + 1 : 1;
    receipt.run_id = crypto::NewUuid();
    receipt.at = At(9);
    receipt.policy_digest = Hex('1');
    receipt.principal = "admin/retention";
    receipt.counts = {{core::DataKind::kImage, "other-image", 1}};
    receipt.items_digest = Hex('2');
    receipt.previous_digest = last ? last->digest : core::kNoReceipt;
    receipt.digest = crypto::Sha256Hex(core::CanonicalText(receipt));
    return receipt;
  }

  // Erases under a new receipt.
  absl::Status Erase(const ports::ErasureOrder& order) {
    return Run([&](ports::Transaction& t) -> absl::Status {
      absl::Status status = t.LockTraveler(order.traveler_id);
      const auto last = t.LockReceiptChain();
      if (!last.ok()) return last.status();
      const core::ErasureReceipt receipt = ReceiptAfter(*last);
      if (status.ok()) status = t.AddErasureReceipt(receipt);
      if (status.ok()) status = t.Erase(receipt.number, order);
      return status;
    });
  }

  ports::ErasureOrder All() const {
    ports::ErasureOrder order;
    order.traveler_id = id_;
    order.images = {arrival_.crossing_id};
    order.crossings = {arrival_.crossing_id, departure_.crossing_id};
    order.cases = {case_id_};
    order.whole_traveler = true;
    return order;
  }

  std::vector<std::string> Rows(const std::string& table) const {
    return Sql("postgres", "SELECT count(*) FROM " + table);
  }

  core::TravelerId id_;
  ports::CrossingRecord arrival_;
  ports::CrossingRecord departure_;
  core::CaseId case_id_;
};

TEST_F(ErasureTest, TakesAllThatRefersToACrossingAlong) {
  ASSERT_THAT(Erase(All()), testing::IsOk());
  for (const char* table : {"traveler", "travel_document", "request", "crossing", "capture", "stay",
                            "review_case", "case_event", "admission_change"}) {
    EXPECT_THAT(Rows(table), ElementsAre("0")) << table;
  }
  EXPECT_THAT(Rows("erasure_receipt"), ElementsAre("1"));
}

TEST_F(ErasureTest, TakesNothingElse) {
  ports::ErasureOrder order;
  order.traveler_id = id_;
  order.images = {arrival_.crossing_id};
  ASSERT_THAT(Erase(order), testing::IsOk());
  EXPECT_THAT(Rows("capture"), ElementsAre("0"));
  EXPECT_THAT(Rows("crossing"), ElementsAre("2"));
  EXPECT_THAT(Rows("stay"), ElementsAre("2"));
  EXPECT_THAT(Rows("request"), ElementsAre("1"));
}

TEST_F(ErasureTest, FailsAsAWholeWhenSomethingIsNotThere) {
  ports::ErasureOrder order = All();
  order.images.push_back(departure_.crossing_id);
  EXPECT_THAT(Erase(order), testing::FailsWith(core::Reason::kStoredDataInvalid));
  // What a remaining row needs is not taken from under it.
  order = All();
  order.cases.clear();
  EXPECT_FALSE(Erase(order).ok());
  EXPECT_THAT(Rows("crossing"), ElementsAre("2"));
  EXPECT_THAT(Rows("erasure_receipt"), ElementsAre("0"));
}

TEST_F(ErasureTest, IsOpenToNothingButTheFunctionUnderAReceiptOfTheSameTransaction) {
  ASSERT_THAT(Erase({id_, {arrival_.crossing_id}, {}, {}, {}, false}), testing::IsOk());
  const std::string of_traveler = " WHERE traveler_id = '" + id_.value() + "'";
  const std::vector<std::string> tables = {"comparison", "case_event", "stay", "crossing",
                                           "admission_change"};
  for (const std::string& table : tables) {
    const std::string remove = "DELETE FROM " + table + of_traveler;
    EXPECT_THAT(Sql(testing::PostgresServer::kDaemon, remove), ElementsAre("42501")) << table;
    EXPECT_THAT(Sql(testing::PostgresServer::kOwner, remove), ElementsAre("23001")) << table;
    for (const char* setting : {"on", "1", "2", "''", "99999999999999999999"}) {
      EXPECT_THAT(Sql(testing::PostgresServer::kOwner,
                      "SET entryexit.erasing = " + std::string(setting) + "; " + remove),
                  ElementsAre("23001"))
          << table << " with " << setting;
    }
  }
  const std::string images = "ARRAY['" + arrival_.crossing_id.value() + "']::uuid[]";
  const std::string call =
      "SELECT erase_items(%, '" + id_.value() + "', '{}', '{}', '{}', '{}', " + "false)";
  for (const char* receipt : {"1", "2", "NULL"}) {
    std::string sql = call;
    sql.replace(sql.find('%'), 1, receipt);
    for (const char* user : {testing::PostgresServer::kDaemon, testing::PostgresServer::kOwner}) {
      EXPECT_THAT(Sql(user, sql), ElementsAre("23001")) << user << ' ' << receipt;
    }
  }
  EXPECT_THAT(Sql("postgres",
                  "SELECT has_function_privilege('public', "
                  "'erase_items(bigint,uuid,uuid[],uuid[],uuid[],uuid[],boolean)', "
                  "'EXECUTE')"),
              ElementsAre("f"));
  EXPECT_THAT(Rows("crossing"), ElementsAre("2"));
}

TEST_F(ErasureTest, ReceiptsFollowEachOtherAndStay) {
  const core::ErasureReceipt first = ReceiptAfter(std::nullopt);
  const auto add = [&](const core::ErasureReceipt& receipt) {
    return Run([&](ports::Transaction& t) { return t.AddErasureReceipt(receipt); });
  };
  core::ErasureReceipt second = ReceiptAfter(first);
  EXPECT_FALSE(add(second).ok()) << "there is no first one";
  ASSERT_THAT(add(first), testing::IsOk());
  core::ErasureReceipt other = second;
  other.previous_digest = Hex('7');
  EXPECT_FALSE(add(other).ok());
  other = second;
  other.number = 3;
  EXPECT_FALSE(add(other).ok());
  ASSERT_THAT(add(second), testing::IsOk());
  const auto all = Fetch([](ports::Transaction& t) { return t.ListErasureReceipts(0, 10); });
  ASSERT_THAT(all, testing::IsOk());
  EXPECT_THAT(*all, ElementsAre(first, second));
  EXPECT_THAT(*Fetch([](ports::Transaction& t) { return t.ListErasureReceipts(1, 10); }),
              ElementsAre(second));
  // Not even while something is erased.
  EXPECT_THAT(Sql(testing::PostgresServer::kOwner,
                  "BEGIN; INSERT INTO erasure_receipt SELECT 3, run_id, erased_at, policy_digest, "
                  "principal, counts, items_digest, digest, repeat('9', 64) FROM erasure_receipt "
                  "WHERE number = 2; SET LOCAL entryexit.erasing = 3; DELETE FROM erasure_receipt"),
              ElementsAre("23001"));
}

}  // namespace
}  // namespace entryexit::postgres
