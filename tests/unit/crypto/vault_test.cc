#include "entryexit/crypto/vault.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "entryexit/core/reason.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace entryexit::crypto {
namespace {

using core::Reason;
using ports::SealedBlob;
using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::TempDir;

// Base64 of 32 bytes of 0x01 and of 0x02.
constexpr char kOnes[] = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
constexpr char kTwos[] = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

class VaultTest : public ::testing::Test {
 protected:
  std::filesystem::path KeyFile(const std::string& content, mode_t mode = 0600) {
    const std::filesystem::path path = dir_.path() / "keys";
    std::ofstream(path) << content;
    chmod(path.c_str(), mode);
    return path;
  }

  std::unique_ptr<ports::Vault> VaultWith(const std::string& keys) {
    auto vault = CreateVault(KeyFile(keys));
    EXPECT_THAT(vault, IsOk());
    return vault.ok() ? *std::move(vault) : nullptr;
  }

  TempDir dir_;
  std::unique_ptr<ports::Vault> vault_ = VaultWith(std::string("one ") + kOnes);
};

TEST_F(VaultTest, OpensWhatItSealed) {
  const std::string large(10 << 20, 'x');
  for (const std::string& plaintext : {std::string(), std::string("a\0b", 3), large}) {
    const auto blob = vault_->Seal(plaintext, "row 1");
    ASSERT_THAT(blob, IsOk());
    EXPECT_EQ(blob->key_id, "one");
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

// The example of the Galois/Counter Mode specification (McGrew and Viega), test case 16.
TEST_F(VaultTest, IsAes256GcmWithTheTagBehindTheCiphertext) {
  const auto bytes = [](const std::string& hex) {
    std::string result;
    for (size_t i = 0; i < hex.size(); i += 2) {
      result += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    }
    return result;
  };
  const auto vault = VaultWith("spec /v/pkoZlcxxtao+UZzCDCP7/6ZKGZXMcbWqPlGcwgwg=");
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

TEST_F(VaultTest, OpensOldRecordsAfterTheKeyMovedDown) {
  const auto old = vault_->Seal("plaintext", "row 1");
  ASSERT_THAT(old, IsOk());
  const auto rotated = VaultWith(std::string("# newest first\n\ntwo ") + kTwos + "\none " + kOnes);
  const auto opened = rotated->Open(*old, "row 1");
  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(*opened, "plaintext");
  const auto fresh = rotated->Seal("plaintext", "row 1");
  ASSERT_THAT(fresh, IsOk());
  EXPECT_EQ(fresh->key_id, "two");
}

TEST_F(VaultTest, NamesTheKeyItLacks) {
  const auto blob = vault_->Seal("plaintext", "row 1");
  ASSERT_THAT(blob, IsOk());
  const auto opened = VaultWith(std::string("two ") + kTwos)->Open(*blob, "row 1");
  EXPECT_THAT(opened, FailsWith(Reason::kKeyUnavailable));
  EXPECT_THAT(opened.status().ToString(), HasSubstr("'one'"));
}

TEST_F(VaultTest, DoesNotOpenWithAnotherKeyOfTheSameName) {
  const auto blob = vault_->Seal("plaintext", "row 1");
  ASSERT_THAT(blob, IsOk());
  EXPECT_THAT(VaultWith(std::string("one ") + kTwos)->Open(*blob, "row 1"),
              FailsWith(Reason::kStoredDataInvalid));
}

TEST_F(VaultTest, RefusesAKeyFileThatOthersHaveRightsTo) {
  for (const mode_t mode : {0640U, 0604U, 0620U, 0601U, 0644U}) {
    const auto path = KeyFile(std::string("one ") + kOnes, mode);
    const auto vault = CreateVault(path);
    EXPECT_THAT(vault, FailsWith(Reason::kKeyUnavailable));
    std::ostringstream octal;
    octal << "mode 0" << std::oct << mode;
    EXPECT_THAT(vault.status().ToString(), HasSubstr(path.string()));
    EXPECT_THAT(vault.status().ToString(), HasSubstr(octal.str()));
  }
  EXPECT_THAT(CreateVault(KeyFile(std::string("one ") + kOnes, 0400)), IsOk());
}

TEST_F(VaultTest, RefusesAKeyFileThatIsMissingOrNoFile) {
  EXPECT_THAT(CreateVault(dir_.path() / "absent"), FailsWith(Reason::kKeyUnavailable));
  EXPECT_THAT(CreateVault(dir_.path()), FailsWith(Reason::kKeyUnavailable));
}

TEST_F(VaultTest, RefusesAMalformedKeyFileNamingTheLineButNotTheKey) {
  const std::string good = std::string("one ") + kOnes + "\n";
  const std::string no_padding = std::string(kTwos).substr(0, 43);
  for (const std::string& second :
       {std::string("two"), "two " + no_padding, "two " + no_padding + "A",
        "two " + std::string(kTwos) + " excess", "t:o " + std::string(kTwos),
        "two ====" + std::string(kTwos).substr(4), std::string(65, 'k') + " " + kTwos,
        "one " + std::string(kTwos)}) {
    const auto vault = CreateVault(KeyFile(good + second));
    EXPECT_THAT(vault, FailsWith(Reason::kKeyUnavailable)) << second;
    EXPECT_THAT(vault.status().ToString(), HasSubstr("keys:2: ")) << second;
    EXPECT_THAT(vault.status().ToString(), ::testing::Not(HasSubstr("AgIC"))) << second;
  }
  EXPECT_THAT(CreateVault(KeyFile("# no key\n")), FailsWith(Reason::kKeyUnavailable));
}

TEST_F(VaultTest, WritesAKeyFileForTheOwnerAloneAndNeverOverwritesIt) {
  const auto path = dir_.path() / "new" / "vault.keys";
  ASSERT_THAT(WriteNewKeyFile(path), IsOk());
  const auto owner_only = std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;
  EXPECT_EQ(std::filesystem::status(path).permissions(), owner_only);
  EXPECT_EQ(std::filesystem::status(path.parent_path()).permissions(),
            std::filesystem::perms::owner_all);

  const auto vault = CreateVault(path);
  ASSERT_THAT(vault, IsOk());
  const auto blob = (*vault)->Seal("plaintext", "");
  ASSERT_THAT(blob, IsOk());
  EXPECT_THAT(WriteNewKeyFile(path), FailsWith(Reason::kConfigInvalid));
  const auto again = CreateVault(path);
  ASSERT_THAT(again, IsOk());
  EXPECT_THAT((*again)->Open(*blob, ""), IsOk());
}

}  // namespace
}  // namespace entryexit::crypto
