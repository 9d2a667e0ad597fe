#include "entryexit/crypto/vault.h"

#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>
#include <string>

#include "entryexit/core/ids.h"
#include "entryexit/core/reason.h"
#include "tests/support/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/crypto/keys_in_memory.h"

namespace entryexit::crypto {
namespace {

using core::Reason;
using ports::SealedBlob;
using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::KeysInMemory;
using testing::TempDir;

// Base64 of 32 bytes of 0x01 and of 0x02.
constexpr char kOnes[] = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
constexpr char kTwos[] = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

constexpr unsigned kStranger = 65'534;

// The error of a function that a user without rights runs; empty: none. Root only.
std::string AsStranger(const std::function<absl::Status()>& run) {
  std::array<int, 2> ends{};
  EXPECT_EQ(pipe(ends.data()), 0);
  const pid_t pid = fork();
  if (pid == 0) {
    const bool changed =
        setgroups(0, nullptr) == 0 && setgid(kStranger) == 0 && setuid(kStranger) == 0;
    const std::string error = changed ? std::string(run().message()) : "not a stranger";
    _exit(write(ends[1], error.data(), error.size()) < 0 ? 1 : 0);
  }
  close(ends[1]);
  std::string error(4096, '\0');
  const ssize_t got = read(ends[0], error.data(), error.size());
  close(ends[0]);
  waitpid(pid, nullptr, 0);
  error.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
  return error;
}

class VaultTest : public ::testing::Test {
 protected:
  std::filesystem::path KeyFile(const std::string& content, mode_t mode = 0600) {
    const std::filesystem::path path = dir_.path() / "keys";
    std::ofstream(path) << content;
    chmod(path.c_str(), mode);
    return path;
  }

  // With the file as it is then; looks for data keys at each record.
  std::unique_ptr<KeyVault> VaultWith(const std::string& keys) {
    auto vault =
        OpenVault(KeysFromFile(KeyFile(keys)), table_, /*freshness=*/std::chrono::milliseconds(0));
    EXPECT_THAT(vault, IsOk());
    return vault.ok() ? *std::move(vault) : nullptr;
  }

