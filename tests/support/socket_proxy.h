#ifndef ENTRYEXIT_TESTS_SUPPORT_SOCKET_PROXY_H_
#define ENTRYEXIT_TESTS_SUPPORT_SOCKET_PROXY_H_

#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/statusor.h"

namespace entryexit::testing {

// Stands between clients and a server, passes on what they say, and cuts them off when told to, as
// a network does that fails. The server may change its address meanwhile. Thread-safe.
class SocketProxy {
 public:
  // Listens on a free port of 127.0.0.1, or on a unix socket that it makes, and passes on nothing
  // before it is told whereto.
  static absl::StatusOr<std::unique_ptr<SocketProxy>> ListenOnPort();
  static absl::StatusOr<std::unique_ptr<SocketProxy>> ListenOnFile(
      const std::filesystem::path& file);

  SocketProxy(const SocketProxy&) = delete;
  SocketProxy& operator=(const SocketProxy&) = delete;
  // Cuts and ends.
  ~SocketProxy();

  // Of one that listens on a port.
  int port() const { return port_; }

  // Where connections made from now on lead.
  void ForwardToPort(int port);
  void ForwardToFile(const std::filesystem::path& file);

  // Ends every connection at once, whatever is under way on it.
  void Cut();
  // From now on nothing that the server says comes through, until the next Cut: what it does is
  // done and nobody hears of it.
  void WithholdAnswers();

 private:
  struct Way;
  struct Connection;

  SocketProxy(int listener, int port, int wake);

  void Run();
  // What was asked for since the last time. False: to end.
  bool ObeyOrders();
  void Wake() const;
  void Accept();
  int ConnectToServer();

  const int listener_;
  const int port_;
  const int wake_;  // an eventfd
  std::mutex mutex_;
  std::string server_;  // the bytes of a socket address; guarded by mutex_, as those below
  bool cut_ = false;
  bool withhold_ = false;
  bool stopped_ = false;
  // Of the thread alone.
  bool withholding_ = false;
  std::list<Connection> connections_;
  std::thread thread_;
};

}  // namespace entryexit::testing

#endif  // ENTRYEXIT_TESTS_SUPPORT_SOCKET_PROXY_H_
