#ifndef ENTRYEXIT_DAEMON_TLS_REFRESHER_H_
#define ENTRYEXIT_DAEMON_TLS_REFRESHER_H_

#include <thread>

#include "entryexit/core/mutex.h"
#include "entryexit/crypto/tls_files.h"

namespace entryexit::daemon {

// Looks every few seconds, on a thread of its own, whether the TLS files are others, and logs what
// comes of it. Thread-safe.
class TlsRefresher {
 public:
  // `files` must outlive the object, which alone refreshes them.
  explicit TlsRefresher(crypto::TlsFiles& files);
  // Stops.
  ~TlsRefresher();

 private:
  void Watch() EXCLUDES(mutex_);
  // Waits for the next time to look. False when stopped.
  bool Pause() EXCLUDES(mutex_);

  crypto::TlsFiles& files_;
  core::Mutex mutex_;
  core::CondVar stop_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace entryexit::daemon

#endif  // ENTRYEXIT_DAEMON_TLS_REFRESHER_H_
