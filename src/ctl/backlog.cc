#include "ctl/backlog.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <system_error>

#include "entryexit/base/files.h"
#include "entryexit/core/reason.h"

namespace entryexit::ctl {
namespace {

constexpr char kImageFile[] = "image_file";

absl::Status Malformed(const std::string& problem) {
  return core::MakeError(core::Reason::kInvalidField, problem);
}

// Takes `image_file` out of the arrival or departure in `json`.
absl::StatusOr<std::string> TakeImageFile(nlohmann::json& json) {
  std::string taken;
  for (const char* kind : {"arrival", "departure"}) {
    if (!json.contains(kind) || !json[kind].is_object()) continue;
    auto& crossing = json[kind];
    if (!crossing.contains(kImageFile)) continue;
    if (!crossing[kImageFile].is_string()) return Malformed("image_file is not a text");
    taken = crossing[kImageFile].get<std::string>();
    crossing.erase(kImageFile);
  }
  return taken;
}

absl::Status CheckCrossing(const v1::RecordCrossingsRequest& request) {
  using Request = v1::RecordCrossingsRequest;
  if (request.crossing_case() == Request::CROSSING_NOT_SET) {
    return Malformed("neither an arrival nor a departure");
  }
  const std::string& id =
      request.has_arrival() ? request.arrival().request_id() : request.departure().request_id();
  if (id.empty()) return Malformed("no request_id");
  if (request.sequence() == 0) return Malformed("no sequence, which counts from 1");
  return absl::OkStatus();
}

absl::StatusOr<BacklogItem> ParseItem(const std::string& line,
                                      const std::filesystem::path& directory) {
  auto json = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Malformed("not a JSON object");
  const auto image_file = TakeImageFile(json);
  if (!image_file.ok()) return image_file.status();

  BacklogItem item;
  const auto parsed = google::protobuf::util::JsonStringToMessage(json.dump(), &item.request);
  if (!parsed.ok()) return Malformed(std::string(parsed.message()));
  if (const auto status = CheckCrossing(item.request); !status.ok()) return status;
  if (!image_file->empty()) {
    item.image = directory / *image_file;
    std::error_code ignored;  // what cannot be looked at is no file either
    if (!std::filesystem::is_regular_file(item.image, ignored)) {
      return Malformed(fmt::format("there is no file {}", item.image.string()));
    }
  }
  return item;
}

}  // namespace

absl::StatusOr<std::vector<BacklogItem>> ReadBacklog(const std::filesystem::path& file) {
  const auto content = base::ReadFile(file);
  if (!content.ok()) return content.status();
  std::vector<BacklogItem> items;
  std::istringstream lines(*content);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    auto item = ParseItem(line, file.parent_path());
    if (item.ok() && !items.empty() &&
        item->request.sequence() <= items.back().request.sequence()) {
      item = Malformed("its sequence is not greater than that of the line before");
    }
    if (!item.ok()) {
      return Malformed(
          fmt::format("{}:{}: {}", file.string(), number, std::string(item.status().message())));
    }
    items.push_back(*std::move(item));
  }
  return items;
}

absl::StatusOr<v1::RecordCrossingsRequest> LoadItem(const BacklogItem& item) {
  v1::RecordCrossingsRequest request = item.request;
  if (item.image.empty()) return request;
  auto image = base::ReadFile(item.image);
  if (!image.ok()) return image.status();
  if (request.has_arrival()) {
    request.mutable_arrival()->set_image(*std::move(image));
  } else {
    request.mutable_departure()->set_image(*std::move(image));
  }
  return request;
}

}  // namespace entryexit::ctl
