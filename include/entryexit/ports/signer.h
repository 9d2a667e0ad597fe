#ifndef ENTRYEXIT_PORTS_SIGNER_H_
#define ENTRYEXIT_PORTS_SIGNER_H_

#include <string>
#include <string_view>

namespace entryexit::ports {

// Signs what others must be able to verify without the service. Thread-safe; does not block.
class Signer {
 public:
  virtual ~Signer() = default;

  // Names the key: the first 16 hex digits of the SHA-256 of its public half.
  virtual const std::string& key_id() const = 0;
  // Ed25519, 128 lower-case hex digits.
  virtual std::string Sign(std::string_view text) const = 0;
};

}  // namespace entryexit::ports

#endif  // ENTRYEXIT_PORTS_SIGNER_H_
