#ifndef ENTRYEXIT_DAEMON_TLS_REFRESHER_H_
#define ENTRYEXIT_DAEMON_TLS_REFRESHER_H_

#include <string>

#include "entryexit/base/periodic.h"
#include "entryexit/crypto/tls_files.h"

namespace entryexit::daemon {

// Looks every few seconds, on a thread of its own, whether the TLS files are others, and logs what
// comes of it. Thread-safe.
class TlsRefresher {
 public:
  // `files` must outlive the object, which alone refreshes them.
  explicit TlsRefresher(crypto::TlsFiles& files);

 private:
  void Look();

  crypto::TlsFiles& files_;
  std::string told_;  // of the thread: what is wrong is told once
  base::Periodic thread_;
};

}  // namespace entryexit::daemon

#endif  // ENTRYEXIT_DAEMON_TLS_REFRESHER_H_
