#include <fmt/format.h>
#include <fmt/ostream.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <utility>

#include "ctl/commands.h"
#include "ctl/crossing_request.h"
#include "ctl/interrupt.h"
#include "ctl/purposes.h"
#include "ctl/report_file.h"
#include "ctl/subject_report.h"
#include "entryexit/client/text.h"
#include "entryexit/core/ids.h"
#include "entryexit/core/reason.h"
#include "entryexit/v1/subject_service.grpc.pb.h"

namespace entryexit::ctl {
namespace {

namespace fs = std::filesystem;

constexpr char kExportExamples[] =
    R"(Makes a folder for the person who asked what is held on them:
  report.html    to read or print, without scripts
  data.json      the same and more detail, with the field names of the API
  captures/      the pictures as received
Nobody but you may read it. It must not exist yet; nothing is left of an export that did not come to its end,
also when Ctrl-C ends it. One that was killed (SIGKILL, a power cut) leaves a folder beside it with six more
letters in its name: remove that.
No embeddings are in it. Legal holds are in it only with --with-legal-holds: to tell a person of one may defeat
what it was ordered for, so ask who ordered it. How many there are is said on the error output.

Examples:
  entryexitctl subject export --document UTO:X1234567 --out /secure/request-17
  entryexitctl subject export --traveler 704fb99f-921d-4fa0-8292-b7e2656a5b65 --out /secure/request-17)";

absl::Status FolderError(const char* what, const fs::path& folder, int error) {
  return core::MakeError(core::Reason::kConfigInvalid,
                         fmt::format("cannot {} {}: {}", what, folder.string(),
                                     std::generic_category().message(error)));
}

// A folder that is filled beside its place and put there when it is whole. Nothing is left of one
// that was not.
class ExportFolder {
 public:
  // Errors: CONFIG_INVALID, also when `folder` exists.
  static absl::StatusOr<std::unique_ptr<ExportFolder>> Create(fs::path folder) {
    if (!folder.has_filename()) folder = folder.parent_path();
    struct stat ignored {};
    if (lstat(folder.c_str(), &ignored) == 0) return FolderError("make", folder, EEXIST);
    std::string beside = folder.string() + ".XXXXXX";
    if (mkdtemp(beside.data()) == nullptr) return FolderError("make", folder, errno);
    auto made = std::unique_ptr<ExportFolder>(new ExportFolder(folder, beside));
    if (mkdir((made->beside_ / "captures").c_str(), 0700) != 0) {
      return FolderError("make", folder, errno);
    }
    return made;
  }

  ~ExportFolder() {
    if (in_place_) return;
    std::error_code ignored;
    fs::remove_all(beside_, ignored);
  }
  ExportFolder(const ExportFolder&) = delete;
  ExportFolder& operator=(const ExportFolder&) = delete;

  const fs::path& path() const { return beside_; }

  absl::Status PutInPlace() {
    // Would replace an empty folder that somebody has made meanwhile, which loses nothing.
    if (rename(beside_.c_str(), folder_.c_str()) != 0) return FolderError("make", folder_, errno);
    in_place_ = true;
    return absl::OkStatus();
  }

 private:
  ExportFolder(fs::path folder, fs::path beside)
      : folder_(std::move(folder)), beside_(std::move(beside)) {}

  const fs::path folder_;
  const fs::path beside_;
  bool in_place_ = false;
};

// Writes data.json as it comes: one object, each kind of thing an array by its name in the API.
// Things of one kind follow one another.
class SubjectData {
 public:
  explicit SubjectData(ReportFile& file) : file_(file) {}

  void Add(const std::string& kind, const std::string& json) {
    if (kind != kind_) {
      file_.Write(kind_.empty() ? "{" : "\n],");
      file_.Write(fmt::format("\n\"{}\": [\n", kind));
      kind_ = kind;
    } else {
      file_.Write(",\n");
    }
    file_.Write(json);
  }

  void End() { file_.Write("\n]\n}\n"); }

 private:
  ReportFile& file_;
  std::string kind_;
};

const char* ExtensionOf(const std::string& media_type) {
  if (media_type == "image/png") return "png";
  return media_type == "image/webp" ? "webp" : "jpg";
}

class ExportCommand {
 public:
  ExportCommand(const Context& context, v1::ExportTravelerRequest request, fs::path folder)
      : context_(context), request_(std::move(request)), folder_(std::move(folder)) {}

  ExitCode Run() {
    const absl::Status status = Export();
    if (!status.ok() && InterruptGuard::interrupted()) {
      context_.err << "Interrupted: nothing is left of the export.\n";
      return ExitCode::kFailed;
    }
    if (!status.ok()) return context_.Fail(status);
    if (context_.json) {
      context_.WriteObject({{"folder", folder_.string()},
                            {"crossings", end_.crossings()},
                            {"pictures", end_.pictures()},
                            {"unreadable_pictures", end_.unreadable_pictures_size()},
                            {"legal_holds", holds_}});
    } else {
      fmt::print(context_.out, "Wrote {}: {} crossings, {} pictures\n", folder_.string(),
                 end_.crossings(), end_.pictures());
    }
    if (holds_ > 0 && !request_.with_legal_holds()) {
      fmt::print(context_.err,
                 "{} legal holds were placed; they are not in the export. Ask who ordered them "
                 "whether they may be told.\n",
                 holds_);
    }
    if (end_.unreadable_pictures().empty()) return ExitCode::kOk;
    fmt::print(context_.err, "{} pictures do not open; the service's log names them.\n",
               end_.unreadable_pictures_size());
    return ExitCode::kFailed;
  }

