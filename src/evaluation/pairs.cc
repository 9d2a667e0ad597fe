#include "entryexit/evaluation/pairs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <span>
#include <system_error>
#include <utility>

#include "entryexit/core/reason.h"

namespace entryexit::evaluation {
namespace {

namespace fs = std::filesystem;

absl::Status Invalid(const std::string& message) {
  return core::MakeError(core::Reason::kInvalidField, message);
}

// The lines of a text file without their ends, LF or CRLF.
absl::StatusOr<std::vector<std::string>> ReadLines(const fs::path& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(std::move(line));
  }
  if (!file.eof()) return Invalid(fmt::format("cannot read {}", path.string()));
  return lines;
}

std::vector<std::string> Split(const std::string& line, char separator) {
  std::vector<std::string> fields;
  std::size_t begin = 0;
  for (std::size_t end = 0; end != std::string::npos; begin = end + 1) {
    end = line.find(separator, begin);
    fields.push_back(line.substr(begin, end - begin));
  }
  return fields;
}

// Images in order of first mention, with the identities that "same" pairs make of them.
class ImageTable {
 public:
  // Requires: `real_dir` is canonical.
  explicit ImageTable(fs::path real_dir) : real_dir_(std::move(real_dir)) {}

  // The position of the image, which is added when it is new. The error names no line.
  absl::StatusOr<std::size_t> Find(const std::string& name) {
    const auto path = Resolve(name);
    if (!path.ok()) return path.status();
    const auto [entry, added] = positions_.emplace(*path, paths_.size());
    if (added) {
      parents_.push_back(paths_.size());
      paths_.push_back(*path);
    }
    return entry->second;
  }

  void Unite(std::size_t a, std::size_t b) { parents_[RootOf(a)] = RootOf(b); }
  bool United(std::size_t a, std::size_t b) { return RootOf(a) == RootOf(b); }

  // Writes the images with identities numbered from 0 in order of first mention.
  void MoveTo(PairList& list) {
    std::map<std::size_t, std::size_t> identity_of_root;
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      const auto [entry, added] = identity_of_root.emplace(RootOf(i), identity_of_root.size());
      list.images.push_back({std::move(paths_[i]), entry->second});
    }
    list.identities = identity_of_root.size();
  }

 private:
  // The one path below the directory by which the file is known, whatever links lead to it.
  absl::StatusOr<std::string> Resolve(const std::string& name) const {
    std::error_code error;
    const fs::path real_image = fs::weakly_canonical(real_dir_ / name, error);
    const fs::path relative = real_image.lexically_relative(real_dir_);
    if (error || relative.empty() || *relative.begin() == "..") {
      return Invalid(fmt::format("{} is outside the images directory", name));
    }
    if (!fs::is_regular_file(real_image, error)) return Invalid(fmt::format("no file {}", name));
    return relative.generic_string();
  }

  std::size_t RootOf(std::size_t image) {
    while (parents_[image] != image) image = parents_[image] = parents_[parents_[image]];
    return image;
  }

  fs::path real_dir_;
  std::vector<std::string> paths_;
  std::map<std::string, std::size_t> positions_;
  std::vector<std::size_t> parents_;  // a disjoint-set forest
};

// Takes in the lines of a pairs file one by one.
class PairReader {
 public:
  explicit PairReader(const fs::path& real_dir) : images_(real_dir) {
    list_.images_dir = real_dir;
    list_.non_mated_kind = "listed";
  }

  // The error names no line.
  absl::Status Add(const std::string& line, std::size_t number) {
    const std::vector<std::string> fields = Split(line, '\t');
    if (fields.size() != 3 || (fields[0] != "same" && fields[0] != "different") ||
        fields[1].empty() || fields[2].empty()) {
      return Invalid("expected same|different<TAB>image<TAB>image");
    }
    const auto a = images_.Find(fields[1]);
    if (!a.ok()) return a.status();
    const auto b = images_.Find(fields[2]);
    if (!b.ok()) return b.status();
    if (*a == *b) return Invalid("an image is paired with itself");
    const auto [entry, added] = lines_.emplace(std::minmax(*a, *b), number);
    if (!added) return Invalid(fmt::format("repeats the pair of line {}", entry->second));
    if (fields[0] == "same") {
      images_.Unite(*a, *b);
      list_.mated.push_back({*a, *b});
    } else {
      list_.non_mated.push_back({*a, *b});
      non_mated_lines_.push_back(number);
    }
    return absl::OkStatus();
  }

