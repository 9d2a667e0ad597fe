#include "src/demo/review.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "entryexit/client/channel.h"
#include "entryexit/crypto/digest.h"

namespace entryexit::demo {
namespace {

constexpr int kPageSize = 500;

using BackOffice = v1::BackOfficeService::Stub;

class Reviewer {
 public:
  Reviewer(const Scenario& scenario, const Journal& journal, Clients& clients)
      : scenario_(scenario), journal_(journal), clients_(clients) {}

  absl::StatusOr<Review> Run() {
    for (std::size_t i = 0; i < journal_.answers.size(); ++i) {
      const std::string& traveler_id = journal_.answers[i].traveler_id;
      if (!traveler_id.empty()) review_.travelers[traveler_id] = scenario_.crossings[i].traveler;
    }
    for (const auto step :
         {&Reviewer::ReadCrossings, &Reviewer::DecideTwoCases, &Reviewer::ReadCases,
          &Reviewer::FetchPictures, &Reviewer::ReplayDecisions, &Reviewer::AskForOverstays}) {
      if (auto status = (this->*step)(); !status.ok()) return status;
    }
    return std::move(review_);
  }

 private:
  template <typename Request, typename Response>
  absl::StatusOr<Response> Ask(grpc::Status (BackOffice::*method)(grpc::ClientContext*,
                                                                  const Request&, Response*),
                               const Request& request, const char* purpose) {
    return client::Call(*clients_.officer, method, request, kCallTimeout, {purpose, ""});
  }

