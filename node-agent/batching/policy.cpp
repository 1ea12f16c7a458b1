#include "node-agent/batching/policy.h"

namespace faasbatch::batching {

Policy policyOf(workflow::BatchPolicy policy) {
  switch (policy) {
    case workflow::BatchPolicy::kAdaptive:
      return adaptive;
    case workflow::BatchPolicy::kFixedWindow:
      return fixedWindow;
    case workflow::BatchPolicy::kKraken:
      return kraken;
    case workflow::BatchPolicy::kNone:
    case workflow::BatchPolicy::kSfs:
    case workflow::BatchPolicy::kUnbatched:
      return none;
  }
  return adaptive;
}

}  // namespace faasbatch::batching
