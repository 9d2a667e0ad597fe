#include "rpc/refusals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <sstream>
#include <string>

#include "rpc/grpc_log.h"

namespace entryexit::rpc {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Takes what is logged, while it lives.
class LogCapture {
 public:
  LogCapture() : before_(spdlog::default_logger()) {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "captured", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_)));
  }
  ~LogCapture() { spdlog::set_default_logger(before_); }
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  std::string text() const { return text_.str(); }
  long lines() const { return std::ranges::count(text_.str(), '\n'); }

 private:
  const std::shared_ptr<spdlog::logger> before_;
  std::ostringstream text_;
};

TEST(Refusals, AreAllCountedButNotAllLogged) {
  const LogCapture log;
  Metrics metrics;
  Refusals refusals(metrics);
  const Refusals::Time start;
  for (int i = 0; i < 1000; ++i) {
    refusals.Tell("ROLE_NOT_ALLOWED", "principal=lane/A", start + std::chrono::milliseconds(i));
  }
  refusals.Tell("RATE_LIMITED", "principal=lane/B", start);
  EXPECT_EQ(log.lines(), 2);
  EXPECT_THAT(log.text(), HasSubstr("reason=ROLE_NOT_ALLOWED principal=lane/A unlogged_before=0"));
  EXPECT_THAT(log.text(), HasSubstr("reason=RATE_LIMITED principal=lane/B unlogged_before=0"));
  refusals.Tell("ROLE_NOT_ALLOWED", "principal=lane/C", start + std::chrono::seconds(10));
  EXPECT_THAT(log.text(),
              HasSubstr("reason=ROLE_NOT_ALLOWED principal=lane/C unlogged_before=999"));
  const std::string counted = prometheus::TextSerializer().Serialize(metrics.registry()->Collect());
  EXPECT_THAT(counted, HasSubstr("entryexit_refusals_total{reason=\"ROLE_NOT_ALLOWED\"} 1001"));
  EXPECT_THAT(counted, HasSubstr("entryexit_refusals_total{reason=\"RATE_LIMITED\"} 1"));
}

TEST(Refusals, AreNotWhatACallFailsWithItself) {
  for (const char* const reason : {"", "INVALID_FIELD", "OVERLOADED", "LANE_NOT_YOURS"}) {
    EXPECT_FALSE(Refusals::Are(reason)) << reason;
  }
  EXPECT_TRUE(Refusals::Are("CERTIFICATE_REVOKED"));
}

TEST(TlsRefusal, IsReadFromWhatGrpcLogs) {
  const std::string failed = "Handshake failed with fatal error SSL_ERROR_SSL: error:";
  EXPECT_EQ(TlsRefusal(failed + "0A0000C7:SSL routines::peer did not return a certificate."),
            "NO_CERTIFICATE");
  EXPECT_EQ(TlsRefusal(failed + "0A000086:SSL routines::certificate verify failed."),
            "CERTIFICATE_NOT_ACCEPTED");
  EXPECT_EQ(TlsRefusal(failed + "0A00010B:SSL routines::wrong version number."),
            "HANDSHAKE_FAILED");
  EXPECT_EQ(TlsRefusal("Failed to load file /tls/server.key"), std::nullopt);
}

}  // namespace
}  // namespace entryexit::rpc
