#include <algorithm>
#include <limits>
#include <map>

#include "entryexit/crypto/digest.h"
#include "tests/integration/postgres/store_fixture.h"

namespace entryexit::postgres {
namespace {

using core::Reason;
using ports::Transaction;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// What a careless statement would run, cut short or change.
constexpr char kHostile[] = "'; DROP TABLE stay; --\\ \"$1\" %s \n\t{é中}";

class TransactionTest : public StoreTest {};

TEST_F(TransactionTest, ARequestComesBackAsItWasStored) {
  const ports::RequestRecord record{core::RequestId(crypto::NewUuid()), kHostile, Hex('a'),
                                    core::TravelerId(crypto::NewUuid()), crypto::NewUuid()};
  ASSERT_THAT(Run([&](Transaction& t) { return t.AddRequest(record); }), testing::IsOk());
  const auto found = Fetch([&](Transaction& t) { return t.FindRequest(record.request_id); });
  ASSERT_THAT(found, testing::IsOk());
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->principal, kHostile);
  EXPECT_EQ((*found)->content_digest, record.content_digest);
  EXPECT_EQ((*found)->traveler_id, record.traveler_id);
  EXPECT_EQ((*found)->subject_id, record.subject_id);
  const auto other =
      Fetch([&](Transaction& t) { return t.FindRequest(core::RequestId(crypto::NewUuid())); });
  ASSERT_THAT(other, testing::IsOk());
  EXPECT_FALSE(other->has_value());
}

TEST_F(TransactionTest, ADocumentKeepsItsTravelerAndItsFirstData) {
  const auto id = AddTraveler(*store_, "P1");
  ASSERT_THAT(id, testing::IsOk());
  core::TravelDocument later = Document("P1");
  later.nationality = "XXA";
  const auto locked = Fetch([&](Transaction& t) { return LockTravelerOf(t, later); });
  ASSERT_THAT(locked, testing::IsOk());
  EXPECT_EQ(*locked, *id);

  const auto traveler = Fetch([&](Transaction& t) { return t.GetTraveler(*id); });
  ASSERT_THAT(traveler, testing::IsOk());
  EXPECT_THAT(traveler->documents, ElementsAre(Document("P1")));
  const auto found =
      Fetch([&](Transaction& t) { return t.FindTravelerByDocument(DocumentIdOf(later)); });
  ASSERT_THAT(found, testing::IsOk());
  EXPECT_EQ(*found, *id);
}

TEST_F(TransactionTest, OpensTheTravelerOfADocumentLikelyKnownOrNot) {
  ports::CrossingRecord arrival;
  const auto id = AddTraveler(*store_, "P1", [&](const core::TravelerId& traveler) {
    return std::vector{arrival = Arrival(traveler, 0)};
  });
  const auto other = AddTraveler(*store_, "P2");
  ASSERT_THAT(id, testing::IsOk());
  ASSERT_THAT(other, testing::IsOk());
  const core::RequestId request(crypto::NewUuid());
  ASSERT_THAT(Run([&](Transaction& t) {
                absl::Status status = t.ReplaceStays(*id, {StayOf(arrival)}, At(0));
                if (!status.ok()) return status;
                return t.AddRequest({request, "lane", Hex('a'), *id, arrival.crossing_id.value()});
              }),
              testing::IsOk());
  const core::TravelDocument document = Document("P1");
  for (const bool is_likely_known : {true, false}) {
    const auto opened = Fetch([&](Transaction& t) {
      return t.OpenTravelerOf(DocumentIdOf(document), document, request, is_likely_known);
    });
    ASSERT_THAT(opened, testing::IsOk());
    EXPECT_EQ(opened->records.traveler.traveler_id, *id);
    EXPECT_THAT(opened->records.traveler.documents, ElementsAre(document));
    ASSERT_THAT(opened->records.crossings, SizeIs(1));
    EXPECT_EQ(opened->records.crossings.front().crossing_id, arrival.crossing_id);
    EXPECT_THAT(opened->records.stays, ElementsAre(StayOf(arrival)));
    ASSERT_TRUE(opened->request.has_value());
    EXPECT_EQ(opened->request->subject_id, arrival.crossing_id.value());
  }
  for (const bool is_likely_known : {true, false}) {
    const core::TravelDocument new_one = Document(is_likely_known ? "P3" : "P4");
    const auto opened = Fetch([&](Transaction& t) {
      return t.OpenTravelerOf(DocumentIdOf(new_one), new_one, core::RequestId(crypto::NewUuid()),
                              is_likely_known);
    });
    ASSERT_THAT(opened, testing::IsOk());
    EXPECT_THAT(opened->records.traveler.documents, ElementsAre(new_one));
    EXPECT_THAT(opened->records.crossings, IsEmpty());
    EXPECT_FALSE(opened->request.has_value());
  }
}

// The one who is locked first is not read in the place of those after.
TEST_F(TransactionTest, SeveralTravelersAreOpenedInATransaction) {
  std::map<std::string, core::CrossingId> arrivals;
  for (const std::string number : {"P1", "P2"}) {
    const auto id = AddTraveler(*store_, number, [&](const core::TravelerId& traveler) {
      const ports::CrossingRecord arrival = Arrival(traveler, 0);
      arrivals[number] = arrival.crossing_id;
      return std::vector{arrival};
    });
    ASSERT_THAT(id, testing::IsOk());
  }
  const auto crossings_of = [](Transaction& t, const std::string& number) {
    const auto opened = t.OpenTravelerOf(DocumentIdOf(Document(number)), Document(number),
                                         core::RequestId(crypto::NewUuid()), true);
    std::vector<core::CrossingId> ids;
    if (!opened.ok()) return ids;
    for (const auto& crossing : opened->records.crossings) ids.push_back(crossing.crossing_id);
    return ids;
  };
  EXPECT_THAT(Run([&](Transaction& t) {
                EXPECT_THAT(crossings_of(t, "P1"), ElementsAre(arrivals.at("P1")));
                EXPECT_THAT(crossings_of(t, "P2"), ElementsAre(arrivals.at("P2")));
                EXPECT_THAT(crossings_of(t, "P3"), IsEmpty());
                return absl::OkStatus();
              }),
              testing::IsOk());
}

// Each goes from what the one before has left, in one transaction as in several.
TEST_F(TransactionTest, StaysAreReplacedMoreThanOnceInATransaction) {
  ports::CrossingRecord arrival;
  ports::CrossingRecord departure;
  const auto id = AddTraveler(*store_, "P1", [&](const core::TravelerId& traveler) {
    return std::vector{arrival = Arrival(traveler, 0), departure = Departure(traveler, 1)};
  });
  ASSERT_THAT(id, testing::IsOk());
  const ports::StayRecord open = StayOf(arrival);
  const ports::StayRecord closed = Closed(open, departure);
  const core::TravelDocument document = Document("P1");
  ASSERT_THAT(Run([&](Transaction& t) -> absl::Status {
                const auto opened = t.OpenTravelerOf(DocumentIdOf(document), document,
                                                     core::RequestId(crypto::NewUuid()), true);
                if (!opened.ok()) return opened.status();
                absl::Status status = t.ReplaceStays(*id, {open}, At(0));
                if (status.ok()) status = t.ReplaceStays(*id, {closed}, At(1));
                if (status.ok()) status = t.ReplaceStaysOf({{*id, {}, At(2)}});
                if (status.ok()) status = t.LockTraveler(*id);
                return status.ok() ? t.ReplaceStays(*id, {open}, At(3)) : status;
              }),
              testing::IsOk());
  EXPECT_THAT(*Fetch([&](Transaction& t) { return t.AllStays(*id); }), ElementsAre(open));
  const auto history = Fetch([&](Transaction& t) { return t.StayHistory(*id); });
  ASSERT_THAT(history, testing::IsOk());
  ASSERT_THAT(*history, SizeIs(3));
  EXPECT_EQ(history->at(0).known_until, At(1));
  EXPECT_EQ(history->at(1).record, closed);
  EXPECT_EQ(history->at(1).known_until, At(2));
  EXPECT_EQ(history->at(2).known_from, At(3));
}

TEST_F(TransactionTest, WhatIsNotThereIsNotFound) {
  const std::string uuid = crypto::NewUuid();
  for (const std::string& id : {uuid, std::string("not a uuid"), std::string()}) {
    EXPECT_THAT(Fetch([&](Transaction& t) { return t.GetTraveler(core::TravelerId(id)); }),
                testing::FailsWith(Reason::kTravelerNotFound));
    EXPECT_THAT(Fetch([&](Transaction& t) { return t.GetCrossing(core::CrossingId(id)); }),
                testing::FailsWith(Reason::kCrossingNotFound));
    EXPECT_THAT(Fetch([&](Transaction& t) { return t.GetCapture(core::CrossingId(id)); }),
                testing::FailsWith(Reason::kCaptureNotFound));
    EXPECT_THAT(Fetch([&](Transaction& t) { return t.GetComparison(core::ComparisonId(id)); }),
                testing::FailsWith(Reason::kComparisonNotFound));
    EXPECT_THAT(Fetch([&](Transaction& t) { return t.GetCase(core::CaseId(id)); }),
                testing::FailsWith(Reason::kCaseNotFound));
  }
}

TEST_F(TransactionTest, ACrossingComesBackAsItWasStored) {
  ports::CrossingRecord record;
  const auto id = AddTraveler(*store_, "P1", [&](const core::TravelerId& traveler) {
    record = Arrival(traveler, 5);
    record.lane_id = core::LaneId(kHostile);
    record.port_id = core::PortId(kHostile);
    record.carrier = kHostile;
    record.flight = "'--\\";
    record.captured_at += std::chrono::microseconds(1);
    record.capture_status = ports::CaptureStatus::kLowQuality;
    record.findings = {{core::QualityIssue::kYaw, -0.1, 1.0 / 3},
                       {core::QualityIssue::kBlurred, 5e-324, 1.7976931348623157e308}};
    record.opened_cases = {core::CaseId(crypto::NewUuid()), core::CaseId(crypto::NewUuid())};
    return std::vector{record};
  });
  ASSERT_THAT(id, testing::IsOk());
  const auto stored = Fetch([&](Transaction& t) { return t.GetCrossing(record.crossing_id); });
  ASSERT_THAT(stored, testing::IsOk());
  EXPECT_EQ(stored->traveler_id, record.traveler_id);
  EXPECT_EQ(stored->request_id, record.request_id);
  EXPECT_EQ(stored->document_id, record.document_id);
  EXPECT_EQ(stored->direction, record.direction);
  EXPECT_EQ(stored->lane_id, record.lane_id);
  EXPECT_EQ(stored->port_id, record.port_id);
  EXPECT_EQ(stored->carrier, record.carrier);
  EXPECT_EQ(stored->flight, record.flight);
  EXPECT_EQ(stored->captured_at, record.captured_at);
  EXPECT_EQ(stored->recorded_at, record.recorded_at);
  EXPECT_EQ(stored->local_date, record.local_date);
  EXPECT_EQ(stored->admission, record.admission);
  EXPECT_EQ(stored->capture_status, record.capture_status);
  EXPECT_EQ(stored->findings, record.findings);
  EXPECT_EQ(stored->opened_cases, record.opened_cases);
  EXPECT_EQ(stored->holder, record.holder);
}

TEST_F(TransactionTest, EveryLimitOfAStayComesBackAsItWasStored) {
  const std::vector<core::Admission> admissions = {
      {"B-2", Day(30), std::nullopt},
      {"SCHENGEN", std::nullopt, core::WindowRule{90, 180}},
      {"B-2", Day(30), core::WindowRule{1, 2}},
      {"F-1", std::nullopt, std::nullopt},
  };
  const auto id = AddTraveler(*store_, "P1", [&](const core::TravelerId& traveler) {
    std::vector<ports::CrossingRecord> crossings;
    for (const core::Admission& admission : admissions) {
      crossings.push_back(Arrival(traveler, static_cast<int>(crossings.size())));
      crossings.back().admission = admission;
    }
    crossings.push_back(Departure(traveler, 9));
    return crossings;
  });
  ASSERT_THAT(id, testing::IsOk());
  const auto stored = Fetch([&](Transaction& t) { return t.CrossingsOf({*id}); });
  ASSERT_THAT(stored, testing::IsOk());
  ASSERT_THAT(*stored, SizeIs(admissions.size() + 1));
  for (size_t i = 0; i < admissions.size(); ++i) {
    EXPECT_EQ(stored->at(i).admission, admissions[i]) << admissions[i].class_of_admission;
  }
  EXPECT_EQ(stored->back().admission, std::nullopt);
}

TEST_F(TransactionTest, PagesOfCrossingsHaveNoGapsAndNoDoublesAtEqualTimes) {
  const auto id = AddTraveler(*store_, "P1", [](const core::TravelerId& traveler) {
    std::vector<ports::CrossingRecord> crossings;
    for (int i = 0; i < 20; ++i) {
      crossings.push_back(Arrival(traveler, i / 7));
      crossings.back().lane_id = core::LaneId("L" + std::to_string(i));
    }
    return crossings;
  });
  ASSERT_THAT(id, testing::IsOk());
  std::vector<core::CrossingId> all;
  const auto everything = Fetch([&](Transaction& t) { return t.CrossingsOf({*id}); });
  for (const auto& crossing : *everything) all.push_back(crossing.crossing_id);
  ASSERT_THAT(all, SizeIs(20));

  std::vector<core::CrossingId> paged;
  std::optional<ports::CrossingCursor> after;
  for (;;) {
    const auto page = Fetch([&](Transaction& t) { return t.ListCrossings(*id, after, 3); });
    ASSERT_THAT(page, testing::IsOk());
    for (const auto& crossing : *page) paged.push_back(crossing.crossing_id);
    if (page->size() < 3) break;
    after = {page->back().captured_at, page->back().crossing_id};
  }
  EXPECT_EQ(paged, all);
}

TEST_F(TransactionTest, CapturesAndTemplatesKeepEveryByte) {
  std::string bytes;
  for (int i = 0; i < 4096; ++i) bytes += static_cast<char>(i);
  ports::CrossingRecord crossing;
  ASSERT_THAT(AddTraveler(*store_, "P1",
                          [&](const core::TravelerId& traveler) {
                            return std::vector{crossing = Arrival(traveler, 0)};
                          }),
              testing::IsOk());
  const ports::SealedBlob blob{kDataKey, bytes.substr(0, 12), bytes};
  const ports::CaptureRecord capture{crossing.traveler_id, crossing.crossing_id, "image/png",
                                     Hex('b'), blob};
  const ports::TemplateRecord face{crossing.traveler_id,
                                   crossing.crossing_id,
                                   crossing.direction,
                                   crossing.captured_at,
                                   {"model", Hex('c'), "engine"},
                                   Hex('d'),
                                   blob};
  ASSERT_THAT(Run([&](Transaction& t) {
                const absl::Status status = t.AddCapture(capture);
                return status.ok() ? t.AddTemplate(face) : status;
              }),
              testing::IsOk());
  const auto stored = Fetch([&](Transaction& t) { return t.GetCapture(crossing.crossing_id); });
  ASSERT_THAT(stored, testing::IsOk());
  EXPECT_EQ(stored->traveler_id, capture.traveler_id);
  EXPECT_EQ(stored->media_type, capture.media_type);
  EXPECT_EQ(stored->digest, capture.digest);
  EXPECT_EQ(stored->image.key_id, blob.key_id);
  EXPECT_EQ(stored->image.nonce, blob.nonce);
  EXPECT_EQ(stored->image.ciphertext, blob.ciphertext);
  const auto faces = Fetch([&](Transaction& t) { return t.AllTemplates(crossing.traveler_id); });
  ASSERT_THAT(faces, testing::IsOk());
  ASSERT_THAT(*faces, SizeIs(1));
  EXPECT_EQ(faces->front().crossing_id, face.crossing_id);
  EXPECT_EQ(faces->front().direction, face.direction);
  EXPECT_EQ(faces->front().captured_at, face.captured_at);
  EXPECT_TRUE(faces->front().model.Comparable(face.model));
  EXPECT_EQ(faces->front().model.engine, face.model.engine);
  EXPECT_EQ(faces->front().digest, face.digest);
  EXPECT_EQ(faces->front().embedding.ciphertext, blob.ciphertext);
}

TEST_F(TransactionTest, AReceiptComesBackToTheLastBit) {
  ports::CrossingRecord departure;
  ASSERT_THAT(AddTraveler(*store_, "P1",
                          [&](const core::TravelerId& traveler) {
                            return std::vector{departure = Departure(traveler, 0)};
                          }),
              testing::IsOk());
  ports::ComparisonRecord record = ComparisonOf(departure, 1, core::Outcome::kInconclusive, At(1));
  core::DecisionReceipt& receipt = record.receipt;
  receipt.distance = 0.1 + 0.2;
  receipt.estimated_fmr = 1.0 / 3;
  receipt.fmr_bound = core::FmrBound::kAtMost;
  receipt.probe_digest = Hex('1');
  receipt.references = {{core::CrossingId(crypto::NewUuid()), Hex('2'), 2.0 / 3},
                        {core::CrossingId(crypto::NewUuid()), Hex('3'), 5e-324}};
  receipt.model = {"model", Hex('4'), kHostile};
  receipt.thresholds = {5e-4, 1e-2, 0.7 / 3, 1.1 / 3, kHostile};
  receipt.best_k = 2;
  receipt.rule_version = kHostile;
  ports::ComparisonRecord again = record;
  again.comparison_id = core::ComparisonId(crypto::NewUuid());
  again.attempt = 2;
  again.compared_at = At(0);
  ASSERT_THAT(Run([&](Transaction& t) {
                const absl::Status status = t.AddComparison(again);
                return status.ok() ? t.AddComparison(record) : status;
              }),
              testing::IsOk());
  const auto stored = Fetch([&](Transaction& t) { return t.GetComparison(record.comparison_id); });
  ASSERT_THAT(stored, testing::IsOk());
  EXPECT_EQ(stored->compared_at, record.compared_at);
  EXPECT_EQ(stored->receipt.outcome, receipt.outcome);
  EXPECT_EQ(stored->receipt.distance, receipt.distance);
  EXPECT_EQ(stored->receipt.estimated_fmr, receipt.estimated_fmr);
  EXPECT_EQ(stored->receipt.fmr_bound, receipt.fmr_bound);
  EXPECT_EQ(stored->receipt.probe_crossing_id, receipt.probe_crossing_id);
  EXPECT_EQ(stored->receipt.probe_digest, receipt.probe_digest);
  EXPECT_EQ(stored->receipt.references, receipt.references);
  EXPECT_TRUE(stored->receipt.model.Comparable(receipt.model));
  EXPECT_EQ(stored->receipt.model.engine, receipt.model.engine);
  EXPECT_EQ(stored->receipt.thresholds, receipt.thresholds);
  EXPECT_EQ(stored->receipt.best_k, receipt.best_k);
  EXPECT_EQ(stored->receipt.rule_version, receipt.rule_version);
  const core::TravelerId& traveler = record.traveler_id;
  const auto all =
      Fetch([&](Transaction& t) { return t.ComparisonsOf(traveler, {departure.crossing_id}); });
  ASSERT_THAT(all, testing::IsOk());
  ASSERT_THAT(*all, SizeIs(2));
  EXPECT_EQ(all->front().attempt, 1) << "whatever the clock said";
  EXPECT_THAT(*Fetch([&](Transaction& t) { return t.ComparisonsOf(traveler, {}); }), IsEmpty());
  const auto records = Fetch(
      [&](Transaction& t) { return t.GetRecords(traveler, Transaction::Templates::kLeaveOut); });
  ASSERT_THAT(records, testing::IsOk());
  ASSERT_THAT(records->comparisons, SizeIs(1));
  const ports::ComparisonSummary& latest = records->comparisons.front();
  EXPECT_EQ(latest.crossing_id, departure.crossing_id);
  EXPECT_EQ(latest.comparison_id, again.comparison_id);
  EXPECT_EQ(latest.attempt, 2);
  EXPECT_EQ(latest.outcome, receipt.outcome);
  EXPECT_TRUE(latest.model.Comparable(receipt.model));
}

TEST_F(TransactionTest, AdmissionChangesComeBackAsTheyWereStoredAndInOrder) {
  const auto id = AddTraveler(*store_, "P1");
  const auto other = AddTraveler(*store_, "P2");
  ASSERT_THAT(id, testing::IsOk());
  ASSERT_THAT(other, testing::IsOk());
  std::vector<ports::AdmissionChangeRecord> records;
  const auto add = [&](core::AdmissionChangeKind kind, core::AdmissionDecision decision,
                       std::optional<core::Date> decided_on,
                       std::optional<core::Admission> granted) {
    ports::AdmissionChangeRecord& record =
        records.emplace_back(Extension(*id, static_cast<int>(records.size())));
    record.principal = kHostile;
    core::AdmissionChange& change = record.change;
    change.application_id = "A." + std::to_string(records.size());
    change.kind = kind;
    change.filed_on = Day(3);
    change.decision = decision;
    change.decided_on = decided_on;
    change.granted = std::move(granted);
  };
  using enum core::AdmissionChangeKind;
  using enum core::AdmissionDecision;
  add(kExtension, kPending, std::nullopt, std::nullopt);
  add(kExtension, kGranted, Day(3), core::Admission{"B-2", Day(200), std::nullopt});
  add(kChangeOfStatus, kGranted, Day(4), core::Admission{"F-1", std::nullopt, std::nullopt});
  add(kAdjustmentOfStatus, kDenied, Day(5), std::nullopt);
  add(kChangeOfStatus, kWithdrawn, Day(6), std::nullopt);
  records.back().change.revision = 1000;
  add(kExtension, kRecordedInError, std::nullopt, std::nullopt);
  // Recorded at one moment: by id.
  add(kExtension, kPending, std::nullopt, std::nullopt);
  records.back().recorded_at = records[5].recorded_at;
  if (records[6].change_id < records[5].change_id) std::swap(records[5], records[6]);
  ASSERT_THAT(Run([&](Transaction& t) {
                absl::Status status = t.AddAdmissionChange(Extension(*other, 0));
                for (size_t i = records.size(); i > 0 && status.ok(); --i) {
                  status = t.AddAdmissionChange(records[i - 1]);
                }
                return status;
              }),
              testing::IsOk());
  const auto stored = Fetch([&](Transaction& t) { return t.AllAdmissionChanges(*id); });
  ASSERT_THAT(stored, testing::IsOk());
  ASSERT_THAT(*stored, SizeIs(records.size()));
  for (size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(stored->at(i).traveler_id, *id) << i;
    EXPECT_EQ(stored->at(i).change_id, records[i].change_id) << i;
    EXPECT_EQ(stored->at(i).request_id, records[i].request_id) << i;
    EXPECT_EQ(stored->at(i).principal, kHostile) << i;
    EXPECT_EQ(stored->at(i).recorded_at, records[i].recorded_at) << i;
    EXPECT_EQ(stored->at(i).change, records[i].change) << i;
  }
  const core::TravelerId nobody(crypto::NewUuid());
  EXPECT_THAT(*Fetch([&](Transaction& t) { return t.AllAdmissionChanges(nobody); }), IsEmpty());
}

TEST_F(TransactionTest, CorrectionsComeBackAsTheyWereStoredAndInOrder) {
  std::vector<ports::CrossingRecord> crossings;
  const auto id = AddTraveler(*store_, "P1", [&](const core::TravelerId& traveler) {
    return crossings = {Arrival(traveler, 0), Departure(traveler, 1)};
  });
  ASSERT_THAT(id, testing::IsOk());
  std::vector<ports::CorrectionRecord> records = {
      CorrectionOf(crossings[0], 1, 10), CorrectionOf(crossings[1], 1, 11),
      CorrectionOf(crossings[0], 2, 12), CorrectionOf(crossings[0], 3, 13)};
  records[0].principal = kHostile;
  records[0].reason = kHostile;
  records[1].correction.admission.reset();
  records[2].correction.captured_at.reset();
  records[2].correction.local_date.reset();
  records[2].correction.admission = core::Admission{"F-1", std::nullopt, std::nullopt};
  records[3].correction = {crossings[0].crossing_id, 3, true, {}, {}, {}};
  records[3].moved_to = core::TravelerId(crypto::NewUuid());
  ASSERT_THAT(Run([&](Transaction& t) {
                absl::Status status;
                for (const size_t i : {2, 0, 3, 1}) {
                  if (status.ok()) status = t.AddCorrection(records[i]);
                }
                return status;
              }),
              testing::IsOk());
  const auto stored = Fetch([&](Transaction& t) { return t.AllCorrections(*id); });
  ASSERT_THAT(stored, testing::IsOk());
  ASSERT_THAT(*stored, SizeIs(records.size()));
  for (size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(stored->at(i).traveler_id, *id) << i;
    EXPECT_EQ(stored->at(i).correction_id, records[i].correction_id) << i;
    EXPECT_EQ(stored->at(i).request_id, records[i].request_id) << i;
    EXPECT_EQ(stored->at(i).principal, records[i].principal) << i;
    EXPECT_EQ(stored->at(i).recorded_at, records[i].recorded_at) << i;
    EXPECT_EQ(stored->at(i).correction, records[i].correction) << i;
    EXPECT_EQ(stored->at(i).reason, records[i].reason) << i;
    EXPECT_EQ(stored->at(i).moved_to, records[i].moved_to) << i;
  }
  const core::TravelerId nobody(crypto::NewUuid());
  EXPECT_THAT(*Fetch([&](Transaction& t) { return t.AllCorrections(nobody); }), IsEmpty());
}

TEST_F(TransactionTest, AMovedCrossingIsFoundWithTheTravelerWhoHasItNow) {
  ports::CrossingRecord crossing;
  const auto from = AddTraveler(*store_, "P1", [&](const core::TravelerId& traveler) {
    return std::vector{crossing = Departure(traveler, 0)};
  });
  ASSERT_THAT(from, testing::IsOk());
  const core::TravelerId to(crypto::NewUuid());
  const core::CrossingId id = crossing.crossing_id;
  const auto where = [&] {
    const auto found = Fetch([&](Transaction& t) { return t.GetCrossing(id); });
    EXPECT_THAT(found, testing::IsOk());
    return found.ok() ? found->traveler_id : core::TravelerId();
  };
  EXPECT_EQ(where(), *from);
  const auto move = [&](const core::TravelerId& traveler, int revision,
                        std::optional<core::TravelerId> moved_to) {
    ports::CorrectionRecord record = CorrectionOf(crossing, revision, revision);
    record.traveler_id = traveler;
    record.correction = {id, revision, moved_to.has_value(), {}, {}, {}};
    record.moved_to = std::move(moved_to);
    EXPECT_THAT(Run([&](Transaction& t) { return t.AddCorrection(record); }), testing::IsOk());
  };
  ASSERT_THAT(Run([&](Transaction& t) {
                ports::CrossingRecord copy = crossing;
                copy.traveler_id = to;
                absl::Status status = t.AddTraveler(to);
                return status.ok() ? t.AddCrossing(copy) : status;
              }),
              testing::IsOk());
  move(*from, 1, to);
  EXPECT_EQ(where(), to);
  EXPECT_EQ(Fetch([&](Transaction& t) { return t.GetCrossingOf(*from, id); })->traveler_id, *from);
  move(*from, 2, std::nullopt);
  move(to, 1, *from);
  EXPECT_EQ(where(), *from);
  const auto nobody = Fetch([&](Transaction& t) { return t.GetTraveler(to); });
  ASSERT_THAT(nobody, testing::IsOk());
  EXPECT_THAT(nobody->documents, IsEmpty());
}

TEST_F(TransactionTest, ACaseKeepsItsHistoryAndRefusesAStaleChange) {
  ports::CrossingRecord departure;
  ASSERT_THAT(AddTraveler(*store_, "P1",
                          [&](const core::TravelerId& traveler) {
                            return std::vector{departure = Departure(traveler, 0)};
                          }),
              testing::IsOk());
  const ports::CaseRecord opened = CaseOf(departure, 1);
  ports::CaseRecord upheld = opened;
  upheld.version = 2;
  upheld.state = core::CaseState::kAwaitsSecondOfficer;
  upheld.first_officer = "officer/1";
  upheld.severity = core::Severity::kHigh;
  upheld.days_overstayed = 9;
  upheld.updated_at = At(2);
  const ports::CaseEvent event{
      opened.traveler_id, opened.case_id, 2, ports::CaseEventKind::kUpheldByOne, At(2),
      "officer/1",        kHostile};
  ASSERT_THAT(Run([&](Transaction& t) { return t.AddCase(opened); }), testing::IsOk());
  ASSERT_THAT(Run([&](Transaction& t) {
                const absl::Status status = t.UpdateCase(upheld);
                return status.ok() ? t.AddCaseEvent(event) : status;
              }),
              testing::IsOk());
  EXPECT_THAT(Run([&](Transaction& t) { return t.UpdateCase(upheld); }),
              testing::FailsWith(Reason::kCaseChanged));

  const auto stored = Fetch([&](Transaction& t) { return t.GetCase(opened.case_id); });
  ASSERT_THAT(stored, testing::IsOk());
  EXPECT_EQ(stored->kind, opened.kind);
  EXPECT_EQ(stored->severity, upheld.severity);
  EXPECT_EQ(stored->state, upheld.state);
  EXPECT_EQ(stored->first_officer, upheld.first_officer);
  EXPECT_EQ(stored->version, 2);
  EXPECT_EQ(stored->crossing_id, opened.crossing_id);
  EXPECT_EQ(stored->comparison_id, std::nullopt);
  EXPECT_EQ(stored->port_id, opened.port_id);
  EXPECT_EQ(stored->days_overstayed, 9);
  EXPECT_EQ(stored->opened_at, opened.opened_at);
  EXPECT_EQ(stored->updated_at, upheld.updated_at);
  const auto events =
      Fetch([&](Transaction& t) { return t.CaseEvents(opened.traveler_id, opened.case_id); });
  ASSERT_THAT(events, testing::IsOk());
  ASSERT_THAT(*events, SizeIs(1));
  EXPECT_EQ(events->front().kind, event.kind);
  EXPECT_EQ(events->front().at, event.at);
  EXPECT_EQ(events->front().principal, event.principal);
  EXPECT_EQ(events->front().reason, kHostile);
  EXPECT_THAT(*Fetch([&](Transaction& t) { return t.CasesOf({opened.traveler_id}); }), SizeIs(1));
}

TEST_F(TransactionTest, ACrossingRaisesOneCaseOfAKind) {
  ports::CrossingRecord departure;
  ASSERT_THAT(AddTraveler(*store_, "P1",
                          [&](const core::TravelerId& traveler) {
                            return std::vector{departure = Departure(traveler, 0)};
                          }),
              testing::IsOk());
  ASSERT_THAT(Run([&](Transaction& t) { return t.AddCase(CaseOf(departure, 1)); }),
              testing::IsOk());
  EXPECT_THAT(Run([&](Transaction& t) { return t.AddCase(CaseOf(departure, 2)); }),
              testing::FailsWith(Reason::kDatabaseConflict));
  ports::CaseRecord other = CaseOf(departure, 2);
  other.kind = core::CaseKind::kNoReference;
  other.days_overstayed = 0;
  EXPECT_THAT(Run([&](Transaction& t) { return t.AddCase(other); }), testing::IsOk());
}

TEST_F(TransactionTest, PagesOfCasesHaveNoGapsAndNoDoublesAndObeyEveryFilter) {
  std::vector<ports::CrossingRecord> departures;
  const auto id = AddTraveler(*store_, "P1", [&](const core::TravelerId& traveler) {
    departures.clear();
    for (int i = 0; i < 12; ++i) departures.push_back(Departure(traveler, i));
    return departures;
  });
  ASSERT_THAT(id, testing::IsOk());
  ASSERT_THAT(Run([&](Transaction& t) {
                absl::Status status;
                for (int i = 0; i < 12 && status.ok(); ++i) {
                  ports::CaseRecord record = CaseOf(departures[static_cast<size_t>(i)], i / 5);
                  if (i % 4 == 0) record.port_id = core::PortId("PDX");
                  status = AddCaseIn(
                      i % 3 == 0 ? core::CaseState::kDismissed : core::CaseState::kOpen, record, t);
                }
                return status;
              }),
              testing::IsOk());
  const auto count = [&](const ports::CaseFilter& filter) {
    size_t rows = 0;
    std::optional<ports::CaseCursor> after;
    for (;;) {
      const auto page = Fetch([&](Transaction& t) { return t.ListCases(filter, after, 2); });
      EXPECT_THAT(page, testing::IsOk());
      for (const auto& record : *page) {
        const bool in_order = !after || std::pair(after->at, after->case_id.value()) <
                                            std::pair(record.opened_at, record.case_id.value());
        EXPECT_TRUE(in_order);
        after = {record.opened_at, record.case_id};
        ++rows;
      }
      if (page->size() < 2) return rows;
    }
  };
  const core::PortId pdx("PDX");
  const auto open = core::CaseState::kOpen;
  EXPECT_EQ(count({}), 12);
  EXPECT_EQ(count({open, {}, {}, {}}), 8);
  EXPECT_EQ(count({{}, {}, pdx, {}}), 3);
  EXPECT_EQ(count({open, {}, pdx, {}}), 2);
  EXPECT_EQ(count({{}, core::CaseKind::kNoReference, {}, {}}), 0);
  EXPECT_EQ(count({{}, core::CaseKind::kOverstay, {}, *id}), 12);
  EXPECT_EQ(count({{}, {}, {}, core::TravelerId(crypto::NewUuid())}), 0);
  ports::CaseFilter due;
  due.by_due_day = true;
  EXPECT_EQ(count(due), 0) << "leads are not due";
}

TEST_F(TransactionTest, RequestsAreListedByTheDayOnWhichTheyAreDue) {
  constexpr int kRequests = 9;
  std::vector<ports::CrossingRecord> departures;
  const auto id = AddTraveler(*store_, "P1", [&](const core::TravelerId& traveler) {
    departures.clear();
    for (int i = 0; i <= kRequests; ++i) departures.push_back(Departure(traveler, i));
    return departures;
  });
  ASSERT_THAT(id, testing::IsOk());
  std::vector<ports::CaseRecord> added;
  ASSERT_THAT(Run([&](Transaction& t) {
                added.clear();
                for (int i = 0; i < kRequests; ++i) {
                  // The one filed last is due first, and always two on one day.
                  ports::CaseRecord record = CaseOf(departures[static_cast<size_t>(i)], i);
                  record.kind = core::CaseKind::kCorrectionRequest;
                  record.days_overstayed = 0;
                  record.terms = {Day(0), Day(100 - i / 2), std::nullopt};
                  if (i == 3) record.terms->disputed_case = added[0].case_id;
                  added.push_back(record);
                  if (absl::Status status = t.AddCase(record); !status.ok()) return status;
                }
                return t.AddCase(CaseOf(departures[kRequests], 1));
              }),
              testing::IsOk());
  std::ranges::sort(added, {}, [](const ports::CaseRecord& record) {
    return std::pair(record.terms->due_on, record.case_id.value());
  });
  const auto list = [&](const ports::CaseFilter& wanted) {
    std::vector<ports::CaseRecord> listed;
    std::optional<ports::CaseCursor> after;
    for (;;) {
      const auto page = Fetch([&](Transaction& t) { return t.ListCases(wanted, after, 2); });
      EXPECT_THAT(page, testing::IsOk());
      for (const ports::CaseRecord& record : *page) {
        after = {core::Timestamp(record.terms->due_on), record.case_id};
        listed.push_back(record);
      }
      if (page->size() < 2) return listed;
    }
  };
  ports::CaseFilter filter;
  filter.by_due_day = true;
  const std::vector<ports::CaseRecord> all = list(filter);
  ASSERT_EQ(all.size(), added.size());
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].case_id, added[i].case_id);
    EXPECT_EQ(all[i].terms, added[i].terms);
    EXPECT_TRUE(all[i].disputed);
  }
  filter.due_before = Day(99);
  EXPECT_THAT(list(filter), SizeIs(5));
  const auto lead = Fetch([&](Transaction& t) {
    return t.ListCases({{}, core::CaseKind::kOverstay, {}, {}}, std::nullopt, 2);
  });
  ASSERT_THAT(lead, testing::IsOk());
  ASSERT_THAT(*lead, SizeIs(1));
  EXPECT_EQ(lead->front().terms, std::nullopt);
  EXPECT_TRUE(lead->front().disputed) << "the traveler's other cases are, too";
}