 private:
  absl::Status Export() {
    grpc::ClientContext call;
    // Outlives the folder: a signal must not end the program before that is removed.
    const InterruptGuard guard([&call] { call.TryCancel(); });
    const auto folder = ExportFolder::Create(folder_);
    if (!folder.ok()) return folder.status();
    const auto data = ReportFile::Create((*folder)->path() / "data.json", kForOwner);
    if (!data.ok()) return data.status();
    SubjectData json(**data);
    absl::Status status = Read(call, (*folder)->path(), json);
    if (!status.ok()) return status;
    json.End();
    if (const auto state = (*data)->PutInPlace(); !state.ok()) return state.status();
    const auto page = WriteReportFile((*folder)->path() / "report.html", report_.Html(), kForOwner);
    if (!page.ok()) return page.status();
    return (*folder)->PutInPlace();
  }

  absl::Status Read(grpc::ClientContext& call, const fs::path& folder, SubjectData& json) {
    const auto channel = context_.Channel();
    if (!channel.ok()) return channel.status();
    v1::SubjectService::Stub stub(*channel);
    client::SayPurpose(context_.CallPurpose(), call);
    const auto stream = stub.ExportTraveler(&call, request_);
    absl::Status written;
    for (v1::ExportTravelerResponse item; written.ok() && stream->Read(&item);) {
      written = Take(item, folder, json);
    }
    if (!written.ok()) call.TryCancel();
    absl::Status status = client::ToStatus(stream->Finish(), call);
    if (!written.ok()) return written;
    if (status.ok() && !ended_)
      status = absl::UnavailableError("the service ended the export early");
    return status;
  }

  absl::Status Take(const v1::ExportTravelerResponse& item, const fs::path& folder,
                    SubjectData& json) {
    const auto* const kind =
        item.GetReflection()->GetOneofFieldDescriptor(item, item.GetDescriptor()->oneof_decl(0));
    if (kind == nullptr) return absl::OkStatus();  // of a later version of the service
    std::string text = client::ToJson(item.GetReflection()->GetMessage(item, kind));
    std::string file;
    if (item.has_picture()) {
      const absl::StatusOr<std::string> written = WritePicture(item.picture(), folder);
      if (!written.ok()) return written.status();
      file = *written;
      auto object = nlohmann::ordered_json::parse(text);
      object.erase("image");
      object["file"] = file;
      text = object.dump();
    }
    if (item.has_traveler()) holds_ = item.traveler().legal_holds();
    if (item.has_traveler() && !request_.with_legal_holds()) {
      auto object = nlohmann::ordered_json::parse(text);
      object.erase("legal_holds");
      text = object.dump();
    }
    if (item.has_end()) end_ = item.end();
    ended_ = item.has_end();
    json.Add(kind->name(), text);
    report_.Add(item, file);
    return absl::OkStatus();
  }

  // Its path within the folder.
  static absl::StatusOr<std::string> WritePicture(const v1::ExportedPicture& picture,
                                                  const fs::path& folder) {
    // Part of a path: nothing but what an id is.
    if (!core::IsUuid(picture.crossing_id())) {
      return core::MakeError(core::Reason::kInternal, "the service sent a picture without an id");
    }
    std::string file =
        fmt::format("captures/{}.{}", picture.crossing_id(), ExtensionOf(picture.media_type()));
    const auto written = WriteReportFile(folder / file, picture.image(), kForOwner);
    if (!written.ok()) return written.status();
    return file;
  }

  const Context& context_;
  const v1::ExportTravelerRequest request_;
  const fs::path folder_;
  SubjectReport report_;
  v1::ExportEnd end_;
  int holds_ = 0;
  bool ended_ = false;
};

void AddExport(CLI::App& subject, Context& context) {
  struct Options {
    std::string traveler;
    std::string document;
    std::string out;
    bool with_legal_holds = false;
  };
  auto* command = subject.add_subcommand("export", "Write all that is held on one traveler");
  auto options = std::make_shared<Options>();
  auto* traveler = command->add_option("--traveler", options->traveler, "The traveler's id")
                       ->type_name("TRAVELER");
  command->add_option("--document", options->document, "Or: a document that the traveler used")
      ->excludes(traveler)
      ->type_name("STATE:NUMBER");
  command->add_option("--out", options->out, "The folder; must not exist")
      ->required()
      ->type_name("DIR");
  command->add_flag("--with-legal-holds", options->with_legal_holds, "Tell of legal holds too");
  command->footer(kExportExamples);
  command->callback([&context, options] {
    context.default_purpose = kSubjectRequest;
    context.command = [&context, options] {
      v1::ExportTravelerRequest request;
      request.set_with_legal_holds(options->with_legal_holds);
      if (options->traveler.empty() == options->document.empty()) {
        return context.Fail(
            core::MakeError(core::Reason::kMissingField, "give either --traveler or --document"));
      }
      if (!options->traveler.empty()) {
        request.set_traveler_id(options->traveler);
      } else {
        const auto key = ParseDocument(options->document);
        if (!key.ok()) return context.Fail(key.status());
        *request.mutable_document() = *key;
      }
      return ExportCommand(context, std::move(request), options->out).Run();
    };
  });
}

}  // namespace

void AddSubjectCommands(CLI::App& app, Context& context) {
  auto* subject = app.add_subcommand("subject", "The rights of those on whom something is held");
  subject->require_subcommand(1);
  subject->footer("Example:\n  entryexitctl subject requests --overdue");
  AddExport(*subject, context);
  AddCorrectionRequestCommands(*subject, context);
}

}  // namespace entryexit::ctl
