#include "tests/integration/postgres/store_fixture.h"

#include "entryexit/crypto/digest.h"
#include "entryexit/postgres/migrations.h"

namespace entryexit::postgres {
namespace {

constexpr core::Date kDayZero =
    std::chrono::sys_days(std::chrono::year(2026) / std::chrono::September / 1);

struct Shared {
  std::unique_ptr<testing::PostgresServer> server;
  std::string template_database;
};
Shared* shared = nullptr;

ports::CrossingRecord Crossing(const core::TravelerId& traveler, int minutes) {
  ports::CrossingRecord record;
  record.traveler_id = traveler;
  record.crossing_id = core::CrossingId(crypto::NewUuid());
  record.request_id = core::RequestId(crypto::NewUuid());
  record.document_id = core::DocumentId(crypto::NewUuid());
  record.lane_id = core::LaneId("SEA-1");
  record.port_id = core::PortId("SEA");
  record.carrier = "Carrier";
  record.flight = "XX 1";
  record.captured_at = At(minutes);
  record.recorded_at = At(minutes) + std::chrono::microseconds(123456);
  record.local_date = Day(minutes / 1440);
  record.capture_status = ports::CaptureStatus::kTemplateStored;
  record.holder = Document("P1").holder();
  return record;
}

}  // namespace

void StoreTest::SetUpTestSuite() {
  shared = new Shared;
  auto server = testing::PostgresServer::Start();
  ASSERT_THAT(server, testing::IsOk());
  shared->server = *std::move(server);
  shared->template_database = *shared->server->CreateDatabase();
  ASSERT_THAT(
      Migrate(shared->server->OwnerDsn(shared->template_database), [](const std::string&) {}),
      testing::IsOk());
  ASSERT_THAT(shared->server->Execute(
                  shared->template_database,
                  std::string("INSERT INTO data_key (key_id, kek_id, nonce, wrapped) VALUES ('") +
                      kDataKey +
                      "', repeat('0', 32), decode(repeat('00', 12), 'hex'), "
                      "decode(repeat('00', 48), 'hex'))"),
              testing::IsOk());
}

void StoreTest::TearDownTestSuite() {
  delete shared;
  shared = nullptr;
}

StoreTest::StoreTest() {
  database_ = *shared->server->CreateDatabase(shared->template_database);
  store_ = *OpenStore(Options());
}

StoreTest::~StoreTest() = default;

DatabaseOptions StoreTest::Options() const {
  DatabaseOptions options;
  options.dsn = shared->server->DaemonDsn(database_);
  return options;
}

testing::PostgresServer& StoreTest::server() { return *shared->server; }

std::vector<std::string> StoreTest::Sql(const std::string& user, const std::string& sql) const {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> link(
      PQconnectdb(server().Dsn(database_, user).c_str()), &PQfinish);
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(link.get(), sql.c_str()),
                                                             &PQclear);
  const char* sqlstate = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
  if (sqlstate != nullptr) return {sqlstate};
  std::vector<std::string> values;
  for (int i = 0; i < PQntuples(result.get()); ++i) {
    values.emplace_back(PQgetvalue(result.get(), i, 0));
  }
  return values;
}

core::Timestamp At(int minutes) {
  return core::Timestamp(kDayZero) + std::chrono::minutes(minutes);
}

core::Date Day(int days) { return kDayZero + std::chrono::days(days); }

core::TravelDocument Document(const std::string& number) {
  return {"UTO", number, "D", Day(-12000), core::Sex::kFemale};
}

core::DocumentId DocumentIdOf(const core::TravelDocument& document) {
  return core::DocumentId(crypto::DeterministicUuid(document.issuing_state + document.number));
}

std::string Hex(char digit) { return std::string(64, digit); }

ports::CrossingRecord Arrival(const core::TravelerId& traveler, int minutes) {
  ports::CrossingRecord record = Crossing(traveler, minutes);
  record.direction = core::Direction::kArrival;
  record.admission = {"B-2", Day(30), core::WindowRule{90, 180}};
  return record;
}

ports::CrossingRecord Departure(const core::TravelerId& traveler, int minutes) {
  ports::CrossingRecord record = Crossing(traveler, minutes);
  record.direction = core::Direction::kDeparture;
  return record;
}

ports::AdmissionChangeRecord Extension(const core::TravelerId& traveler, int minutes) {
  ports::AdmissionChangeRecord record;
  record.traveler_id = traveler;
  record.change_id = core::AdmissionChangeId(crypto::NewUuid());
  record.request_id = core::RequestId(crypto::NewUuid());
  record.principal = "authority";
  record.recorded_at = At(minutes) + std::chrono::microseconds(123456);
  core::AdmissionChange& change = record.change;
  change.application_id = "IOE-1234.56_7";
  change.kind = core::AdmissionChangeKind::kExtension;
  change.filed_on = Day(20);
  change.decision = core::AdmissionDecision::kGranted;
  change.decided_on = Day(25);
  change.granted = {"B-2", Day(210), std::nullopt};
  return record;
}