  absl::Status ReadCrossings() {
    for (const auto& [traveler_id, index] : review_.travelers) {
      v1::ListCrossingsRequest request;
      request.set_traveler_id(traveler_id);
      request.set_page_size(kPageSize);
      const auto response = Ask(&BackOffice::ListCrossings, request, kInspection);
      if (!response.ok()) return response.status();
      for (const auto& crossing : response->crossings()) {
        review_.crossings[crossing.crossing_id()] = crossing;
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<v1::Case>> ListCases() {
    std::vector<v1::Case> cases;
    for (const auto& [traveler_id, index] : review_.travelers) {
      v1::ListCasesRequest request;
      request.set_traveler_id(traveler_id);
      request.set_page_size(kPageSize);
      const auto response = Ask(&BackOffice::ListCases, request, kCaseWork);
      if (!response.ok()) return response.status();
      cases.insert(cases.end(), response->cases().begin(), response->cases().end());
    }
    return cases;
  }

  // One lead that is right, for which it takes two officers, and one that is not, as the staging
  // knows.
  absl::Status DecideTwoCases() {
    const auto cases = ListCases();
    if (!cases.ok()) return cases.status();
    bool upheld = false;
    bool dismissed = false;
    for (const v1::Case& one : *cases) {
      if (one.state() != v1::CASE_STATE_OPEN) continue;
      const auto truth = TruthOf(one.crossing_id());
      absl::Status status;
      if (!upheld && truth == Truth::kImpostor) {
        status = Uphold(one);
        upheld = true;
      } else if (!dismissed && (truth == Truth::kSamePerson || truth == Truth::kNoArrival) &&
                 one.kind() != v1::CASE_KIND_OVERSTAY) {
        status = Dismiss(one);
        dismissed = true;
      }
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  std::optional<Truth> TruthOf(const std::string& crossing_id) const {
    for (std::size_t i = 0; i < journal_.answers.size(); ++i) {
      if (journal_.answers[i].crossing_id == crossing_id) return scenario_.crossings[i].truth;
    }
    return std::nullopt;
  }

  absl::Status Uphold(const v1::Case& one) {
    const auto awaiting = Decide(*clients_.officer, one, v1::CASE_DECISION_UPHOLD,
                                 "Second look at the document: the bearer is not the holder.");
    if (!awaiting.ok()) return awaiting.status();
    const std::string agrees =
        "Not the holder: the ears and the scar of the photograph are missing.";
    const auto upheld =
        Decide(*clients_.second_officer, *awaiting, v1::CASE_DECISION_UPHOLD, agrees);
    if (!upheld.ok()) return upheld.status();
    review_.decisions.push_back({one.case_id(), v1::CASE_DECISION_UPHOLD, agrees});
    return absl::OkStatus();
  }

  absl::Status Dismiss(const v1::Case& one) {
    const std::string reason = "Checked by hand at the gate: document and bearer belong together.";
    const auto dismissed = Decide(*clients_.officer, one, v1::CASE_DECISION_DISMISS, reason);
    if (!dismissed.ok()) return dismissed.status();
    review_.decisions.push_back({one.case_id(), v1::CASE_DECISION_DISMISS, reason});
    return absl::OkStatus();
  }

  // The case as it is afterwards.
  static absl::StatusOr<v1::Case> Decide(BackOffice& officer, const v1::Case& one,
                                         v1::CaseDecision decision, const std::string& reason) {
    v1::DecideCaseRequest request;
    request.set_request_id(crypto::NewUuid());
    request.set_case_id(one.case_id());
    request.set_etag(one.etag());
    request.set_decision(decision);
    request.set_reason(reason);
    auto response =
        client::Call(officer, &BackOffice::DecideCase, request, kCallTimeout, {kCaseWork, ""});
    if (!response.ok()) return response.status();
    return std::move(*response->mutable_case_());
  }

  absl::Status ReadCases() {
    const auto cases = ListCases();
    if (!cases.ok()) return cases.status();
    for (const v1::Case& one : *cases) {
      v1::GetCaseRequest request;
      request.set_case_id(one.case_id());
      auto response = Ask(&BackOffice::GetCase, request, kCaseWork);
      if (!response.ok()) return response.status();
      review_.cases.push_back(*std::move(response));
    }
    std::sort(review_.cases.begin(), review_.cases.end(), [](const auto& a, const auto& b) {
      const auto key = [](const v1::GetCaseResponse& response) {
        const auto& opened = response.case_().opened_at();
        return std::tuple(opened.seconds(), opened.nanos(), response.case_().case_id());
      };
      return key(a) < key(b);
    });
    return absl::OkStatus();
  }

  absl::Status FetchPictures() {
    for (const auto& [crossing_id, crossing] : review_.crossings) {
      if (crossing.capture_status() != v1::CAPTURE_STATUS_TEMPLATE_STORED) continue;
      v1::GetCaptureRequest request;
      request.set_crossing_id(crossing_id);
      const auto response = Ask(&BackOffice::GetCapture, request, kInspection);
      if (!response.ok()) return response.status();
      review_.pictures[crossing_id] = {response->media_type(), response->image()};
    }
    return absl::OkStatus();
  }

  absl::Status ReplayDecisions() {
    for (const auto& [crossing_id, crossing] : review_.crossings) {
      if (crossing.direction() != v1::DIRECTION_DEPARTURE) continue;
      v1::ReplayDecisionRequest request;
      request.set_crossing_id(crossing_id);
      auto response = Ask(&BackOffice::ReplayDecision, request, kOversight);
      if (!response.ok()) return response.status();
      review_.replays[crossing_id] = *std::move(response);
    }
    return absl::OkStatus();
  }

  absl::Status AskForOverstays() {
    v1::ListOverstaysRequest request;
    *request.mutable_as_of() = ToDate(scenario_.last_day);
    grpc::ClientContext context;
    context.set_deadline(client::DeadlineIn(kCallTimeout));
    client::SayPurpose({kReporting, ""}, context);
    const auto reader = clients_.report->ListOverstays(&context, request);
    v1::ListOverstaysResponse response;
    while (reader->Read(&response)) {
      if (!review_.travelers.contains(response.stay().traveler_id())) continue;
      review_.overstays.push_back(response);
    }
    return client::ToStatus(reader->Finish(), context);
  }

  const Scenario& scenario_;
  const Journal& journal_;
  Clients& clients_;
  Review review_;
};

}  // namespace

absl::StatusOr<Review> ReviewRun(const Scenario& scenario, const Journal& journal,
                                 Clients& clients) {
  return Reviewer(scenario, journal, clients).Run();
}

}  // namespace entryexit::demo
