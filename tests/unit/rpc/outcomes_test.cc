#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/unit/rpc/services.h"

// An outcome is the machine's: no client sends one, nor what one is made of.
namespace entryexit::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;

// The names of all messages and enums that the fields of `message` hold, at whatever depth.
void AddTypesWithin(const Descriptor& message, std::set<std::string>& types) {
  if (!types.insert(message.full_name()).second) return;
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    if (field.enum_type() != nullptr) types.insert(field.enum_type()->full_name());
    if (field.message_type() != nullptr) AddTypesWithin(*field.message_type(), types);
  }
}

struct TypesOfTheApi {
  std::set<std::string> requests;
  std::set<std::string> responses;
};

TypesOfTheApi TypesOfAllMethods() {
  TypesOfTheApi types;
  for (const MethodDescriptor* const method : Methods()) {
    AddTypesWithin(*method->input_type(), types.requests);
    AddTypesWithin(*method->output_type(), types.responses);
  }
  return types;
}

TEST(Outcomes, NoRequestHoldsOneNorAnythingThatOneIsMadeOf) {
  const TypesOfTheApi types = TypesOfAllMethods();
  for (const char* const type :
       {"entryexit.v1.Outcome", "entryexit.v1.Comparison", "entryexit.v1.Thresholds",
        "entryexit.v1.ReferenceDistance", "entryexit.v1.Model", "entryexit.v1.FmrBound"}) {
    EXPECT_TRUE(types.responses.contains(type)) << type << " is what the walk must be able to find";
    EXPECT_FALSE(types.requests.contains(type)) << type;
  }
}

// Numbers could hold the same: a distance, a rate, a threshold.
TEST(Outcomes, NoRequestHoldsAFraction) {
  const std::set<std::string> requests = TypesOfAllMethods().requests;
  for (const std::string& name : requests) {
    const Descriptor* const message = DescriptorPool::generated_pool()->FindMessageTypeByName(name);
    if (message == nullptr) continue;  // an enum
    for (int i = 0; i < message->field_count(); ++i) {
      const auto type = message->field(i)->cpp_type();
      EXPECT_NE(type, FieldDescriptor::CPPTYPE_DOUBLE) << message->field(i)->full_name();
      EXPECT_NE(type, FieldDescriptor::CPPTYPE_FLOAT) << message->field(i)->full_name();
    }
  }
}

}  // namespace
}  // namespace entryexit::rpc