ports::CorrectionRecord CorrectionOf(const ports::CrossingRecord& crossing, int revision,
                                     int minutes) {
  ports::CorrectionRecord record;
  record.traveler_id = crossing.traveler_id;
  record.correction_id = core::CorrectionId(crypto::NewUuid());
  record.request_id = core::RequestId(crypto::NewUuid());
  record.principal = "supervisor";
  record.recorded_at = At(minutes) + std::chrono::microseconds(123456);
  record.correction.crossing_id = crossing.crossing_id;
  record.correction.revision = revision;
  record.correction.captured_at = At(minutes) + std::chrono::microseconds(1);
  record.correction.local_date = Day(minutes / 1440);
  record.correction.admission = {"SCH-C", Day(40), core::WindowRule{30, 60}};
  record.reason = "the clock was wrong";
  return record;
}

ports::CaseRecord CaseOf(const ports::CrossingRecord& crossing, int minutes) {
  ports::CaseRecord record;
  record.traveler_id = crossing.traveler_id;
  record.case_id = core::CaseId(crypto::NewUuid());
  record.kind = core::CaseKind::kOverstay;
  record.severity = core::Severity::kMedium;
  record.crossing_id = crossing.crossing_id;
  record.port_id = crossing.port_id;
  record.days_overstayed = 3;
  record.opened_at = At(minutes);
  record.updated_at = At(minutes);
  return record;
}

ports::ComparisonRecord ComparisonOf(const ports::CrossingRecord& departure, int attempt,
                                     core::Outcome outcome, core::Timestamp at) {
  ports::ComparisonRecord record;
  record.traveler_id = departure.traveler_id;
  record.comparison_id = core::ComparisonId(crypto::NewUuid());
  record.attempt = attempt;
  record.compared_at = at;
  core::DecisionReceipt& receipt = record.receipt;
  receipt.outcome = outcome;
  if (outcome == core::Outcome::kMatch || outcome == core::Outcome::kNoMatch ||
      outcome == core::Outcome::kInconclusive) {
    receipt.distance = 0.5;
    receipt.estimated_fmr = 0.5;
    receipt.fmr_bound = core::FmrBound::kExact;
  }
  receipt.probe_crossing_id = departure.crossing_id;
  receipt.thresholds = {5e-4, 1e-2, 0.3, 0.4, "mated"};
  receipt.best_k = 1;
  receipt.rule_version = "1";
  return record;
}

absl::Status AddCaseIn(core::CaseState state, ports::CaseRecord record,
                       ports::Transaction& transaction) {
  record.state = core::CaseState::kOpen;
  absl::Status status = transaction.AddCase(record);
  if (status.ok() && state == core::CaseState::kUpheld) {
    record.state = core::CaseState::kAwaitsSecondOfficer;
    record.first_officer = "officer/1";
    ++record.version;
    status = transaction.UpdateCase(record);
  }
  if (!status.ok() || state == core::CaseState::kOpen) return status;
  record.state = state;
  record.first_officer.reset();
  ++record.version;
  return transaction.UpdateCase(record);
}

ports::StayRecord StayOf(const ports::CrossingRecord& arrival) {
  ports::StayRecord record{arrival.traveler_id, "D", arrival.port_id, {}};
  core::Stay& stay = record.stay;
  stay.arrival_id = arrival.crossing_id;
  stay.arrived_at = arrival.captured_at;
  stay.arrived_on = arrival.local_date;
  stay.class_of_admission = arrival.admission->class_of_admission;
  stay.authorized_until = arrival.admission->authorized_until;
  stay.adult_on = Day(-5000);
  return record;
}

ports::StayRecord Closed(ports::StayRecord record, const ports::CrossingRecord& departure) {
  record.stay.state = core::StayState::kClosed;
  record.stay.departure_id = departure.crossing_id;
  record.stay.departed_at = departure.captured_at;
  record.stay.departed_on = departure.local_date;
  return record;
}

absl::StatusOr<core::TravelerId> LockTravelerOf(ports::Transaction& transaction,
                                                const core::TravelDocument& document) {
  const auto opened =
      transaction.OpenTravelerOf(DocumentIdOf(document), document,
                                 core::RequestId(crypto::NewUuid()), /*is_likely_known=*/false);
  if (!opened.ok()) return opened.status();
  return opened->records.traveler.traveler_id;
}

absl::StatusOr<core::TravelerId> AddTraveler(
    ports::Store& store, const std::string& number,
    const std::function<std::vector<ports::CrossingRecord>(const core::TravelerId&)>& make) {
  core::TravelerId id;
  const core::Deadline deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  const absl::Status status =
      store.Transact(deadline, [&](ports::Transaction& transaction) -> absl::Status {
        const core::TravelDocument document = Document(number);
        const auto locked = LockTravelerOf(transaction, document);
        if (!locked.ok()) return locked.status();
        id = *locked;
        if (!make) return absl::OkStatus();
        for (const ports::CrossingRecord& crossing : make(id)) {
          if (absl::Status added = transaction.AddCrossing(crossing); !added.ok()) return added;
        }
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  return id;
}

}  // namespace entryexit::postgres
