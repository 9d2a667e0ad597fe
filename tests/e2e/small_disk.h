#ifndef ENTRYEXIT_TESTS_E2E_SMALL_DISK_H_
#define ENTRYEXIT_TESTS_E2E_SMALL_DISK_H_

#include <fmt/format.h>
#include <pwd.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "tests/support/temp_dir.h"

namespace entryexit::testing {

// A small file system in memory that only this thread, and processes that it starts from now on,
// can see, so that it goes when they go.
class SmallDisk {
 public:
  // `size` as mount takes it: "400k".
  explicit SmallDisk(const std::string& size) {
    const passwd* const account = geteuid() == 0 ? getpwnam("postgres") : getpwuid(geteuid());
    const std::string options =
        fmt::format("size={},mode=0700,uid={},gid={}", size, account->pw_uid, account->pw_gid);
    mounted_ = unshare(CLONE_NEWNS) == 0 &&
               mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
               mount("tmpfs", path().c_str(), "tmpfs", 0, options.c_str()) == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (mounted_) umount2(path().c_str(), MNT_DETACH);
  }

  // Whether this account may mount at all.
  bool mounted() const { return mounted_; }
  const std::filesystem::path& path() const { return directory_.path(); }
  bool Grow(const std::string& size) const {
    return mount("tmpfs", path().c_str(), "tmpfs", MS_REMOUNT, ("size=" + size).c_str()) == 0;
  }
  // Leaves next to no room, until it grows.
  bool Fill() const {
    constexpr int kAttempts = 100;  // whoever writes takes room meanwhile
    constexpr unsigned long kRoom = 128 * 1024;
    for (int i = 0; i < kAttempts; ++i) {
      struct statvfs disk {};
      if (statvfs(path().c_str(), &disk) != 0) return false;
      const unsigned long used = (disk.f_blocks - disk.f_bfree) * disk.f_frsize;
      if (Grow(fmt::format("{}k", (used + kRoom) / 1024))) return true;
    }
    return false;
  }

 private:
  const TempDir directory_;
  bool mounted_ = false;
};

}  // namespace entryexit::testing

#endif  // ENTRYEXIT_TESTS_E2E_SMALL_DISK_H_
