#include "operator/controllers/functionworkflow/status.h"

#include <algorithm>

#include "lib/cluster/reader.h"
#include "lib/json/path.h"
#include "lib/json/write.h"

namespace faasbatch::controllers {
namespace {

constexpr std::size_t kMaxConditions = 16;

void appendCondition(std::string& out, const Condition& condition) {
  json::Object(out)
      .text("type", condition.type)
      .text("status", condition.status)
      .number("observedGeneration", condition.observedGeneration)
      .text("lastTransitionTime", condition.lastTransitionTime)
      .text("reason", condition.reason)
      .text("message", condition.message)
      .end();
}

void writePlacement(json::Object& out, const std::optional<cluster::Placement>& placement) {
  if (!placement) {
    out.null("placementGeneration").null("placement").null("replicas");
    return;
  }
  out.number("placementGeneration", placement->generation)
      .raw("placement", cluster::placementJson(*placement))
      .raw("replicas", cluster::replicasJson(*placement));
}

}  // namespace

const Condition* Status::find(std::string_view type) const {
  const auto found = std::ranges::find(conditions, type, &Condition::type);
  return found == conditions.end() ? nullptr : &*found;
}

bool Status::is(std::string_view type) const {
  const Condition* condition = find(type);
  return condition != nullptr && condition->status == "True";
}

Status readStatus(std::string_view object) {
  Status status;
  const auto text = json::at(object, {"status"});
  if (!text) return status;
  cluster::Reader reader(*text, "status");
  reader.number("observedGeneration", status.observedGeneration)
      .text("reason", status.reason)
      .number("steps", status.steps)
      .number("active", status.active)
      .text("p95", status.p95)
      .number("nodes", status.nodes)
      .texts("criticalPath", cluster::kMaxPlacedSteps, status.criticalPath)
      .list("conditions", kMaxConditions, [&](cluster::Reader& item) {
        Condition& condition = status.conditions.emplace_back();
        item.text("type", condition.type)
            .text("status", condition.status)
            .text("reason", condition.reason)
            .text("message", condition.message)
            .number("observedGeneration", condition.observedGeneration)
            .text("lastTransitionTime", condition.lastTransitionTime);
      });
  if (!reader.fault().empty()) status = {};
  if (auto sources = cluster::readSources(*text)) status.sources = std::move(*sources);
  if (auto placement = cluster::readPlacement(*text)) status.placement = std::move(*placement);
  return status;
}

std::size_t fingerprint(const Status& status) {
  return std::hash<std::string>()(statusPatch({}, status, ""));
}

std::string statusPatch(const Status& before, const Status& after, std::string_view resourceVersion) {
  if (before == after) return {};
  std::string patch;
  json::Object object(patch);
  json::Object metadata(object.key("metadata"));
  metadata.text("resourceVersion", resourceVersion);
  metadata.end();
  json::Object out(object.key("status"));
  const auto number = [&](std::string_view key, auto field) {
    if (before.*field != after.*field) out.number(key, after.*field);
  };
  number("observedGeneration", &Status::observedGeneration);
  if (before.conditions != after.conditions)
    json::appendList(out.key("conditions"), after.conditions, appendCondition);
  if (before.reason != after.reason) out.text("reason", after.reason);
  number("steps", &Status::steps);
  number("active", &Status::active);
  if (before.p95 != after.p95) out.text("p95", after.p95);
  number("nodes", &Status::nodes);
  if (before.placement != after.placement) writePlacement(out, after.placement);
  if (before.criticalPath != after.criticalPath)
    json::appendTexts(out.key("criticalPath"), after.criticalPath);
  if (before.sources != after.sources) out.raw("sources", cluster::sourcesJson(after.sources));
  out.end();
  object.end();
  return patch;
}

}  // namespace faasbatch::controllers
