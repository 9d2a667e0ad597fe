#ifndef ENTRYEXIT_SRC_CTL_BACKLOG_H_
#define ENTRYEXIT_SRC_CTL_BACKLOG_H_

#include <filesystem>
#include <vector>

#include "absl/status/statusor.h"
#include "entryexit/v1/lane_service.pb.h"

namespace entryexit::ctl {

// One crossing of a backlog file; its picture stays on disk until it is sent.
struct BacklogItem {
  v1::RecordCrossingsRequest request;
  std::filesystem::path image;  // empty: the crossing has none
};

// Reads a file with a RecordCrossingsRequest in JSON on each line, in which `image_file`, a path
// relative to the file's own folder, stands for `image`. Blank lines are skipped.
// Errors: CONFIG_INVALID when the file cannot be read; INVALID_FIELD, naming the line: not such a
// message, no request_id (without one of its own, an item sent twice would be recorded twice), no
// sequence or one that does not grow, a picture that is not there.
absl::StatusOr<std::vector<BacklogItem>> ReadBacklog(const std::filesystem::path& file);

// The request to send, with the picture.
// Errors: CONFIG_INVALID when the picture cannot be read.
absl::StatusOr<v1::RecordCrossingsRequest> LoadItem(const BacklogItem& item);

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_BACKLOG_H_
