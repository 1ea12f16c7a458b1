#include "cli/resource.h"

#include <algorithm>
#include <array>
#include <optional>

namespace faasbatch::cli {
namespace {

std::optional<ResourceKind> kindOf(std::string_view text) {
  constexpr std::array<std::string_view, 8> kWorkflows{"workflows",
                                                       "workflow",
                                                       "fwf",
                                                       "functionworkflows",
                                                       "functionworkflow",
                                                       "functionworkflows.faasbatch.io",
                                                       "functionworkflow.faasbatch.io",
                                                       "fwf.faasbatch.io"};
  if (std::ranges::find(kWorkflows, text) != kWorkflows.end()) return ResourceKind::kWorkflows;
  if (text == "invocations" || text == "invocation") return ResourceKind::kInvocations;
  return std::nullopt;
}

}  // namespace

base::Result<ResourceName> parseResource(std::string_view text) {
  const auto slash = text.find('/');
  const auto kind = kindOf(text.substr(0, slash));
  if (!kind) {
    return base::fail("Usage", "unknown resource \"" + std::string(text.substr(0, slash)) +
                                   "\": there are workflows (fwf) and invocations");
  }
  return ResourceName{*kind, slash == text.npos ? "" : std::string(text.substr(slash + 1))};
}

std::string_view bareName(std::string_view text) {
  const auto slash = text.find('/');
  return slash != text.npos && kindOf(text.substr(0, slash)) ? text.substr(slash + 1) : text;
}

}  // namespace faasbatch::cli
