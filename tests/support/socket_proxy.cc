#include "tests/support/socket_proxy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace entryexit::testing {
namespace {

constexpr size_t kBufferLimit = size_t{1} << 18;

template <typename Address>
std::string BytesOf(const Address& address) {
  return {reinterpret_cast<const char*>(&address), sizeof(address)};
}

std::string PortAddress(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return BytesOf(address);
}

std::string FileAddress(const std::filesystem::path& file) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  file.string().copy(address.sun_path, sizeof(address.sun_path) - 1);
  return BytesOf(address);
}

const sockaddr* AddressOf(const std::string& bytes) {
  return reinterpret_cast<const sockaddr*>(bytes.data());
}

absl::StatusOr<int> Listen(const std::string& address) {
  const int listener =
      socket(AddressOf(address)->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener >= 0 &&
      bind(listener, AddressOf(address), static_cast<socklen_t>(address.size())) == 0 &&
      listen(listener, SOMAXCONN) == 0) {
    return listener;
  }
  const std::string why = std::strerror(errno);
  close(listener);
  return absl::InternalError(fmt::format("cannot listen: {}", why));
}

int PortOf(int listener) {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

}  // namespace

// One way of a connection. `waiting` was read from the one end and is not yet written to the other.
struct SocketProxy::Way {
  std::string waiting;
  bool ended = false;  // nothing more will be read

  bool over() const { return ended && waiting.empty(); }

  void Read(int from) {
    char buffer[1 << 14];
    const ssize_t got = read(from, buffer, sizeof(buffer));
    if (got > 0) waiting.append(buffer, static_cast<size_t>(got));
    if (got == 0 || (got < 0 && errno != EAGAIN)) ended = true;
  }

  void Write(int to) {
    if (waiting.empty()) return;
    const ssize_t put = send(to, waiting.data(), waiting.size(), MSG_NOSIGNAL);
    if (put > 0) waiting.erase(0, static_cast<size_t>(put));
    if (put < 0 && errno != EAGAIN) {
      waiting.clear();
      ended = true;
    }
  }
};

struct SocketProxy::Connection {
  Connection(int client_socket, int server_socket) : client(client_socket), server(server_socket) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    close(client);
    close(server);
  }

  bool over() const { return asked.over() || answered.over(); }

  void Reset() const {
    // Of TCP, so that the peer is told of a broken connection and not of an end in order.
    const linger at_once{1, 0};
    setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    setsockopt(server, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  }

  const int client;
  const int server;
  Way asked;
  Way answered;
};

SocketProxy::SocketProxy(int listener, int port, int wake)
    : listener_(listener), port_(port), wake_(wake), thread_([this] { Run(); }) {}

SocketProxy::~SocketProxy() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  Wake();
  thread_.join();
  close(listener_);
  close(wake_);
}

absl::StatusOr<std::unique_ptr<SocketProxy>> SocketProxy::ListenOnPort() {
  const absl::StatusOr<int> listener = Listen(PortAddress(0));
  if (!listener.ok()) return listener.status();
  return std::unique_ptr<SocketProxy>(
      new SocketProxy(*listener, PortOf(*listener), eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)));
}

absl::StatusOr<std::unique_ptr<SocketProxy>> SocketProxy::ListenOnFile(
    const std::filesystem::path& file) {
  const absl::StatusOr<int> listener = Listen(FileAddress(file));
  if (!listener.ok()) return listener.status();
  return std::unique_ptr<SocketProxy>(
      new SocketProxy(*listener, 0, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)));
}

void SocketProxy::ForwardToPort(int port) {
  const std::lock_guard lock(mutex_);
  server_ = PortAddress(port);
}

void SocketProxy::ForwardToFile(const std::filesystem::path& file) {
  const std::lock_guard lock(mutex_);
  server_ = FileAddress(file);
}

void SocketProxy::Cut() {
  {
    const std::lock_guard lock(mutex_);
    cut_ = true;
    withhold_ = false;
  }
  Wake();
}

void SocketProxy::WithholdAnswers() {
  {
    const std::lock_guard lock(mutex_);
    withhold_ = true;
  }
  Wake();
}

void SocketProxy::Wake() const { eventfd_write(wake_, 1); }

bool SocketProxy::ObeyOrders() {
  eventfd_t ignored = 0;
  eventfd_read(wake_, &ignored);
  const std::lock_guard lock(mutex_);
  withholding_ = withhold_;
  if (cut_ || stopped_) {
    for (const Connection& connection : connections_) connection.Reset();
    connections_.clear();
    cut_ = false;
  }
  if (withholding_) {
    for (Connection& connection : connections_) connection.answered.waiting.clear();
  }
  return !stopped_;
}

int SocketProxy::ConnectToServer() {
  std::string address;
  {
    const std::lock_guard lock(mutex_);
    address = server_;
  }
  if (address.empty()) return -1;
  const int server = socket(AddressOf(address)->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(server, AddressOf(address), static_cast<socklen_t>(address.size())) == 0) {
    return server;
  }
  close(server);
  return -1;
}

void SocketProxy::Accept() {
  const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (client < 0) return;
  const int server = ConnectToServer();
  if (server < 0) {
    close(client);
    return;
  }
  fcntl(server, F_SETFL, O_NONBLOCK);
  connections_.emplace_back(client, server);
}

void SocketProxy::Run() {
  const auto events = [](const Way& read, const Way& written) {
    const bool takes_more = !read.ended && read.waiting.size() < kBufferLimit;
    return static_cast<short>((takes_more ? POLLIN : 0) | (written.waiting.empty() ? 0 : POLLOUT));
  };
  while (ObeyOrders()) {
    std::vector<pollfd> sockets = {{wake_, POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const Connection& connection : connections_) {
      sockets.push_back({connection.client, events(connection.asked, connection.answered), 0});
      // While answers are withheld, nothing but what is to be written matters here.
      const bool ignored = withholding_ && connection.asked.waiting.empty();
      sockets.push_back({ignored ? -1 : connection.server,
                         withholding_ ? events(Way{{}, true}, connection.asked)
                                      : events(connection.answered, connection.asked),
                         0});
    }
    poll(sockets.data(), sockets.size(), -1);
    size_t next = 2;
    for (Connection& connection : connections_) {
      const pollfd& client = sockets[next++];
      const pollfd& server = sockets[next++];
      if ((client.revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
        connection.asked.Read(connection.client);
      }
      if (!withholding_ && (server.revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
        connection.answered.Read(connection.server);
      }
      connection.asked.Write(connection.server);
      connection.answered.Write(connection.client);
    }
    connections_.remove_if([](const Connection& connection) { return connection.over(); });
    if (sockets[1].revents != 0) Accept();
  }
}

}  // namespace entryexit::testing
