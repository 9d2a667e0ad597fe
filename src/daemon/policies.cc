#include "daemon/policies.h"

#include <utility>

#include "entryexit/config/admission_policy.h"
#include "entryexit/config/purpose_policy.h"
#include "entryexit/config/retention_policy.h"
#include "entryexit/rpc/access.h"

namespace entryexit::daemon {

absl::StatusOr<Policies> LoadPolicies(const config::PolicyConfig& config) {
  auto admissions = config::LoadAdmissionPolicy(config.admission_policy);
  if (!admissions.ok()) return admissions.status();
  auto retention = config::LoadRetentionPolicy(config.retention_policy);
  if (!retention.ok()) return retention.status();
  auto purposes = config::LoadPurposePolicy(config.purpose_policy, rpc::CallsForAPurpose(),
                                            rpc::CallsOfListing());
  if (!purposes.ok()) return purposes.status();
  return Policies{*std::move(admissions), *std::move(retention), *std::move(purposes)};
}

}  // namespace entryexit::daemon