// The list in SQL says what the rule in core says of every stay on every day.
TEST_F(TransactionTest, OverstaysAreListedAsTheRuleFindsThem) {
  std::vector<ports::StayRecord> stays;
  const auto id = AddTraveler(*store_, "P1", [&](const core::TravelerId& traveler) {
    std::vector<ports::CrossingRecord> crossings;
    const auto add = [&](core::StayState state, std::optional<core::Date> until,
                         std::optional<int> departed_day,
                         std::optional<core::Date> pending_since = {}) {
      const int minutes = static_cast<int>(stays.size()) * 10;
      crossings.push_back(Arrival(traveler, minutes));
      core::Stay stay;
      stay.state = state;
      stay.arrival_id = crossings.back().crossing_id;
      stay.arrived_at = At(minutes);
      stay.arrived_on = Day(0);
      stay.class_of_admission = "B-2";
      stay.authorized_until = until;
      stay.pending_since = pending_since;
      if (stays.size() % 2 == 0) stay.adult_on = Day(2);
      if (departed_day) {
        crossings.push_back(Departure(traveler, minutes + 1440 * 20));
        stay.departure_id = crossings.back().crossing_id;
        stay.departed_at = crossings.back().captured_at;
        stay.departed_on = Day(*departed_day);
      }
      stays.push_back({traveler, "D", core::PortId("SEA"), stay});
    };
    for (const int until : {1, 3, 3}) {
      add(core::StayState::kOpen, Day(until), {});
      add(core::StayState::kClosed, Day(until), until);
      add(core::StayState::kClosed, Day(until), until + 2);
      add(core::StayState::kDepartureNotRecorded, Day(until), {});
      add(core::StayState::kDepartureUnconfirmed, Day(until), until + 2);
      add(core::StayState::kOpen, Day(until), {}, Day(until));
      add(core::StayState::kClosed, Day(until), until + 2, Day(0));
    }
    add(core::StayState::kOpen, std::nullopt, {});
    add(core::StayState::kClosed, std::nullopt, 9);
    return crossings;
  });
  ASSERT_THAT(id, testing::IsOk());
  ASSERT_THAT(Run([&](Transaction& t) { return t.ReplaceStays(*id, stays, At(0)); }),
              testing::IsOk());
  const auto stored = Fetch([&](Transaction& t) { return t.AllStays(*id); });
  ASSERT_THAT(stored, testing::IsOk());
  ASSERT_THAT(*stored, SizeIs(stays.size()));
  for (size_t i = 0; i < stays.size(); ++i) {
    EXPECT_TRUE(stored->at(i) == stays[i]) << i;
  }

  const std::optional<core::OverstayKind> kinds[] = {
      std::nullopt, core::OverstayKind::kOutOfCountry, core::OverstayKind::kSuspectedInCountry};
  for (int day = -1; day < 8; ++day) {
    for (const auto& kind : kinds) {
      std::vector<core::CrossingId> expected;
      for (const ports::StayRecord& record : stays) {
        const auto overstay = core::OverstayOf(record.stay, Day(day));
        if (overstay && (!kind || overstay->kind == *kind)) {
          expected.push_back(record.stay.arrival_id);
        }
      }
      std::vector<core::CrossingId> listed;
      std::optional<ports::OverstayCursor> after;
      for (;;) {
        const auto page =
            Fetch([&](Transaction& t) { return t.ListOverstays(Day(day), At(0), kind, after, 2); });
        ASSERT_THAT(page, testing::IsOk());
        for (const auto& record : *page) listed.push_back(record.stay.arrival_id);
        if (page->size() < 2) break;
        const core::Stay& last = page->back().stay;
        after = {*last.authorized_until, *id, last.arrival_id};
      }
      EXPECT_THAT(listed, ::testing::UnorderedElementsAreArray(expected)) << "day " << day;
    }
  }
  ASSERT_THAT(Run([&](Transaction& t) { return t.ReplaceStays(*id, {}, At(1)); }), testing::IsOk());
  EXPECT_THAT(*Fetch([&](Transaction& t) { return t.AllStays(*id); }), IsEmpty());
}

