#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>

#include "tests/unit/rpc/services.h"

namespace entryexit::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using Predicate = std::function<bool(const FieldDescriptor&)>;

bool Holds(const Descriptor& message, const Predicate& is_wanted,
           std::set<const Descriptor*>& seen) {
  if (!seen.insert(&message).second) return false;
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    if (is_wanted(field)) return true;
    if (field.type() == FieldDescriptor::TYPE_MESSAGE &&
        Holds(*field.message_type(), is_wanted, seen)) {
      return true;
    }
  }
  return false;
}

// The methods whose answers hold such a field, however deep.
std::set<std::string> MethodsThatAnswerWith(const Predicate& is_wanted) {
  std::set<std::string> methods;
  for (const google::protobuf::MethodDescriptor* method : Methods()) {
    std::set<const Descriptor*> seen;
    if (Holds(*method->output_type(), is_wanted, seen)) methods.insert(method->name());
  }
  return methods;
}

TEST(LeastData, PicturesComeOneAMessageAndOnlyFromTheMethodsMadeForThem) {
  const std::set<std::string> methods = MethodsThatAnswerWith(
      [](const FieldDescriptor& field) { return field.type() == FieldDescriptor::TYPE_BYTES; });
  EXPECT_EQ(methods, (std::set<std::string>{"ExportTraveler", "GetCapture"}));
}

TEST(LeastData, DocumentsComeOnlyFromTheMethodsMadeForThem) {
  const std::set<std::string> methods = MethodsThatAnswerWith([](const FieldDescriptor& field) {
    return field.type() == FieldDescriptor::TYPE_MESSAGE &&
           (field.message_type()->name() == "TravelDocument" ||
            field.message_type()->name() == "DocumentKey");
  });
  EXPECT_EQ(methods, (std::set<std::string>{"ExportTraveler", "GetTraveler"}));
}

TEST(LeastData, EmbeddingsComeFromNowhere) {
  const std::set<std::string> methods = MethodsThatAnswerWith([](const FieldDescriptor& field) {
    return field.is_repeated() && (field.type() == FieldDescriptor::TYPE_FLOAT ||
                                   field.type() == FieldDescriptor::TYPE_DOUBLE);
  });
  EXPECT_EQ(methods, std::set<std::string>{});
}

}  // namespace
}  // namespace entryexit::rpc
