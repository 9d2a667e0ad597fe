#include "entryexit/core/erasure_receipt.h"

#include <algorithm>

namespace entryexit::core {

std::string CanonicalText(const ErasureReceipt& receipt) {
  std::string text = "entryexit erasure receipt 1\n";
  text += "number " + std::to_string(receipt.number) + '\n';
  text += "run " + receipt.run_id + '\n';
  text += "at " + std::to_string(receipt.at.time_since_epoch().count()) + '\n';
  text += "policy " + receipt.policy_digest + '\n';
  text += "principal " + receipt.principal + '\n';
  for (const ErasureCount& count : receipt.counts) {
    text += std::string("erased ") + NameOf(count.kind) + ' ' + count.rule_id + ' ' +
            std::to_string(count.count) + '\n';
  }
  text += "items " + receipt.items_digest + '\n';
  text += "previous " + receipt.previous_digest + '\n';
  return text;
}

std::string CanonicalText(const std::vector<ErasedItem>& items) {
  std::vector<std::string> lines;
  lines.reserve(items.size());
  for (const ErasedItem& item : items) {
    std::string line = std::string(NameOf(item.kind)) + ' ' + item.traveler_id.value();
    if (!item.subject_id.empty()) line += ' ' + item.subject_id;
    lines.push_back(line + '\n');
  }
  std::ranges::sort(lines);
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

}  // namespace entryexit::core
