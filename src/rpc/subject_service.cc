#include "rpc/subject_service.h"

#include <spdlog/spdlog.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "entryexit/core/reason.h"
#include "rpc/convert.h"
#include "rpc/convert_retention.h"
#include "rpc/fed_stream.h"

namespace entryexit::rpc {
namespace {

using rpc::ToProto;  // Helpers of that name would hide it.

void ToProto(const ports::KnownStay& known, v1::ExportedStay* proto) {
  ToProto(known.record, proto->mutable_stay());
  proto->set_nationality(known.record.nationality);
  ToProto(known.known_from, proto->mutable_known_from());
  if (known.known_until) ToProto(*known.known_until, proto->mutable_known_until());
}

void ToProto(const app::CaseHistory& history, v1::ExportedCase* proto) {
  ToProto(history.record, proto->mutable_record());
  for (const ports::CaseEvent& event : history.events) ToProto(event, proto->add_events());
}

void ToProto(const ports::SettledLead& lead, v1::SettledLead* proto) {
  proto->set_kind(ToProto(lead.kind));
  proto->set_crossing_id(lead.crossing_id.value());
  proto->set_severity(ToProto(lead.severity));
  proto->set_state(ToProto(lead.state));
}

void ToProto(const app::TemplateFacts& facts, v1::ExportedTemplate* proto) {
  proto->set_crossing_id(facts.crossing_id.value());
  ToProto(facts.captured_at, proto->mutable_captured_at());
  proto->mutable_model()->set_model_id(facts.model.id);
  proto->mutable_model()->set_digest(facts.model.digest);
  proto->mutable_model()->set_engine(facts.model.engine);
  proto->set_digest(facts.digest);
}

void ToProto(const ports::ErasureNotice& notice, v1::ErasureNotice* proto) {
  proto->set_kind(ToProto(notice.kind));
  proto->set_subject_id(notice.subject_id);
  ToProto(notice.due_at, proto->mutable_due());
  proto->set_rule_id(notice.rule_id);
  ToProto(notice.announced_at, proto->mutable_announced_at());
}

void ToProto(const ports::CorrectionRecord& record, v1::ExportedCorrection* proto) {
  proto->set_crossing_id(record.correction.crossing_id.value());
  ToProto(record, proto->mutable_correction());
}

void ToProto(const app::ExportedCrossing& crossing, v1::ExportedCrossing* proto) {
  ToProto(crossing.view, proto->mutable_crossing());
  if (crossing.document) ToProto(*crossing.document, proto->mutable_document());
}

void ToProto(const app::Dossier& dossier, v1::ExportedTraveler* proto) {
  proto->set_traveler_id(dossier.traveler.traveler_id.value());
  ToProto(dossier.traveler.created_at, proto->mutable_created_at());
  for (const core::TravelDocument& document : dossier.traveler.documents) {
    ToProto(document, proto->add_documents());
  }
  ToProto(dossier.exported_at, proto->mutable_exported_at());
  proto->set_legal_holds(static_cast<int>(dossier.legal_holds.size()));
}

bool DoesNotOpen(const absl::Status& picture) {
  const std::optional<core::Reason> reason = core::ReasonOf(picture);
  return reason == core::Reason::kStoredDataInvalid || reason == core::Reason::kKeyUnavailable;
}

// First what fits into one answer of the database, then crossings page by page, then pictures one
// by one.
class ExportStream final : public FedStream<v1::ExportTravelerResponse> {
 public:
  ExportStream(const Environment& environment, grpc::CallbackServerContext* context,
               v1::ExportTravelerRequest request, const app::ExportTraveler& exporter)
      : FedStream(
            environment, context, "/entryexit.v1.SubjectService/ExportTraveler",
            /*low_water=*/4,
            DeadlineOf(*context, {environment.deadlines.longest, environment.deadlines.longest})),
        request_(std::move(request)),
        exporter_(exporter) {}

 private:
  void FeedMore() override REQUIRES(mutex_) {
    if (ended_) {
      End(absl::OkStatus());
    } else {
      Feed([this](const app::Call& call) { return FeedNext(call); });
    }
  }

  absl::Status FeedNext(const app::Call& call) EXCLUDES(mutex_) {
    if (!dossier_) return AddDossier(call);
    if (crossings_remain_) return AddCrossings(call);
    if (next_picture_ < dossier_->pictures.size()) return AddPicture(call);
    const core::MutexLock lock(mutex_);
    *AddMessage().mutable_end() = end_;
    ended_ = true;
    return absl::OkStatus();
  }