TEST_F(TransactionTest, EveryDayAndTimeOfTheCalendarComesBackAsItWas) {
  for (const int year : {1, 85, 999, 1900, 9999}) {
    const core::Date day = std::chrono::sys_days(std::chrono::year(year) / 2 / 3);
    core::TravelDocument document = Document("Y" + std::to_string(year));
    document.birth_date = day;
    absl::StatusOr<core::TravelerId> locked;
    ports::CrossingRecord crossing;
    ASSERT_THAT(Run([&](Transaction& t) {
                  locked = LockTravelerOf(t, document);
                  if (!locked.ok()) return locked.status();
                  crossing = Arrival(*locked, 0);
                  crossing.captured_at = core::Timestamp(day) + std::chrono::microseconds(7);
                  crossing.local_date = day;
                  crossing.holder = document.holder();
                  return t.AddCrossing(crossing);
                }),
                testing::IsOk());
    const auto stored = Fetch([&](Transaction& t) { return t.GetCrossing(crossing.crossing_id); });
    ASSERT_THAT(stored, testing::IsOk());
    EXPECT_EQ(stored->captured_at, crossing.captured_at) << year;
    EXPECT_EQ(stored->local_date, day) << year;
    EXPECT_EQ(stored->holder, crossing.holder) << year;
    const auto traveler = Fetch([&](Transaction& t) { return t.GetTraveler(*locked); });
    ASSERT_THAT(traveler, testing::IsOk());
    EXPECT_THAT(traveler->documents, ElementsAre(document)) << year;
  }
}

