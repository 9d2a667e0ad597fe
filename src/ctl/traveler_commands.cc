#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ostream.h>
#include <unistd.h>

#include <memory>

#include "ctl/commands.h"
#include "ctl/crossing_request.h"
#include "ctl/describe.h"
#include "entryexit/client/text.h"
#include "entryexit/core/reason.h"
#include "entryexit/v1/back_office_service.grpc.pb.h"

namespace entryexit::ctl {
namespace {

using BackOffice = v1::BackOfficeService::Stub;

constexpr int kPageSize = 500;

void WriteDocuments(const Context& context, const v1::GetTravelerResponse& traveler) {
  context.out << "\nDocuments\n";
  Table table =
      context.MakeTable({{"STATE"}, {"NUMBER"}, {"NATIONALITY"}, {"BIRTH DATE"}, {"SEX"}});
  for (const auto& document : traveler.documents()) {
    table.Add({document.issuing_state(), document.number(), document.nationality(),
               client::FormatDate(document.birth_date()), client::NameOf(document.sex())});
  }
  table.Flush();
}

void WriteAdmissionChanges(const Context& context, const v1::GetTravelerResponse& traveler) {
  if (traveler.admission_changes().empty()) return;
  context.out << "\nAdmission changes\n";
  Table table = context.MakeTable({{"RECORDED"},
                                   {"APPLICATION"},
                                   {"REVISION"},
                                   {"KIND"},
                                   {"FILED"},
                                   {"DECISION"},
                                   {"DECIDED"},
                                   {"GRANTED"}});
  for (const auto& change : traveler.admission_changes()) {
    const std::string granted = DescribeAdmission(
        change.class_of_admission(), change.has_authorized_until(), change.authorized_until());
    table.Add({Describe(change.recorded_at()), change.application_id(),
               std::to_string(change.revision()), client::NameOf(change.kind()),
               client::FormatDate(change.filed_on()), client::NameOf(change.decision()),
               change.has_decided_on() ? client::FormatDate(change.decided_on()) : "-",
               granted.empty() ? "-" : granted});
  }
  table.Flush();
}

ExitCode ShowTraveler(const Context& context, const std::string& id, const std::string& document) {
  v1::GetTravelerRequest request;
  if (id.empty() == document.empty()) {
    return context.Fail(
        core::MakeError(core::Reason::kMissingField, "give either a traveler's id or --document"));
  }
  if (!id.empty()) {
    request.set_traveler_id(id);
  } else {
    const auto key = ParseDocument(document);
    if (!key.ok()) return context.Fail(key.status());
    *request.mutable_document() = *key;
  }
  const auto traveler = context.Call(&BackOffice::GetTraveler, request);
  if (!traveler.ok()) return context.Fail(traveler.status());
  if (context.json) {
    context.WriteJson(*traveler);
    return ExitCode::kOk;
  }
  fmt::print(context.out, "Traveler {}, known since {}\n", traveler->traveler_id(),
             Describe(traveler->created_at()));
  context.WriteFields({{"disputed", DisputedWords(traveler->disputed())}});
  WriteDocuments(context, *traveler);
  WriteStays(context, traveler->stays());
  WriteAdmissionChanges(context, *traveler);
  return ExitCode::kOk;
}

// What of the crossing was corrected; one that was voided must not be overlooked.
Cell CorrectedCell(const v1::Crossing& crossing) {
  if (!crossing.has_correction()) return {"-"};
  return {DescribeCorrection(crossing.correction()),
          crossing.correction().voided() ? Colour::kRed : Colour::kYellow};
}

// The outcome that counts, with those that an earlier comparison came to.
Cell ResultCell(const v1::Crossing& crossing) {
  if (crossing.comparisons().empty()) return Describe(crossing.capture_status());
  Cell result = Describe(crossing.comparisons().rbegin()->outcome());
  for (int i = crossing.comparisons_size() - 2; i >= 0; --i) {
    result.text += (i == crossing.comparisons_size() - 2 ? ", before: " : ", ") +
                   client::NameOf(crossing.comparisons(i).outcome());
  }
  return result;
}

std::vector<Cell> RowOf(const v1::Crossing& crossing) {
  const Cell result = ResultCell(crossing);
  return {Describe(crossing.captured_at()),
          client::NameOf(crossing.direction()),
          crossing.lane_id(),
          fmt::format("{} {}", crossing.carrier(), crossing.flight()),
          DescribeAdmission(crossing),
          result,
          CorrectedCell(crossing),
          DisputedCell(crossing.disputed()),
          crossing.crossing_id()};
}

ExitCode ListCrossings(const Context& context, const std::string& traveler_id) {
  const auto channel = context.Channel();
  if (!channel.ok()) return context.Fail(channel.status());
  BackOffice stub(*channel);
  v1::ListCrossingsRequest request;
  request.set_traveler_id(traveler_id);
  request.set_page_size(kPageSize);
  Table table = context.MakeTable({{"CAPTURED AT"},
                                   {"DIRECTION"},
                                   {"LANE"},
                                   {"FLIGHT"},
                                   {"ADMITTED"},
                                   {"RESULT", 14},
                                   {"CORRECTED"},
                                   {"DISPUTED"},
                                   {"CROSSING"}});
  do {
    const auto page = client::Call(stub, &BackOffice::ListCrossings, request, context.timeout(),
                                   context.CallPurpose());
    if (!page.ok()) return context.Fail(page.status());
    for (const auto& crossing : page->crossings()) {
      if (context.json) {
        context.WriteJson(crossing);
      } else {
        table.Add(RowOf(crossing));
      }
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  if (!context.json) table.Flush();
  return ExitCode::kOk;
}

// A picture of a person: a new file, which nobody else can read.
absl::Status WritePicture(const std::string& file, const std::string& bytes) {
  const int descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return core::MakeError(
        core::Reason::kConfigInvalid,
        fmt::format("cannot write {}: {}", file, std::generic_category().message(errno)));
  }
  std::size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t count = write(descriptor, bytes.data() + written, bytes.size() - written);
    if (count <= 0) break;
    written += static_cast<std::size_t>(count);
  }
  const bool closed = close(descriptor) == 0;
  if (closed && written == bytes.size()) return absl::OkStatus();
  unlink(file.c_str());  // a part of a picture is of no use, and would be in the next one's way
  return core::MakeError(core::Reason::kConfigInvalid, fmt::format("cannot write all of {}", file));
}

ExitCode SaveCapture(const Context& context, const std::string& crossing_id,
                     const std::string& file) {
  v1::GetCaptureRequest request;
  request.set_crossing_id(crossing_id);
  const auto capture = context.Call(&BackOffice::GetCapture, request);
  if (!capture.ok()) return context.Fail(capture.status());
  const absl::Status written = WritePicture(file, capture->image());
  if (!written.ok()) return context.Fail(written);
  if (context.json) {
    context.WriteJson(*capture);
  } else {
    fmt::print(context.out, "Wrote {}\n", file);
    context.WriteFields({{"type", capture->media_type()},
                         {"bytes", std::to_string(capture->image().size())},
                         {"SHA-256", capture->digest()}});
  }
  return ExitCode::kOk;
}

std::vector<Cell> ReplayRow(const std::string& which, const v1::Comparison& comparison) {
  return {which,
          Describe(comparison.outcome()),
          comparison.has_distance() ? fmt::format("{:.4f}", comparison.distance()) : "-",
          comparison.has_estimated_fmr() ? FmrText(comparison) : "-",
          std::to_string(comparison.references_size()),
          comparison.model().model_id(),
          comparison.rule_version()};
}

void WriteReplay(const Context& context, const v1::ReplayDecisionResponse& replay) {
  fmt::print(context.out, "Comparison {} of {}: {}\n\n", replay.recorded().comparison_id(),
             Describe(replay.recorded().compared_at()),
             Styled(replay.identical() ? Cell("replayed with the same result", Colour::kGreen)
                                       : Cell("the replay DIFFERS", Colour::kRed),
                    context.colours));
  Table table = context.MakeTable(
      {{""}, {"OUTCOME"}, {"DISTANCE"}, {"ESTIMATED FMR"}, {"REFERENCES"}, {"MODEL"}, {"RULE"}});
  table.Add(ReplayRow("recorded", replay.recorded()));
  table.Add(ReplayRow("replayed", replay.replayed()));
  table.Flush();
  for (const auto& difference : replay.differences()) {
    fmt::print(context.out, "  {}\n", Printable(difference));
  }
}

ExitCode Replay(const Context& context, const v1::ReplayDecisionRequest& request) {
  const auto replay = context.Call(&BackOffice::ReplayDecision, request);
  if (!replay.ok()) return context.Fail(replay.status());
  if (context.json) {
    context.WriteJson(*replay);
  } else {
    WriteReplay(context, *replay);
  }
  return replay->identical() ? ExitCode::kOk : ExitCode::kNeedsHuman;
}

void AddTraveler(CLI::App& app, Context& context) {
  struct Options {
    std::string id;
    std::string document;
  };
  auto* command =
      app.add_subcommand("traveler", "Show a traveler with documents, stays and admission changes");
  auto options = std::make_shared<Options>();
  auto* id = command->add_option("id", options->id, "The traveler's id")->type_name("TRAVELER");
  command->add_option("--document", options->document, "Or: a document that the traveler used")
      ->excludes(id)
      ->type_name("STATE:NUMBER");
  command->footer("Example:\n  entryexitctl traveler --document UTO:X1234567 --purpose INSPECTION");
  command->callback([&context, options] {
    context.command = [&context, options] {
      return ShowTraveler(context, options->id, options->document);
    };
  });
}

void AddCrossings(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("crossings", "List a traveler's crossings, oldest first");
  auto id = std::make_shared<std::string>();
  command->add_option("traveler", *id, "The traveler's id")->required()->type_name("TRAVELER");
  command->footer(
      "Example:\n  entryexitctl crossings 704fb99f-921d-4fa0-8292-b7e2656a5b65 --purpose "
      "INSPECTION");
  command->callback(
      [&context, id] { context.command = [&context, id] { return ListCrossings(context, *id); }; });
}

void AddCapture(CLI::App& app, Context& context) {
  struct Options {
    std::string crossing;
    std::string out;
  };
  auto* command = app.add_subcommand("capture", "Save the picture of a crossing, as received");
  auto options = std::make_shared<Options>();
  command->add_option("crossing", options->crossing, "The crossing's id")
      ->required()
      ->type_name("CROSSING");
  command->add_option("--out", options->out, "Where to; must not exist")
      ->required()
      ->type_name("FILE");
  command->footer(
      "Example:\n  entryexitctl capture da96915c-f1a6-42c9-9115-f36635ba8bcd --out arrival.jpg \\\n"
      "    --purpose CASE_WORK --case 42c4d071-ee2d-4f95-97f6-dbcb9eb0e52f");
  command->callback([&context, options] {
    context.command = [&context, options] {
      return SaveCapture(context, options->crossing, options->out);
    };
  });
}

void AddReplay(CLI::App& app, Context& context) {
  struct Options {
    std::string crossing;
    std::string comparison;
  };
  auto* command = app.add_subcommand(
      "replay", "Recompute a departure's outcome from what is stored, and compare");
  auto options = std::make_shared<Options>();
  auto* crossing =
      command->add_option("crossing", options->crossing, "The departure; its latest comparison")
          ->type_name("CROSSING");
  command->add_option("--comparison", options->comparison, "Or: this comparison")
      ->excludes(crossing)
      ->type_name("COMPARISON");
  command->footer(
      "Example:\n  entryexitctl replay 8f14e45f-ceea-467f-a0e6-1c4b6d3a5b7e --purpose OVERSIGHT");
  command->callback([&context, options] {
    context.command = [&context, options] {
      if (options->crossing.empty() == options->comparison.empty()) {
        return context.Fail(core::MakeError(core::Reason::kMissingField,
                                            "give either a crossing's id or --comparison"));
      }
      v1::ReplayDecisionRequest request;
      if (options->crossing.empty()) {
        request.set_comparison_id(options->comparison);
      } else {
        request.set_crossing_id(options->crossing);
      }
      return Replay(context, request);
    };
  });
}

}  // namespace

void AddTravelerCommands(CLI::App& app, Context& context) {
  AddTraveler(app, context);
  AddCrossings(app, context);
  AddCapture(app, context);
  AddReplay(app, context);
}

}  // namespace entryexit::ctl
