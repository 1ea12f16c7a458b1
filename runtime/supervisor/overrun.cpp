#include "runtime/supervisor/overrun.h"

namespace faasbatch::supervisor {

Overrun judgeOverrun(const OverrunFacts& facts) {
  if (facts.ownProcess || facts.living <= 1) return Overrun::kTimeout;
  if (facts.heldUpBy == facts.call) return Overrun::kTimeoutOfAll;
  if (facts.heldUpBy == 0U) return Overrun::kHandBackAll;
  if (facts.heldUpBy) return Overrun::kHandBack;
  if (!facts.answers) return Overrun::kAsk;
  return *facts.answers ? Overrun::kTimeout : Overrun::kHandBackAll;
}

}  // namespace faasbatch::supervisor