  // The number of a "different" line whose images "same" lines link, if any.
  std::optional<std::size_t> ContradictedLine() {
    for (std::size_t i = 0; i < list_.non_mated.size(); ++i) {
      if (images_.United(list_.non_mated[i].a, list_.non_mated[i].b)) return non_mated_lines_[i];
    }
    return std::nullopt;
  }

  PairList Finish() {
    images_.MoveTo(list_);
    return std::move(list_);
  }

 private:
  ImageTable images_;
  PairList list_;
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> lines_;  // by pair, lesser first
  std::vector<std::size_t> non_mated_lines_;
};

bool IsImageName(const fs::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return extension == ".jpg" || extension == ".jpeg" || extension == ".png" || extension == ".webp";
}

// Names of the entries of `dir` that `wanted` accepts, sorted: the file system gives no order.
template <typename Predicate>
absl::StatusOr<std::vector<std::string>> SortedNames(const fs::path& dir, Predicate wanted) {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator entry(dir, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    if (wanted(*entry)) names.push_back(entry->path().filename().string());
  }
  if (error) return Invalid(fmt::format("cannot list {}: {}", dir.string(), error.message()));
  std::ranges::sort(names);
  return names;
}

absl::StatusOr<std::vector<std::string>> PersonFolders(const IdentityOptions& options) {
  auto folders = SortedNames(options.dir, [](const fs::directory_entry& entry) {
    std::error_code error;
    return entry.is_directory(error);
  });
  if (!folders.ok()) return folders.status();
  for (const std::string& name : options.exclude) {
    // A misspelt name would let in what was meant to stay out.
    if (std::erase(*folders, name) == 0) {
      return Invalid(fmt::format("no folder {} to exclude in {}", name, options.dir.string()));
    }
  }
  return folders;
}

// The group of each identity, by folder name.
using Groups = std::map<std::string, std::string>;

absl::StatusOr<Groups> ReadGroups(const fs::path& path) {
  const auto lines = ReadLines(path);
  if (!lines.ok()) return lines.status();
  const std::vector<std::string> header =
      lines->empty() ? std::vector<std::string>() : Split(lines->front(), ',');
  const auto column = [&header](const char* name) {
    return static_cast<std::size_t>(std::ranges::find(header, name) - header.begin());
  };
  const std::size_t identity = column("identity");
  const std::size_t group = column("group");
  const std::size_t last = std::max(identity, group);
  if (last == header.size()) {
    return Invalid(fmt::format("{} has no columns identity and group", path.string()));
  }
  Groups groups;
  for (std::size_t i = 1; i < lines->size(); ++i) {
    if ((*lines)[i].empty()) continue;
    const std::vector<std::string> fields = Split((*lines)[i], ',');
    const auto quoted = [](const std::string& field) {
      return field.find('"') != std::string::npos;
    };
    if (fields.size() <= last || std::ranges::any_of(std::span(fields).first(last + 1), quoted)) {
      return Invalid(fmt::format("{} line {}: no plain identity and group", path.string(), i + 1));
    }
    if (fields[group].empty()) continue;
    const auto [entry, added] = groups.emplace(fields[identity], fields[group]);
    if (!added && entry->second != fields[group]) {
      return Invalid(fmt::format("{} line {}: {} is in group {} and {}", path.string(), i + 1,
                                 fields[identity], entry->second, fields[group]));
    }
  }
  return groups;
}

// Calls `visit` with each pair of images of two people; with `groups` (one entry an identity), only
// of people of one group. The order is fixed.
template <typename Visitor>
void ForEachNonMatedPair(const PairList& list, const std::vector<std::string>& groups,
                         Visitor visit) {
  for (std::size_t a = 0; a < list.images.size(); ++a) {
    for (std::size_t b = a + 1; b < list.images.size(); ++b) {
      const std::size_t identity_a = list.images[a].identity;
      const std::size_t identity_b = list.images[b].identity;
      if (identity_a == identity_b) continue;
      if (!groups.empty() && groups[identity_a] != groups[identity_b]) continue;
      visit(PairList::Pair{a, b});
    }
  }
}