  absl::StatusOr<app::Dossier> Find(const app::Call& call) const {
    switch (request_.key_case()) {
      case v1::ExportTravelerRequest::kTravelerId: {
        const absl::StatusOr<std::string> id = UuidFrom(request_.traveler_id(), "traveler_id");
        if (!id.ok()) return id.status();
        return exporter_.Open(call, core::TravelerId(*id));
      }
      case v1::ExportTravelerRequest::kDocument:
        return exporter_.OpenByDocument(call, request_.document().issuing_state(),
                                        request_.document().number());
      case v1::ExportTravelerRequest::KEY_NOT_SET:
        break;
    }
    return core::MakeError(core::Reason::kMissingField, "traveler_id or document is missing");
  }

  absl::Status AddDossier(const app::Call& call) EXCLUDES(mutex_) {
    absl::StatusOr<app::Dossier> found = Find(call);
    if (!found.ok()) return found.status();
    const core::MutexLock lock(mutex_);
    ToProto(*found, AddMessage().mutable_traveler());
    for (const auto& change : found->admission_changes) {
      ToProto(change, AddMessage().mutable_admission_change());
    }
    for (const auto& stay : found->stays) ToProto(stay, AddMessage().mutable_stay());
    for (const auto& history : found->cases) {
      ToProto(history, AddMessage().mutable_case_history());
    }
    for (const auto& lead : found->settled_leads) {
      ToProto(lead, AddMessage().mutable_settled_lead());
    }
    for (const auto& facts : found->templates) {
      ToProto(facts, AddMessage().mutable_template_facts());
    }
    for (const auto& notice : found->erasure_notices) {
      ToProto(notice, AddMessage().mutable_erasure_notice());
    }
    for (const auto& correction : found->corrections) {
      ToProto(correction, AddMessage().mutable_correction());
    }
    if (request_.with_legal_holds()) {
      for (const auto& hold : found->legal_holds) {
        ToProto(hold, AddMessage().mutable_legal_hold());
      }
    }
    // The rest goes by these alone.
    dossier_.emplace();
    dossier_->traveler = std::move(found->traveler);
    dossier_->pictures = std::move(found->pictures);
    return absl::OkStatus();
  }

  absl::Status AddCrossings(const app::Call& call) EXCLUDES(mutex_) {
    const auto page = exporter_.Crossings(call, *dossier_, after_);
    if (!page.ok()) return page.status();
    after_ = page->next;
    crossings_remain_ = page->next.has_value();
    end_.set_crossings(end_.crossings() + static_cast<std::int64_t>(page->rows.size()));
    const core::MutexLock lock(mutex_);
    for (const app::ExportedCrossing& crossing : page->rows) {
      ToProto(crossing, AddMessage().mutable_crossing());
    }
    return absl::OkStatus();
  }

  // One that does not open keeps nobody from the rest.
  absl::Status AddPicture(const app::Call& call) EXCLUDES(mutex_) {
    const core::CrossingId& id = dossier_->pictures[next_picture_++];
    auto picture = exporter_.Picture(call, *dossier_, id);
    if (DoesNotOpen(picture.status())) {
      spdlog::error("export: the picture of crossing={} does not open: {}", id.value(),
                    std::string(picture.status().message()));
      end_.add_unreadable_pictures(id.value());
      return absl::OkStatus();
    }
    if (!picture.ok()) return picture.status();
    if (!*picture) return absl::OkStatus();
    end_.set_pictures(end_.pictures() + 1);
    const core::MutexLock lock(mutex_);
    v1::ExportedPicture* const proto = AddMessage().mutable_picture();
    proto->set_crossing_id(id.value());
    proto->set_image(std::move((*picture)->image));
    proto->set_media_type((*picture)->media_type);
    proto->set_digest((*picture)->digest);
    return absl::OkStatus();
  }

  const v1::ExportTravelerRequest request_;
  const app::ExportTraveler& exporter_;
  // Of the job that runs.
  std::optional<app::Dossier> dossier_;
  std::optional<ports::CrossingCursor> after_;
  bool crossings_remain_ = true;
  size_t next_picture_ = 0;
  v1::ExportEnd end_;
  bool ended_ GUARDED_BY(mutex_) = false;
};

}  // namespace

grpc::ServerWriteReactor<v1::ExportTravelerResponse>* SubjectService::ExportTraveler(
    grpc::CallbackServerContext* context, const v1::ExportTravelerRequest* request) {
  const auto stream = std::make_shared<ExportStream>(streaming_, context, *request, exporter_);
  stream->Start(stream, streams_);
  return stream.get();
}

}  // namespace entryexit::rpc
