#include "tests/fuzz/message_mutator.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace entryexit::fuzz {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr std::size_t kMany = 20'000;
constexpr std::size_t kLong = 1 << 20;

// The message and all that is set within it.
void CollectParts(Message& message, std::vector<Message*>& parts) {
  parts.push_back(&message);
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      CollectParts(*reflection.MutableMessage(&message, field), parts);
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      CollectParts(*reflection.MutableRepeatedMessage(&message, field, i), parts);
    }
  }
}

std::string Varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(0x80 | (value & 0x7F));
  return bytes + static_cast<char>(value);
}

std::string Tag(std::uint64_t number, unsigned wire_type) {
  return Varint(number << 3 | wire_type);
}

std::string Repeated(const std::string& text, std::size_t count) {
  std::string result;
  for (std::size_t i = 0; i < count; ++i) result += text;
  return result;
}

}  // namespace

std::size_t MessageMutator::Below(std::size_t count) { return random_() % count; }

std::string MessageMutator::RandomBytes(std::size_t max_size) {
  std::string bytes(Below(max_size + 1), '\0');
  for (char& byte : bytes) byte = static_cast<char>(random_());
  return bytes;
}

void MessageMutator::MutateFields(Message& message) {
  for (std::size_t left = 1 + Below(3); left > 0; --left) {
    std::vector<Message*> parts;
    CollectParts(message, parts);
    Message& part = *parts[Below(parts.size())];
    const auto count = static_cast<std::size_t>(part.GetDescriptor()->field_count());
    if (count == 0) continue;
    MutateField(part, *part.GetDescriptor()->field(static_cast<int>(Below(count))));
  }
}

void MessageMutator::MutateField(Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  if (Below(8) == 0) {
    reflection.ClearField(&message, &field);
  } else if (field.is_repeated()) {
    AddMany(message, field);
  } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    MutateFields(*reflection.MutableMessage(&message, &field));
  } else {
    SetScalar(message, field);
  }
}

void MessageMutator::AddMany(Message& message, const FieldDescriptor& field) {
  // The API repeats messages only.
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return;
  const Reflection& reflection = *message.GetReflection();
  const std::size_t count = Below(20) == 0 ? kMany : Below(4);
  for (std::size_t i = 0; i < count; ++i) reflection.AddMessage(&message, &field);
  if (reflection.FieldSize(message, &field) > 0 && Below(2) == 0) {
    MutateFields(*reflection.MutableRepeatedMessage(&message, &field, 0));
  }
}

void MessageMutator::SetScalar(Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  const std::int64_t number = HostileNumber();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      reflection.SetString(&message, &field, HostileText(reflection.GetString(message, &field)));
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      reflection.SetEnumValue(&message, &field,
                              static_cast<int>(Below(2) == 0 ? number : std::int64_t(Below(12))));
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      reflection.SetBool(&message, &field, number % 2 == 0);
      break;
    case FieldDescriptor::CPPTYPE_INT32:
      reflection.SetInt32(&message, &field, static_cast<std::int32_t>(number));
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      reflection.SetInt64(&message, &field, number);
      break;
    case FieldDescriptor::CPPTYPE_UINT32:
      reflection.SetUInt32(&message, &field, static_cast<std::uint32_t>(number));
      break;
    case FieldDescriptor::CPPTYPE_UINT64:
      reflection.SetUInt64(&message, &field, static_cast<std::uint64_t>(number));
      break;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      reflection.SetDouble(
          &message, &field,
          Below(2) == 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(number));
      break;
    case FieldDescriptor::CPPTYPE_FLOAT:
      reflection.SetFloat(&message, &field, std::numeric_limits<float>::infinity());
      break;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
}

std::int64_t MessageMutator::HostileNumber() {
  constexpr std::array<std::int64_t, 12> kNumbers = {
      0,
      1,
      -1,
      2,
      501,
      9999,
      std::numeric_limits<std::int32_t>::max(),
      std::numeric_limits<std::int32_t>::min(),
      std::numeric_limits<std::int64_t>::max(),
      std::numeric_limits<std::int64_t>::min(),
      253'402'300'800,  // seconds: the year 10000
      -62'135'596'801,  // before the year 1
  };
  if (Below(4) == 0) return static_cast<std::int64_t>(random_());
  return kNumbers[Below(kNumbers.size())];
}

std::string MessageMutator::HostileText(const std::string& current) {
  switch (Below(8)) {
    case 0:
      return "";
    case 1:
      return std::string("a\0b", 3);
    case 2:
      return std::string(Below(kLong), 'A');
    case 3:
      return "'; DROP TABLE crossing; --";
    case 4: {
      std::string text = RandomBytes(64);
      for (char& c : text) c = static_cast<char>(c & 0x7F);  // Else gRPC does not let it in.
      return text;
    }
    case 5:
      return current + current;
    case 6:
      return current.substr(0, Below(current.size() + 1));
    default: {
      std::string text = current.empty() ? "x" : current;
      text[Below(text.size())] = static_cast<char>(Below(128));
      return text;
    }
  }
}

std::string MessageMutator::MutateWire(std::string wire) {
  const std::size_t at = Below(wire.size() + 1);
  switch (Below(9)) {
    case 0:
      for (std::size_t left = 1 + Below(8); left > 0 && !wire.empty(); --left) {
        wire[Below(wire.size())] ^= static_cast<char>(1U << Below(8));
      }
      return wire;
    case 1:
      return wire.substr(0, at);
    case 2:
      return wire.substr(at);
    case 3:
      return wire + wire;
    case 4:
      return wire.insert(at, RandomBytes(16));
    case 5:  // an unknown field, and a great many of them
      return wire +
             Repeated(Tag(1000 + Below(1000), 0) + Varint(random_()), Below(10) == 0 ? kMany : 1);
    case 6:  // longer than the message
      return wire + Tag(1 + Below(10), 2) + Varint(random_() >> Below(64));
    case 7: {  // groups within groups
      const std::size_t depth = 1 + Below(500);
      return wire + Repeated(Tag(99, 3), depth) + Repeated(Tag(99, 4), depth);
    }
    default: {  // messages within messages
      std::string nested;
      for (std::size_t depth = Below(200); depth > 0; --depth) {
        nested = Tag(1 + Below(10), 2) + Varint(nested.size()) + nested;
      }
      return wire + nested;
    }
  }
}

}  // namespace entryexit::fuzz
