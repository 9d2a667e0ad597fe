#include "src/crypto/key_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "entryexit/core/ids.h"
#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"
#include "entryexit/crypto/vault.h"
#include "src/crypto/files.h"

namespace entryexit::crypto {
namespace {

using core::MakeError;
using core::Reason;

constexpr std::string_view kSpace = " \t\r\v\f";
// The digits are there to be changed should another way of wrapping be needed.
constexpr std::string_view kWrappingPurpose = "entryexit key-encryption key 1";
constexpr std::string_view kIdPurpose = "entryexit key-encryption key id 1";
constexpr size_t kIdBytes = 16;
constexpr size_t kNewKeyLine = 58;

// Takes what stands before `end` from the front of `text`, and `end` itself.
std::string_view TakeLine(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

// Takes the next word; empty when there is none.
std::string_view TakeWord(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kSpace), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(kSpace));
  line.remove_prefix(word.size());
  return word;
}

// The text must have kNewKeyLine bytes to spare: grown, it would leave a copy of the key behind.
void AppendNewKeyLine(std::string& text) {
  std::string base64 = Key256::Random().ToBase64();
  const Wipe wipe(base64);
  text += "key-" + NewUuid().substr(0, 8) + " ";
  text += base64;
  text += "\n";
}

}  // namespace

absl::StatusOr<std::vector<FileKey>> ParseKeys(std::string_view lines, const std::string& name) {
  std::vector<FileKey> keys;
  for (int number = 1; !lines.empty(); ++number) {
    std::string_view line = TakeLine(lines);
    const std::string id(TakeWord(line));
    if (id.empty() || id.front() == '#') continue;
    const std::optional<Key256> key = Key256::FromBase64(TakeWord(line));
    if (!core::IsPlainId(id) || !key || !TakeWord(line).empty()) {
      return MakeError(
          Reason::kKeyUnavailable,
          fmt::format("{}:{}: expected '<key id> <base64 of 32 bytes>'", name, number));
    }
    if (std::ranges::find(keys, id, &FileKey::id) != keys.end()) {
      return MakeError(Reason::kKeyUnavailable,
                       fmt::format("{}:{}: key '{}' is there twice", name, number, id));
    }
    keys.push_back({id, *key, key->Derive(kWrappingPurpose), key->DeriveHex(kIdPurpose, kIdBytes)});
  }
  if (keys.empty()) return MakeError(Reason::kKeyUnavailable, name + " has no key");
  return keys;
}

absl::Status WriteNewKeyFile(const std::filesystem::path& key_file) {
  std::string line;
  line.reserve(kNewKeyLine);
  const Wipe wipe(line);
  AppendNewKeyLine(line);
  return CreateFile(key_file, line, 0600);
}

absl::Status AddKeyToFile(const std::filesystem::path& key_file) {
  absl::StatusOr<std::string> lines = ReadSecretFile(key_file);
  if (!lines.ok()) return lines.status();
  const Wipe wipe(*lines);
  const auto keys = ParseKeys(*lines, key_file.string());
  if (!keys.ok()) return keys.status();
  std::string all;
  all.reserve(kNewKeyLine + lines->size());
  const Wipe wipe_all(all);
  AppendNewKeyLine(all);
  all += *lines;
  return ReplaceFile(key_file, all, 0600);
}

}  // namespace entryexit::crypto
