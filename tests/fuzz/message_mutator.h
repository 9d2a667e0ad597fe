#ifndef ENTRYEXIT_TESTS_FUZZ_MESSAGE_MUTATOR_H_
#define ENTRYEXIT_TESTS_FUZZ_MESSAGE_MUTATOR_H_

#include <google/protobuf/message.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace entryexit::fuzz {

// Spoils messages, the same way for the same seed. Not thread-safe.
class MessageMutator {
 public:
  explicit MessageMutator(std::uint64_t seed) : random_(seed) {}

  // Gives some fields, of whatever depth, other values: hostile texts, extremes, numbers that no
  // enum has, very many of a repeated field, another member of a oneof, or none.
  void MutateFields(google::protobuf::Message& message);

  // Spoils a serialized message: flips bits, cuts, repeats, adds fields that there are not, lengths
  // that are not there and groups within groups.
  std::string MutateWire(std::string wire);

  std::string RandomBytes(std::size_t max_size);

  // 0 to `count` - 1.
  std::size_t Below(std::size_t count);

 private:
  void MutateField(google::protobuf::Message& message,
                   const google::protobuf::FieldDescriptor& field);
  void SetScalar(google::protobuf::Message& message,
                 const google::protobuf::FieldDescriptor& field);
  void AddMany(google::protobuf::Message& message, const google::protobuf::FieldDescriptor& field);
  std::string HostileText(const std::string& current);
  std::int64_t HostileNumber();

  std::mt19937_64 random_;
};

}  // namespace entryexit::fuzz

#endif  // ENTRYEXIT_TESTS_FUZZ_MESSAGE_MUTATOR_H_
