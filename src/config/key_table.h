#ifndef ENTRYEXIT_SRC_CONFIG_KEY_TABLE_H_
#define ENTRYEXIT_SRC_CONFIG_KEY_TABLE_H_

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "entryexit/config/config.h"

// The one table of keys; private to the config module.
namespace entryexit::config {

struct Key {
  KeyInfo info;
  bool is_list;  // of scalars; else one scalar
  // Stores the value (the one, or the items of a list) in the Config; relative paths count from
  // `base`. False when the value is not allowed; the Config is unchanged then.
  std::function<bool(const std::vector<std::string>& values, const std::filesystem::path& base)>
      set;
};

// Every key but `ports`. The keys write to `config`, which must outlive them.
std::vector<Key> KeysOf(Config& config);

}  // namespace entryexit::config

#endif  // ENTRYEXIT_SRC_CONFIG_KEY_TABLE_H_
