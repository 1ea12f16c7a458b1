#include "node-agent/runs/served_plan.h"

#include <algorithm>
#include <memory>

#include "lib/crypto/digest.h"
#include "lib/json/check.h"
#include "lib/json/path.h"

namespace faasbatch::runs {
namespace {

// Of the text that the function's ConfigMap held; empty: none is known.
std::string digestOf(const workflow::Source& source, const std::vector<cluster::SourceDigest>& sources) {
  if (source.kind != workflow::Source::Kind::kConfigMap) return {};
  const auto found = std::ranges::find_if(
      sources, [&source](const auto& one) { return one.name == source.text && one.key == source.key; });
  return found == sources.end() ? "" : found->sha256;
}

}  // namespace

workflow::PlanPtr withSources(const workflow::PlanPtr& plan,
                              const std::vector<cluster::SourceDigest>& sources) {
  std::string all = plan->digest;
  auto served = std::make_shared<workflow::Plan>(*plan);
  for (workflow::FunctionSpec& function : served->functions) {
    const std::string digest = digestOf(function.source, sources);
    if (digest.empty()) continue;
    function.source.sha256 = digest;
    function.digest = crypto::sha256Hex(function.digest + "\n" + digest);
    all.append("\n").append(digest);
  }
  if (all == plan->digest) return plan;
  served->digest = crypto::sha256Hex(all);
  return served;
}

std::expected<workflow::Compiled, std::vector<workflow::Fault>> compileServed(std::string_view object,
                                                                              std::string_view nameSpace) {
  auto compiled = workflow::compile(object, nameSpace);
  if (!compiled || !json::check(object)) return compiled;  // YAML has no status of the cluster
  const auto status = json::at(object, {"status"});
  if (!status) return compiled;
  const auto sources = cluster::readSources(*status);
  if (!sources) {
    return std::unexpected(std::vector<workflow::Fault>{{"status.sources", sources.error().message}});
  }
  if (sources->empty()) return compiled;
  compiled->plan = withSources(compiled->plan, *sources);
  compiled->object.pop_back();  // the last brace
  compiled->object.append(R"(,"status":{"sources":)").append(cluster::sourcesJson(*sources)).append("}}");
  return compiled;
}

}  // namespace faasbatch::runs