// Selection sampling: one pass, no table of all pairs, each subset equally likely. The remainder of
// a 64-bit draw is the same on every platform, and its bias is beyond notice.
void SampleNonMatedPairs(const IdentityOptions& options, const std::vector<std::string>& groups,
                         PairList& list) {
  std::uint64_t remaining = 0;
  ForEachNonMatedPair(list, groups, [&](const PairList::Pair&) { ++remaining; });
  std::uint64_t wanted = std::min<std::uint64_t>(options.non_mated_pairs, remaining);
  list.non_mated.reserve(wanted);
  std::mt19937_64 engine(options.seed);
  ForEachNonMatedPair(list, groups, [&](const PairList::Pair& pair) {
    // `remaining` counts the pairs from here on, this one included: never 0.
    if (engine() % remaining-- < wanted) {  // NOLINT(clang-analyzer-core.DivideZero): see above
      list.non_mated.push_back(pair);
      --wanted;
    }
  });
}

void AddAllMatedPairs(PairList& list) {
  // Images of one person lie next to each other.
  for (std::size_t a = 0; a < list.images.size(); ++a) {
    for (std::size_t b = a + 1;
         b < list.images.size() && list.images[b].identity == list.images[a].identity; ++b) {
      list.mated.push_back({a, b});
    }
  }
}

}  // namespace

absl::StatusOr<PairList> ReadPairs(const fs::path& pairs_file, const fs::path& images_dir) {
  const auto lines = ReadLines(pairs_file);
  if (!lines.ok()) return lines.status();
  std::error_code error;
  const fs::path real_dir = fs::canonical(images_dir, error);
  if (error) return Invalid(fmt::format("no images directory {}", images_dir.string()));
  PairReader reader(real_dir);
  for (std::size_t i = 0; i < lines->size(); ++i) {
    const std::string& line = (*lines)[i];
    if (line.empty() || line.starts_with('#')) continue;
    if (absl::Status status = reader.Add(line, i + 1); !status.ok()) {
      return Invalid(
          fmt::format("{} line {}: {}", pairs_file.string(), i + 1, std::string(status.message())));
    }
  }
  if (const auto line = reader.ContradictedLine()) {
    return Invalid(fmt::format("{} line {}: different, but other lines make them the same person",
                               pairs_file.string(), *line));
  }
  return reader.Finish();
}

absl::StatusOr<PairList> ListIdentities(const IdentityOptions& options) {
  const auto folders = PersonFolders(options);
  if (!folders.ok()) return folders.status();
  Groups group_of;
  if (options.groups_file) {
    auto groups = ReadGroups(*options.groups_file);
    if (!groups.ok()) return groups.status();
    group_of = *std::move(groups);
  }

  PairList list;
  list.images_dir = options.dir;
  list.non_mated_kind = options.groups_file ? "matched" : "random";
  std::vector<std::string> groups;  // by identity; empty when pairs are not matched
  for (const std::string& folder : *folders) {
    const auto files = SortedNames(options.dir / folder, [](const fs::directory_entry& entry) {
      std::error_code error;
      return entry.is_regular_file(error) && IsImageName(entry.path());
    });
    if (!files.ok()) return files.status();
    if (files->empty()) continue;
    if (options.groups_file) {
      const auto group = group_of.find(folder);
      if (group == group_of.end()) {
        return Invalid(fmt::format("{} has no group in {}", folder, options.groups_file->string()));
      }
      groups.push_back(group->second);
    }
    for (const std::string& file : *files) {
      list.images.push_back({folder + "/" + file, list.identities});
    }
    ++list.identities;
  }
  if (list.images.empty()) {
    return Invalid(fmt::format("no folders with images in {}", options.dir.string()));
  }
  AddAllMatedPairs(list);
  SampleNonMatedPairs(options, groups, list);
  return list;
}

}  // namespace entryexit::evaluation