TEST_F(TransactionTest, WhatBreaksARuleIsRefusedWithoutQuotingIt) {
  const absl::Status status = AddTraveler(*store_, "P1", [](const core::TravelerId& traveler) {
                                ports::CrossingRecord record = Departure(traveler, 0);
                                record.carrier = std::string(65, 'x');
                                return std::vector{record};
                              }).status();
  EXPECT_THAT(status, testing::FailsWith(Reason::kInternal));
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("add_crossing"));
  EXPECT_THAT(std::string(status.message()), ::testing::Not(::testing::HasSubstr("xxx")));
}

TEST_F(TransactionTest, ATextWithANulIsRefusedRatherThanCutShort) {
  EXPECT_THAT(AddTraveler(*store_, "P1",
                          [](const core::TravelerId& traveler) {
                            ports::CrossingRecord record = Departure(traveler, 0);
                            record.carrier = std::string("a\0b", 3);
                            return std::vector{record};
                          }),
              testing::FailsWith(Reason::kInternal));
  EXPECT_THAT(store_->Ping(Soon()), testing::IsOk());
}

TEST_F(TransactionTest, AFailedWorkLeavesNothingBehind) {
  const core::RequestId id(crypto::NewUuid());
  const absl::Status refusal = core::MakeError(Reason::kLaneUnknown, "no");
  EXPECT_EQ(Run([&](Transaction& t) {
              EXPECT_THAT(t.AddRequest({id, "p", Hex('a'), core::TravelerId(crypto::NewUuid()),
                                        crypto::NewUuid()}),
                          testing::IsOk());
              EXPECT_TRUE((*t.FindRequest(id)).has_value());
              return refusal;
            }),
            refusal);
  EXPECT_FALSE((*Fetch([&](Transaction& t) { return t.FindRequest(id); })).has_value());
}

}  // namespace
}  // namespace entryexit::postgres
