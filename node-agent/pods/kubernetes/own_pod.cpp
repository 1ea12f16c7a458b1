#include "node-agent/pods/kubernetes/own_pod.h"

#include <algorithm>
#include <initializer_list>

#include "lib/json/members.h"

namespace faasbatch::pods {
namespace {

bool isEmpty(std::string_view list) { return list == "[]" || list == "{}" || list == "null"; }

}  // namespace

std::string_view needsOwnPod(const workflow::FunctionSpec& spec) {
  if (spec.runtime == workflow::Runtime::kContainer || !spec.image.empty()) return "its image";
  if (std::ranges::any_of(spec.bindings, [](const auto& binding) { return !binding.secretName.empty(); }))
    return "a binding with a secretRef";
  const auto fields = json::members(spec.podJson);
  if (!fields) return {};
  struct Need {
    std::string_view key;
    std::string_view words;
  };
  for (const Need& need :
       {Need{"env", "env with valueFrom"}, Need{"envFrom", "envFrom"}, Need{"resources", "resources"}}) {
    const auto value = json::find(*fields, need.key);
    if (value && !isEmpty(*value)) return need.words;
  }
  return {};
}

}  // namespace faasbatch::pods
