// Every text field of every method of the API is sent texts that are made to break SQL, to the real
// daemon with its real database. What is refused leaves no trace, what is accepted is stored as it
// is, and the schema stays what it was.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "entryexit/v1/import_service.grpc.pb.h"
#include "tests/e2e/sample_requests.h"
#include "tests/e2e/stored.h"
#include "tests/e2e/world.h"

namespace entryexit::testing {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

const std::vector<std::string>& HostileSql() {
  static const std::vector<std::string> kTexts = {
      "'; DROP TABLE crossing; --",
      "') ; DELETE FROM traveler; SELECT ('",
      "\" OR \"1\"=\"1",
      "1 OR 1=1 /* comment",
      "$$; DROP SCHEMA public CASCADE; $$",
      "$1",
      "\\'; DROP TABLE stay; --",
      "E'\\x27\\000'",
      "\\N",          // COPY's NULL
      "\\.",          // the end of its data
      "a\tb\n\\.\n",  // columns and rows
      "{\"x\",NULL}",
      std::string("SEA\0'; --", 9),
      "\xC0\xA7; DROP TABLE crossing",  // a quote in two bytes, which is no UTF-8
      "\xFF\xFE'",
      std::string(100'000, '\''),
  };
  return kTexts;
}

// The way to a text field: the fields to go through, the text last.
using Path = std::vector<const FieldDescriptor*>;

void CollectTexts(const Descriptor& type, Path& path, std::vector<Path>& paths) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    path.push_back(&field);
    if (field.type() == FieldDescriptor::TYPE_STRING) paths.push_back(path);
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      CollectTexts(*field.message_type(), path, paths);
    }
    path.pop_back();
  }
}

std::vector<Path> TextsOf(const Descriptor& type) {
  Path path;
  std::vector<Path> paths;
  CollectTexts(type, path, paths);
  return paths;
}

// Sets the text at the end of `path`, in the first of a repeated message.
void SetText(Message& message, const Path& path, const std::string& text) {
  Message* at = &message;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    const auto& reflection = *at->GetReflection();
    if (!path[i]->is_repeated()) {
      at = reflection.MutableMessage(at, path[i]);
    } else if (reflection.FieldSize(*at, path[i]) > 0) {
      at = reflection.MutableRepeatedMessage(at, path[i], 0);
    } else {
      at = reflection.AddMessage(at, path[i]);
    }
  }
  if (path.back()->is_repeated()) {
    at->GetReflection()->AddString(at, path.back(), text);
  } else {
    at->GetReflection()->SetString(at, path.back(), text);
  }
}

// Whether the request was done, and not merely answered.
bool IsDone(const ApiMethod& method, const RawAnswer& answer) {
  if (!answer.status.ok() || answer.responses.empty()) return false;
  if (method.path.ends_with("/RecordCrossings")) {
    v1::RecordCrossingsResponse response;
    return response.ParseFromString(answer.responses.front()) && !response.has_error();
  }
  if (method.path.ends_with("/ImportCrossings")) {
    v1::ImportCrossingsResponse response;
    return response.ParseFromString(answer.responses.front()) && response.results_size() == 1 &&
           response.results(0).outcome() == v1::IMPORT_OUTCOME_RECORDED;
  }
  return true;
}

bool IsMutation(const ApiMethod& method) {
  return method.request->FindFieldByName("request_id") != nullptr ||
         method.path.ends_with("/RecordCrossings") || method.path.ends_with("/ImportCrossings");
}

// Of what a traveler has one of: a second request like it is refused for that.
bool IsOnceOnly(const ApiMethod& method) {
  for (const char* const name : {"/CorrectCrossing", "/DecideCase", "/FileCorrectionRequest",
                                 "/MoveDocument", "/ReleaseLegalHold"}) {
    if (method.path.ends_with(name)) return true;
  }
  return false;
}

std::string Literal(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "''" : std::string(1, c);
  return quoted + "'";
}

