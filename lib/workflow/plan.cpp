#include "lib/workflow/plan.h"

namespace faasbatch::workflow {

std::optional<FunctionIndex> Plan::findFunction(std::string_view function) const {
  for (FunctionIndex i = 0; i < functions.size(); ++i) {
    if (functions[i].name == function) return i;
  }
  return std::nullopt;
}

}  // namespace faasbatch::workflow
