// Keeps one NetworkPolicy in every namespace that has workflows. Exists while this operator leads.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "lib/kube/client.h"

namespace faasbatch::controllers {

// A namespace whose last workflow has gone keeps its policy for so long: its pods end meanwhile.
inline constexpr base::Duration kPolicyKeptFor = std::chrono::minutes(1);
inline constexpr std::size_t kPoliciesAtOnce = 4;

// Loop thread only; `client` must outlive it. Somebody else's change of a policy is put right at once, what
// fails is tried again with backoff.
class PolicyKeeper {
 public:
  // `spec` as policySpec() gives it.
  static std::unique_ptr<PolicyKeeper> start(base::Loop& loop, kube::Client& client, std::string spec);
  virtual ~PolicyKeeper() = default;
  // All namespaces that have workflows. Nothing is written before the first call.
  virtual void setNamespaces(std::set<std::string> namespaces) = 0;
};

}  // namespace faasbatch::controllers