// In how many fields of all tables this very text is stored.
int StoredTimes(World& world, const std::string& text) {
  return NumberOf(world, fmt::format(R"(
      SELECT coalesce(sum((xpath('/row/n/text()', query_to_xml(
               format('SELECT count(*) AS n FROM %I.%I WHERE %I = %L', table_schema, table_name,
                      column_name, {}), false, true, '')))[1]::text::int), 0)
      FROM information_schema.columns
      WHERE table_schema = 'public' AND data_type = 'text')",
                                     Literal(text)));
}

// A number that changes with any table, column, constraint, index, trigger, function, policy or
// privilege.
int SchemaPrint(World& world) {
  return NumberOf(world, R"(
      SELECT hashtext(string_agg(line, E'\n' ORDER BY line)) FROM (
        SELECT format('%s %s %s %s', table_name, column_name, data_type, is_nullable) AS line
        FROM information_schema.columns WHERE table_schema = 'public'
        UNION ALL SELECT pg_get_constraintdef(oid) FROM pg_constraint
        UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger
        UNION ALL SELECT format('%s %s', proname, prosrc) FROM pg_proc
                  WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT format('%s %s %s', relname, relacl, relrowsecurity) FROM pg_class
                  WHERE relnamespace = 'public'::regnamespace) AS lines)");
}

class Injection : public ::testing::Test {
 protected:
  Injection() { google::protobuf::SetLogHandler(nullptr); }  // It tells of each text of ours.

  World& world_ = World::Shared();
  SampleRequests samples_{world_};
};

TEST_F(Injection, TestHasARequestForEveryMethodThatIsDone) {
  for (const ApiMethod& method : samples_.methods()) {
    samples_.Renew();
    const RawAnswer answer = samples_.Call(method, {samples_.Make(method)->SerializeAsString()});
    const bool done =
        IsDone(method, answer) || (method.is_endless() && !answer.responses.empty()) ||
        answer.responses.size() == SampleRequests::kMostResponses || answer.status.ok();
    EXPECT_TRUE(done) << method.path << ": " << answer.status.error_code() << " " << answer.reason
                      << " " << answer.status.error_message();
    if (IsMutation(method)) {
      EXPECT_TRUE(IsDone(method, answer)) << method.path;
    }
  }
}

TEST_F(Injection, ThroughAnyTextFieldDoesNothing) {
  const int schema = SchemaPrint(world_);
  int sent = 0;
  int stored = 0;
  for (const ApiMethod& method : samples_.methods()) {
    samples_.Renew();
    for (const Path& path : TextsOf(*method.request)) {
      for (const std::string& hostile : HostileSql()) {
        const std::string text = fmt::format("{} {}", hostile, ++sent);
        const auto request = samples_.Make(method);
        SetText(*request, path, text);
        const int rows = RowsIn(world_);
        const RawAnswer answer = samples_.Call(method, {request->SerializePartialAsString()});
        const std::string what =
            fmt::format("{} in {} of {}", sent, path.back()->full_name(), method.path);
        EXPECT_NE(answer.status.error_code(), grpc::StatusCode::INTERNAL) << what;
        EXPECT_NE(answer.status.error_code(), grpc::StatusCode::UNKNOWN) << what;
        EXPECT_NE(answer.status.error_code(), grpc::StatusCode::DATA_LOSS) << what;
        EXPECT_NE(answer.status.error_code(), grpc::StatusCode::UNAVAILABLE) << what;
        if (!IsMutation(method)) continue;
        if (IsDone(method, answer)) {
          EXPECT_GE(StoredTimes(world_, text), 1) << what;
          ++stored;
          if (IsOnceOnly(method)) samples_.Renew();
        } else {
          EXPECT_EQ(RowsIn(world_), rows) << what << ": refused, and stored in part";
        }
      }
    }
  }
  EXPECT_EQ(SchemaPrint(world_), schema);
  // The test would show nothing if all were refused before the database.
  EXPECT_GT(stored, 50) << "of " << sent;
  RecordProperty("sent", sent);
  RecordProperty("stored", stored);
}

}  // namespace
}  // namespace entryexit::testing
