#ifndef ENTRYEXIT_EVALUATION_PAIRS_H_
#define ENTRYEXIT_EVALUATION_PAIRS_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace entryexit::evaluation {

// The images of an evaluation and the comparisons to make between them.
struct PairList {
  struct Image {
    std::string path;      // below `images_dir`, with '/'
    std::size_t identity;  // 0-based; images of one person share it
  };
  struct Pair {
    std::size_t a;  // positions in `images`
    std::size_t b;
  };

  std::filesystem::path images_dir;
  std::vector<Image> images;  // each file once
  std::size_t identities = 0;
  std::vector<Pair> mated;      // two images of one person
  std::vector<Pair> non_mated;  // images of two people
  // How the non-mated pairs were chosen: "listed", "random", or "matched" (within one group).
  std::string non_mated_kind;
};

// Reads a list of pairs, one a line: `same|different<TAB>image<TAB>image`, paths relative to
// `images_dir`. Blank lines and lines that begin with '#' are skipped; lines may end in CRLF.
// An image that is named in several ways ("a.jpg", "./a.jpg", by a link) is one image. Images that
// "same" lines link, directly or in a chain, are one identity.
// Errors: INVALID_FIELD, naming file and line: a malformed line, a path that leaves `images_dir`
// (also through a symbolic link), a file that is not there, an image paired with itself, a pair
// that is listed twice (in either order), a "different" pair that the "same" lines contradict.
absl::StatusOr<PairList> ReadPairs(const std::filesystem::path& pairs_file,
                                   const std::filesystem::path& images_dir);

struct IdentityOptions {
  std::filesystem::path dir;      // one folder a person
  std::set<std::string> exclude;  // folders of `dir` that are no person; each must exist
  // A CSV file with a header and at least the columns `identity` (a folder of `dir`) and `group`,
  // neither quoted. When given, non-mated pairs are drawn within one group only.
  std::optional<std::filesystem::path> groups_file;
  std::size_t non_mated_pairs = 100'000;  // at most; all of them when there are fewer
  std::uint64_t seed = 1;                 // the same seed and files give the same pairs
};

// Lists all mated pairs and a sample, uniform and without repetition, of the non-mated ones. Images
// are files named .jpg, .jpeg, .png or .webp directly in a person's folder; others are skipped.
// Errors: INVALID_FIELD: `dir` or the groups file cannot be read, no images, an excluded folder
// that is not there, an identity without a group or with two.
absl::StatusOr<PairList> ListIdentities(const IdentityOptions& options);

}  // namespace entryexit::evaluation

#endif  // ENTRYEXIT_EVALUATION_PAIRS_H_
