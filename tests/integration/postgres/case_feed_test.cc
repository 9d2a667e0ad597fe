#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/integration/postgres/store_fixture.h"

namespace entryexit::postgres {
namespace {

using core::Reason;
using ports::Transaction;

// What one subscriber was told.
class Inbox {
 public:
  ports::CaseFeed::Listener Listener() {
    return [this](const absl::StatusOr<core::CaseId>& news) {
      const std::lock_guard lock(mutex_);
      news_.push_back(news);
      arrived_.notify_all();
    };
  }

  // Waits for the first `count` pieces of news.
  std::vector<absl::StatusOr<core::CaseId>> Wait(size_t count) {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, std::chrono::seconds(60), [&] { return news_.size() >= count; });
    return news_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<absl::StatusOr<core::CaseId>> news_;
};

class CaseFeedTest : public StoreTest {
 protected:
  CaseFeedTest() : feed_(*OpenCaseFeed(Options())) { EXPECT_THAT(Depart(), testing::IsOk()); }

  // Records another departure, the one that cases are about from now on.
  absl::Status Depart() {
    const int minutes = departures_++;
    return AddTraveler(*store_, "P1",
                       [&](const core::TravelerId& traveler) {
                         return std::vector{departure_ = Departure(traveler, minutes)};
                       })
        .status();
  }

  ports::CaseRecord OpenCase() {
    EXPECT_THAT(Depart(), testing::IsOk());
    ports::CaseRecord record = CaseOf(departure_, 1);
    EXPECT_THAT(Run([&](Transaction& t) { return t.AddCase(record); }), testing::IsOk());
    return record;
  }

  int departures_ = 0;
  ports::CrossingRecord departure_;
  std::unique_ptr<ports::CaseFeed> feed_;
};

TEST_F(CaseFeedTest, EverySubscriberIsToldOfAnOpenedCaseOnce) {
  Inbox first;
  Inbox second;
  const auto one = *feed_->Subscribe(first.Listener());
  const auto two = *feed_->Subscribe(second.Listener());
  const ports::CaseRecord record = OpenCase();
  const ports::CaseRecord last = OpenCase();
  for (Inbox* inbox : {&first, &second}) {
    const auto news = inbox->Wait(2);
    ASSERT_EQ(news.size(), 2);
    EXPECT_EQ(*news[0], record.case_id);
    EXPECT_EQ(*news[1], last.case_id);
  }
}

TEST_F(CaseFeedTest, ACaseThatIsOpenedAgainIsNewsAndAnotherChangeIsNot) {
  Inbox inbox;
  const auto subscription = *feed_->Subscribe(inbox.Listener());
  ports::CaseRecord record = OpenCase();
  const auto change_to = [&](core::CaseState state) {
    ++record.version;
    record.state = state;
    ASSERT_THAT(Run([&](Transaction& t) { return t.UpdateCase(record); }), testing::IsOk());
  };
  change_to(core::CaseState::kWithdrawn);
  change_to(core::CaseState::kOpen);
  change_to(core::CaseState::kOpen);
  const ports::CaseRecord last = OpenCase();
  const auto news = inbox.Wait(3);
  ASSERT_EQ(news.size(), 3);
  EXPECT_EQ(*news[0], record.case_id);
  EXPECT_EQ(*news[1], record.case_id);
  EXPECT_EQ(*news[2], last.case_id);
}

TEST_F(CaseFeedTest, ACaseThatComesToAwaitASecondOfficerIsNewsAndOneThatIsDecidedIsNot) {
  Inbox inbox;
  const auto subscription = *feed_->Subscribe(inbox.Listener());
  ports::CaseRecord record = OpenCase();
  ++record.version;
  record.state = core::CaseState::kAwaitsSecondOfficer;
  record.first_officer = "officer/1";
  ASSERT_THAT(Run([&](Transaction& t) { return t.UpdateCase(record); }), testing::IsOk());
  ++record.version;
  record.state = core::CaseState::kUpheld;
  record.first_officer.reset();
  ASSERT_THAT(Run([&](Transaction& t) { return t.UpdateCase(record); }), testing::IsOk());
  const ports::CaseRecord last = OpenCase();
  const auto news = inbox.Wait(3);
  ASSERT_EQ(news.size(), 3);
  EXPECT_EQ(*news[0], record.case_id);
  EXPECT_EQ(*news[1], record.case_id);
  EXPECT_EQ(*news[2], last.case_id);
}

TEST_F(CaseFeedTest, ACaseThatWasRolledBackIsNoNews) {
  Inbox inbox;
  const auto subscription = *feed_->Subscribe(inbox.Listener());
  const absl::Status refusal = core::MakeError(Reason::kLaneUnknown, "no");
  const ports::CaseRecord undone = CaseOf(departure_, 1);
  EXPECT_EQ(Run([&](Transaction& t) {
              EXPECT_THAT(t.AddCase(undone), testing::IsOk());
              EXPECT_THAT(t.GetCase(undone.case_id), testing::IsOk());
              return refusal;
            }),
            refusal);
  const ports::CaseRecord record = OpenCase();
  EXPECT_EQ(*inbox.Wait(1).front(), record.case_id);
}

TEST_F(CaseFeedTest, AnEndedSubscriptionIsToldNothing) {
  Inbox gone;
  Inbox there;
  auto ended = *feed_->Subscribe(gone.Listener());
  const auto kept = *feed_->Subscribe(there.Listener());
  ended.reset();
  OpenCase();
  ASSERT_EQ(there.Wait(1).size(), 1);
  EXPECT_EQ(gone.Wait(0).size(), 0);
}

TEST_F(CaseFeedTest, ALostLinkIsToldAndSubscribersCanComeBack) {
  Inbox inbox;
  const auto subscription = *feed_->Subscribe(inbox.Listener());
  ASSERT_THAT(server().DropConnections(), testing::IsOk());
  const auto news = inbox.Wait(1);
  ASSERT_EQ(news.size(), 1);
  EXPECT_THAT(news[0], testing::FailsWith(Reason::kDatabaseUnavailable));

  Inbox again;
  absl::StatusOr<std::unique_ptr<ports::CaseFeed::Subscription>> back;
  for (const core::Deadline give_up = Soon(); std::chrono::steady_clock::now() < give_up;) {
    back = feed_->Subscribe(again.Listener());
    if (back.ok()) break;
    EXPECT_THAT(back, testing::FailsWith(Reason::kDatabaseUnavailable));
    std::this_thread::yield();
  }
  ASSERT_THAT(back, testing::IsOk());
  const ports::CaseRecord record = OpenCase();
  EXPECT_EQ(*again.Wait(1).front(), record.case_id);
  EXPECT_EQ(inbox.Wait(1).size(), 1) << "nothing comes after the error";
}

TEST_F(CaseFeedTest, ASubscriptionMayOutliveItsFeed) {
  Inbox inbox;
  auto subscription = *feed_->Subscribe(inbox.Listener());
  feed_.reset();
  subscription.reset();
}

TEST_F(CaseFeedTest, AFeedEndsAtOnceThoughTheServerStandsStill) {
  server().Freeze();
  const auto begin = std::chrono::steady_clock::now();
  feed_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, Options().connect_timeout);
  server().Thaw();
}

}  // namespace
}  // namespace entryexit::postgres