  TempDir dir_;
  KeysInMemory table_;
  std::unique_ptr<KeyVault> vault_ = VaultWith(std::string("one ") + kOnes);
};

TEST_F(VaultTest, OpensWhatItSealed) {
  const std::string large(10 << 20, 'x');
  for (const std::string& plaintext : {std::string(), std::string("a\0b", 3), large}) {
    const auto blob = vault_->Seal(plaintext, "row 1");
    ASSERT_THAT(blob, IsOk());
    EXPECT_EQ(blob->key_id, table_.keys.front().key_id);
    EXPECT_EQ(blob->nonce.size(), 12U);
    EXPECT_EQ(blob->ciphertext.size(), plaintext.size() + 16);
    const auto opened = vault_->Open(*blob, "row 1");
    ASSERT_THAT(opened, IsOk());
    EXPECT_TRUE(*opened == plaintext) << "of " << plaintext.size() << " bytes";
  }
}

TEST_F(VaultTest, SealsTheSamePlaintextDifferentlyEachTime) {
  const auto first = vault_->Seal("plaintext", "row 1");
  const auto second = vault_->Seal("plaintext", "row 1");
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_NE(first->nonce, second->nonce);
  EXPECT_NE(first->ciphertext, second->ciphertext);
}

// Sealed with a key of the file itself, as former versions did. It is the example of the
// Galois/Counter Mode specification (McGrew and Viega), test case 16.
TEST_F(VaultTest, IsAes256GcmWithTheTagBehindTheCiphertextAndOpensWhatAKeyOfTheFileSealed) {
  const auto bytes = [](const std::string& hex) {
    std::string result;
    for (size_t i = 0; i < hex.size(); i += 2) {
      result += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    }
    return result;
  };
  const auto vault = VaultWith(std::string("one ") + kOnes +
                               "\nspec /v/pkoZlcxxtao+UZzCDCP7/6ZKGZXMcbWqPlGcwgwg=");
  const auto plaintext = vault->Open(
      SealedBlob{
          .key_id = "spec",
          .nonce = bytes("cafebabefacedbaddecaf888"),
          .ciphertext = bytes("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                              "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                              "76fc6ece0f4e1768cddf8853bb2d551b")},
      bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2"));
  ASSERT_THAT(plaintext, IsOk());
  EXPECT_EQ(*plaintext, bytes("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                              "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"));
}

TEST_F(VaultTest, DoesNotOpenForOtherAssociatedData) {
  const auto blob = vault_->Seal("plaintext", "row 1");
  ASSERT_THAT(blob, IsOk());
  EXPECT_THAT(vault_->Open(*blob, "row 2"), FailsWith(Reason::kStoredDataInvalid));
}

TEST_F(VaultTest, DoesNotOpenWithAnyBitChanged) {
  const auto blob = vault_->Seal("plaintext", "row 1");
  ASSERT_THAT(blob, IsOk());
  for (const auto part : {&SealedBlob::ciphertext, &SealedBlob::nonce}) {
    for (size_t bit = 0; bit < ((*blob).*part).size() * 8; ++bit) {
      SealedBlob changed = *blob;
      char& byte = (changed.*part)[bit / 8];
      byte = static_cast<char>(byte ^ (1 << (bit % 8)));
      EXPECT_THAT(vault_->Open(changed, "row 1"), FailsWith(Reason::kStoredDataInvalid)) << bit;
    }
  }
}

TEST_F(VaultTest, DoesNotOpenATruncatedRecord) {
  const auto blob = vault_->Seal("plaintext", "row 1");
  ASSERT_THAT(blob, IsOk());
  for (size_t size = 0; size < blob->ciphertext.size(); ++size) {
    SealedBlob cut = *blob;
    cut.ciphertext.resize(size);
    EXPECT_THAT(vault_->Open(cut, "row 1"), FailsWith(Reason::kStoredDataInvalid)) << size;
  }
  SealedBlob short_nonce = *blob;
  short_nonce.nonce.pop_back();
  EXPECT_THAT(vault_->Open(short_nonce, "row 1"), FailsWith(Reason::kStoredDataInvalid));
}

TEST_F(VaultTest, KeepsItsDataKeyInTheTableWithoutTellingKeysOrTheirNames) {
  const auto blob = vault_->Seal("plaintext", "row 1");
  ASSERT_THAT(blob, IsOk());
  ASSERT_EQ(table_.keys.size(), 1U);
  const ports::WrappedKey& key = table_.keys.front();
  EXPECT_TRUE(core::IsUuid(key.key_id)) << key.key_id;
  EXPECT_THAT(key.kek_id, ::testing::MatchesRegex("[0-9a-f]{32}"));
  EXPECT_NE(key.kek_id, std::string(32, '0'));
  EXPECT_EQ(key.wrapped.size(), 48U);
  EXPECT_THAT(key.kek_id + key.wrapped, ::testing::Not(HasSubstr("one")));
  EXPECT_THAT(key.wrapped, ::testing::Not(HasSubstr(std::string(8, '\1'))));
  // The wrapping key is not the key of the file, which may have sealed records.
  EXPECT_THAT(vault_->Open({"one", key.nonce, key.wrapped}, "data_key/" + key.key_id),
              FailsWith(Reason::kStoredDataInvalid));

  const auto again = VaultWith(std::string("one ") + kOnes)->Open(*blob, "row 1");
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(*again, "plaintext");
  EXPECT_EQ(table_.keys.size(), 1U) << "another one would be another deployment";
}

TEST_F(VaultTest, SealsWithTheKeyThatAnotherDaemonMadeAndOpensWhatTheFormerSealed) {
  const auto old = vault_->Seal("plaintext", "row 1");
  ASSERT_THAT(old, IsOk());
  const auto other = VaultWith(std::string("one ") + kOnes);
  const auto key = other->NewKey();
  ASSERT_THAT(key, IsOk());
  table_.PutCurrent(*key);
  ASSERT_THAT(other->Reload(), IsOk());
  const auto fresh = other->Seal("plaintext", "row 1");
  ASSERT_THAT(fresh, IsOk());
  EXPECT_EQ(fresh->key_id, key->key_id);
  EXPECT_THAT(vault_->Open(*fresh, "row 1"), IsOk());
  EXPECT_EQ(vault_->Seal("plaintext", "row 1")->key_id, key->key_id);
  EXPECT_THAT(other->Open(*old, "row 1"), IsOk());
}

TEST_F(VaultTest, LooksIntoTheTableOnlyNowAndThen) {
  const auto vault = OpenVault(KeysFromFile(dir_.path() / "keys"), table_, std::chrono::hours(1));
  ASSERT_THAT(vault, IsOk());
  const int before = table_.reads;
  for (int i = 0; i < 5; ++i) {
    const auto blob = (*vault)->Seal("plaintext", "row 1");
    ASSERT_THAT(blob, IsOk());
    EXPECT_THAT((*vault)->Open(*blob, "row 1"), IsOk());
  }
  EXPECT_EQ(table_.reads, before);
  EXPECT_THAT((*vault)->Open({"strange", std::string(12, 'n'), std::string(16, 'c')}, "row 1"),
              FailsWith(Reason::kKeyUnavailable));
  EXPECT_EQ(table_.reads, before + 1);
}

TEST_F(VaultTest, GoesOnWithTheKeysAtHandWhileTheTableIsAway) {
  const auto blob = vault_->Seal("plaintext", "row 1");
  ASSERT_THAT(blob, IsOk());
  table_.failure = core::MakeError(Reason::kDatabaseUnavailable, "away");
  EXPECT_THAT(vault_->Seal("plaintext", "row 1"), IsOk());
  EXPECT_THAT(vault_->Open(*blob, "row 1"), IsOk());
  EXPECT_THAT(OpenVault(KeysFromFile(dir_.path() / "keys"), table_),
              FailsWith(Reason::kDatabaseUnavailable))
      << "at the start there are none at hand";
}

TEST_F(VaultTest, ForgetsAKeyThatWasDestroyedButForTheRecordsBeingRead) {
  const auto blob = vault_->Seal("plaintext", "row 1");
  ASSERT_THAT(blob, IsOk());
  const auto key = vault_->NewKey();
  ASSERT_THAT(key, IsOk());
  table_.keys = {*key};
  ASSERT_THAT(vault_->Reload(), IsOk());
  EXPECT_THAT(vault_->Open(*blob, "row 1"), IsOk());
  ASSERT_THAT(vault_->Reload(), IsOk());
  EXPECT_THAT(vault_->Open(*blob, "row 1"), FailsWith(Reason::kKeyUnavailable));
}

TEST_F(VaultTest, WrapsItsDataKeysByTheFirstKeyOfTheFile) {
  const auto blob = vault_->Seal("plaintext", "row 1");
  ASSERT_THAT(blob, IsOk());
  EXPECT_EQ(*vault_->Rewrap(table_.keys.front()), std::nullopt) << "it is so already";
  KeyFile(std::string("# newest first\n\ntwo ") + kTwos + "\none " + kOnes);
  ASSERT_THAT(vault_->Reload(), IsOk());
  const auto rewrapped = vault_->Rewrap(table_.keys.front());
  ASSERT_THAT(rewrapped, IsOk());
  ASSERT_TRUE(rewrapped->has_value());
  EXPECT_EQ((*rewrapped)->key_id, blob->key_id);
  EXPECT_NE((*rewrapped)->kek_id, table_.keys.front().kek_id);
  table_.keys.front() = **rewrapped;

  const auto without_the_former = VaultWith(std::string("two ") + kTwos);
  ASSERT_NE(without_the_former, nullptr);
  EXPECT_THAT(without_the_former->Open(*blob, "row 1"), IsOk());
  EXPECT_THAT(OpenVault(KeysFromFile(KeyFile(std::string("one ") + kOnes)), table_),
              FailsWith(Reason::kKeyUnavailable));
}

TEST_F(VaultTest, ReadsTheFileAgainWhenADataKeyIsWrappedByAKeyThatItLacks) {
  const auto other = VaultWith(std::string("two ") + kTwos + "\none " + kOnes);
  ASSERT_NE(other, nullptr);
  const auto key = other->NewKey();
  ASSERT_THAT(key, IsOk());
  table_.PutCurrent(*key);
  EXPECT_EQ(vault_->Seal("plaintext", "row 1")->key_id, key->key_id) << "the file has it by now";
}

TEST_F(VaultTest, SealsNothingWhenTheCurrentDataKeyIsWrappedByAKeyThatTheFileLacks) {
  const auto blob = vault_->Seal("plaintext", "row 1");
  ASSERT_THAT(blob, IsOk());
  const auto other = VaultWith(std::string("two ") + kTwos + "\none " + kOnes);
  ASSERT_NE(other, nullptr);
  table_.PutCurrent(*other->NewKey());
  KeyFile(std::string("one ") + kOnes);
  EXPECT_THAT(vault_->Seal("plaintext", "row 1"), FailsWith(Reason::kKeyUnavailable));
  EXPECT_THAT(vault_->Open(*blob, "row 1"), IsOk());
}

TEST_F(VaultTest, DoesNotOpenADataKeyThatWasChangedCutOrMoved) {
  const ports::WrappedKey whole = table_.keys.front();
  const auto opens = [&](const ports::WrappedKey& key) {
    table_.keys = {key};
    return OpenVault(KeysFromFile(dir_.path() / "keys"), table_);
  };
  EXPECT_THAT(opens(whole), IsOk());
  for (size_t byte = 0; byte < whole.wrapped.size(); ++byte) {
    ports::WrappedKey changed = whole;
    changed.wrapped[byte] = static_cast<char>(changed.wrapped[byte] ^ 1);
    EXPECT_THAT(opens(changed), FailsWith(Reason::kKeyUnavailable)) << byte;
    ports::WrappedKey cut = whole;
    cut.wrapped.resize(byte);
    EXPECT_THAT(opens(cut), FailsWith(Reason::kKeyUnavailable)) << byte;
  }
  ports::WrappedKey moved = whole;
  moved.key_id = "00000000-0000-4000-8000-000000000000";
  EXPECT_THAT(opens(moved), FailsWith(Reason::kKeyUnavailable));
}

TEST_F(VaultTest, OfAnotherDeploymentOpensNothing) {
  const auto blob = vault_->Seal("plaintext", "row 1");
  ASSERT_THAT(blob, IsOk());
  const std::vector<ports::WrappedKey> ours = table_.keys;
  table_.keys.clear();
  const auto other = VaultWith(std::string("one ") + kTwos);
  EXPECT_THAT(other->Open(*blob, "row 1"), FailsWith(Reason::kKeyUnavailable));
  // Not with the wrapped key, either; nor when its own key goes by the id of ours.
  table_.keys.push_back(ours.front());
  table_.keys.back().retired_at = core::Timestamp();
  EXPECT_THAT(other->Open(*blob, "row 1"), FailsWith(Reason::kKeyUnavailable));
  EXPECT_THAT(other->Open({table_.keys.front().key_id, blob->nonce, blob->ciphertext}, "row 1"),
              FailsWith(Reason::kStoredDataInvalid));
}

TEST_F(VaultTest, NamesTheKeyThatIsNotThere) {
  const auto opened = vault_->Open({"former", std::string(12, 'n'), std::string(16, 'c')}, "row 1");
  EXPECT_THAT(opened, FailsWith(Reason::kKeyUnavailable));
  EXPECT_THAT(opened.status().ToString(), HasSubstr("'former'"));
}

TEST_F(VaultTest, RefusesAKeyFileThatOthersHaveRightsTo) {
  for (const mode_t mode : {0640U, 0604U, 0620U, 0601U, 0644U}) {
    const auto path = KeyFile(std::string("one ") + kOnes, mode);
    const auto vault = CheckKeys(KeysFromFile(path));
    EXPECT_THAT(vault, FailsWith(Reason::kKeyUnavailable));
    std::ostringstream octal;
    octal << "mode 0" << std::oct << mode;
    EXPECT_THAT(vault.ToString(), HasSubstr(path.string()));
    EXPECT_THAT(vault.ToString(), HasSubstr(octal.str()));
  }
  EXPECT_THAT(CheckKeys(KeysFromFile(KeyFile(std::string("one ") + kOnes, 0400))), IsOk());
}

TEST_F(VaultTest, RefusesAKeyFileThatIsMissingOrNoFile) {
  EXPECT_THAT(CheckKeys(KeysFromFile(dir_.path() / "absent")), FailsWith(Reason::kKeyUnavailable));
  EXPECT_THAT(CheckKeys(KeysFromFile(dir_.path())), FailsWith(Reason::kKeyUnavailable));
}

TEST_F(VaultTest, RefusesAMalformedKeyFileNamingTheLineButNotTheKey) {
  const std::string good = std::string("one ") + kOnes + "\n";
  const std::string no_padding = std::string(kTwos).substr(0, 43);
  for (const std::string& second :
       {std::string("two"), "two " + no_padding, "two " + no_padding + "A",
        "two " + std::string(kTwos) + " excess", "t:o " + std::string(kTwos),
        "two ====" + std::string(kTwos).substr(4), std::string(65, 'k') + " " + kTwos,
        "one " + std::string(kTwos)}) {
    const auto vault = CheckKeys(KeysFromFile(KeyFile(good + second)));
    EXPECT_THAT(vault, FailsWith(Reason::kKeyUnavailable)) << second;
    EXPECT_THAT(vault.ToString(), HasSubstr("keys:2: ")) << second;
    EXPECT_THAT(vault.ToString(), ::testing::Not(HasSubstr("AgIC"))) << second;
  }
  EXPECT_THAT(CheckKeys(KeysFromFile(KeyFile("# no key\n"))), FailsWith(Reason::kKeyUnavailable));
}

TEST_F(VaultTest, WritesAKeyFileForTheOwnerAloneAndNeverOverwritesIt) {
  const auto path = dir_.path() / "new" / "vault.keys";
  ASSERT_THAT(WriteNewKeyFile(path), IsOk());
  const auto owner_only = std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;
  EXPECT_EQ(std::filesystem::status(path).permissions(), owner_only);
  EXPECT_EQ(std::filesystem::status(path.parent_path()).permissions(),
            std::filesystem::perms::owner_all);

  EXPECT_THAT(CheckKeys(KeysFromFile(path)), IsOk());
  const std::string written = testing::ReadAll(path);
  EXPECT_THAT(WriteNewKeyFile(path), FailsWith(Reason::kConfigInvalid));
  EXPECT_EQ(testing::ReadAll(path), written);
}

TEST_F(VaultTest, PutsAnotherKeyOnTopOfAKeyFile) {
  const auto path = KeyFile(std::string("# ours\none ") + kOnes + "\n");
  ASSERT_THAT(AddKeyToFile(path), IsOk());
  const std::string content = testing::ReadAll(path);
  EXPECT_THAT(content, ::testing::MatchesRegex("key-[0-9a-f]{8} [A-Za-z0-9+/]{43}=\n# ours\n"
                                               "one AQEB.*=\n"));
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_THAT(CheckKeys(KeysFromFile(path)), IsOk());
  EXPECT_THAT(AddKeyToFile(KeyFile("no keys")), FailsWith(Reason::kKeyUnavailable));
  EXPECT_EQ(testing::ReadAll(path), "no keys") << "nothing was changed";
  EXPECT_THAT(AddKeyToFile(dir_.path() / "absent"), FailsWith(Reason::kKeyUnavailable));
}

TEST_F(VaultTest, AddsAKeyToWhatALinkLeadsTo) {
  const auto path = KeyFile(std::string("one ") + kOnes + "\n");
  const auto link = dir_.path() / "link";
  std::filesystem::create_symlink("keys", link);
  ASSERT_THAT(AddKeyToFile(link), IsOk());
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_THAT(testing::ReadAll(path), ::testing::StartsWith("key-"));
}

TEST_F(VaultTest, AKeyFileKeepsItsOwnerWhenAnotherPutsAKeyOnTop) {
  if (geteuid() != 0) GTEST_SKIP() << "root alone can give files away";
  const auto path = KeyFile(std::string("one ") + kOnes + "\n");
  ASSERT_EQ(chown(path.c_str(), kStranger, kStranger + 1), 0);
  ASSERT_THAT(AddKeyToFile(path), IsOk());
  struct stat info {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, kStranger);
  EXPECT_EQ(info.st_gid, kStranger + 1);
  EXPECT_EQ(info.st_mode & 07777, 0600U);
}

TEST_F(VaultTest, AKeyFileStaysAsItIsWhenItsOwnerCannotBeKept) {
  if (geteuid() != 0) GTEST_SKIP() << "root alone can become another user";
  const std::string before = std::string("one ") + kOnes + "\n";
  const auto path = KeyFile(before);
  ASSERT_EQ(chown(dir_.path().c_str(), kStranger, kStranger), 0);
  // Of a group that the user is not in.
  ASSERT_EQ(chown(path.c_str(), kStranger, kStranger + 1), 0);
  EXPECT_THAT(AsStranger([&] { return AddKeyToFile(path); }), HasSubstr("cannot keep the owner"));
  EXPECT_EQ(testing::ReadAll(path), before);
  const std::filesystem::directory_iterator files(dir_.path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1) << "nothing is left beside it";
}

// The folder is synced, which takes the right to read it.
TEST_F(VaultTest, AKeyFileThatAPowerCutCouldTakeAwayIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "root alone can become another user";
  ASSERT_EQ(chown(dir_.path().c_str(), kStranger, kStranger), 0);
  ASSERT_EQ(chmod(dir_.path().c_str(), 0300), 0);
  const auto path = dir_.path() / "fresh";
  EXPECT_THAT(AsStranger([&] { return WriteNewKeyFile(path); }), HasSubstr("cannot sync"));
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(VaultTest, SealsNothingWithARetiredKeyWhenTheSourceIsAway) {
  const auto blob = vault_->Seal("plaintext", "row 1");
  ASSERT_THAT(blob, IsOk());
  const auto other = VaultWith(std::string("two ") + kTwos + "\none " + kOnes);
  ASSERT_NE(other, nullptr);
  table_.PutCurrent(*other->NewKey());
  std::filesystem::remove(dir_.path() / "keys");
  EXPECT_THAT(vault_->Seal("plaintext", "row 1"), FailsWith(Reason::kKeyUnavailable));
  EXPECT_THAT(vault_->Open(*blob, "row 1"), IsOk());
}

TEST_F(VaultTest, AsksASourceThatWasOfNoHelpOnlyNowAndThen) {
  int reads = 0;
  const KeySource counted = {"counted", [&]() -> absl::StatusOr<std::string> {
                               ++reads;
                               return std::string("one ") + kOnes;
                             }};
  const auto vault = OpenVault(counted, table_, /*freshness=*/std::chrono::milliseconds(0));
  ASSERT_THAT(vault, IsOk());
  const auto other = VaultWith(std::string("two ") + kTwos + "\none " + kOnes);
  ASSERT_NE(other, nullptr);
  table_.PutCurrent(*other->NewKey());
  reads = 0;
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT((*vault)->Seal("plaintext", "row 1"), FailsWith(Reason::kKeyUnavailable));
  }
  EXPECT_EQ(reads, 1);
  EXPECT_THAT((*vault)->Reload(), FailsWith(Reason::kKeyUnavailable));
  EXPECT_EQ(reads, 2);
}

// ------------------------------------------------------------------------------------- commands

class KeyCommandTest : public VaultTest {
 protected:
  // What a shell script prints is taken for keys.
  static absl::Status Check(const std::string& script,
                            std::chrono::milliseconds timeout = std::chrono::seconds(20)) {
    return CheckKeys(KeysFromCommand({"/bin/sh", "-c", script}, timeout));
  }
};

TEST_F(KeyCommandTest, PrintsWhatWouldStandInTheFile) {
  const std::string file = KeyFile(std::string("one ") + kOnes + "\n").string();
  const auto blob = vault_->Seal("plaintext", "row 1");
  ASSERT_THAT(blob, IsOk());
  const auto vault =
      OpenVault(KeysFromCommand({"/bin/cat", file}, std::chrono::seconds(20)), table_);
  ASSERT_THAT(vault, IsOk());
  EXPECT_THAT((*vault)->Open(*blob, "row 1"), IsOk());
}

TEST_F(KeyCommandTest, GetsItsWordsAsTheyAre) {
  const auto file = dir_.path() / "a key; $(file)";
  std::ofstream(file) << "one " << kOnes;
  EXPECT_THAT(CheckKeys(KeysFromCommand({"/bin/cat", file.string()}, std::chrono::seconds(20))),
              IsOk());
}

TEST_F(KeyCommandTest, IsRefusedWhenItFailsOrPrintsNoKeys) {
  const std::string good = std::string("echo one ") + kOnes;
  EXPECT_THAT(Check(good), IsOk());
  const absl::Status failed = Check(good + "; exit 3");
  EXPECT_THAT(failed, FailsWith(Reason::kKeyUnavailable));
  EXPECT_THAT(failed.ToString(), HasSubstr("ended with status 3"));
  EXPECT_THAT(failed.ToString(), ::testing::Not(HasSubstr("AQEB")));
  EXPECT_THAT(Check("exit 0").ToString(), HasSubstr("has no key"));
  EXPECT_THAT(Check(good + "; kill -9 $$").ToString(), HasSubstr("did not end by itself"));
  EXPECT_THAT(Check("head -c 100000 /dev/zero").ToString(), HasSubstr("more than 65536 bytes"));
  const absl::Status absent =
      CheckKeys(KeysFromCommand({"/nonexistent/program"}, std::chrono::seconds(20)));
  EXPECT_THAT(absent, FailsWith(Reason::kKeyUnavailable));
  EXPECT_THAT(absent.ToString(), HasSubstr("/nonexistent/program"));
}

TEST_F(KeyCommandTest, IsKilledWithItsChildrenWhenItTakesTooLong) {
  const auto started = std::chrono::steady_clock::now();
  const std::string pid_file = (dir_.path() / "pid").string();
  const absl::Status status =
      Check("sleep 1000 & echo $! >" + pid_file + "; wait", std::chrono::milliseconds(5000));
  EXPECT_THAT(status, FailsWith(Reason::kKeyUnavailable));
  EXPECT_THAT(status.ToString(), HasSubstr("within 5000 ms"));
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(60));
  const std::string child = std::to_string(std::stoi(testing::ReadAll(pid_file)));
  // Its end may be on its way; it is a zombie, if anything, until somebody waits for it.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  for (bool gone = false; !gone;) {
    if (std::chrono::steady_clock::now() > deadline) FAIL() << child << " is still there";
    std::string state;
    std::ifstream proc("/proc/" + child + "/stat");
    gone = !std::getline(proc, state) || state.find(") Z ") != std::string::npos;
  }
}

}  // namespace
}  // namespace entryexit::crypto
