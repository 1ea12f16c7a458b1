#include "node-agent/cluster/workflow_object.h"

#include <algorithm>

#include "lib/cluster/sources.h"
#include "lib/json/members.h"
#include "lib/json/path.h"
#include "lib/json/write.h"

namespace faasbatch::clusterview {

WorkflowObject readWorkflow(const kube::Object& object) {
  WorkflowObject read{.key = object.key, .uid = object.uid, .generation = object.generation};
  const auto status = json::at(object.json, {"status"});
  if (!status) return read;
  auto placement = cluster::readPlacement(*status);
  if (placement) {
    read.placement = std::make_shared<const cluster::Placement>(std::move(*placement));
  } else if (placement.error().kind != "NotPlaced") {
    read.fault = placement.error().message;
  }
  if (const auto sources = cluster::readSources(*status)) {
    read.sources = cluster::sourcesJson(*sources);
  } else {
    read.fault = sources.error().message;
    read.placement = nullptr;
  }
  return read;
}

bool placedOn(const cluster::Placement& placement, std::string_view node) {
  return std::ranges::any_of(placement.replicas, [node](const cluster::Replica& replica) {
    return std::ranges::find(replica.nodes, node) != replica.nodes.end();
  });
}

std::string servedObject(const kube::Object& object, const WorkflowObject& read) {
  std::string out;
  json::Object served(out);
  for (const std::string_view member : {"apiVersion", "kind"}) {
    if (const auto value = json::at(object.json, {member})) served.raw(member, *value);
  }
  json::Object metadata(served.key("metadata"));
  metadata.text("name", read.key.name).text("namespace", read.key.nameSpace).text("uid", read.uid);
  metadata.number("generation", read.generation);
  for (const std::string_view member : {"labels", "annotations"}) {
    if (const auto value = json::at(object.json, {"metadata", member})) metadata.raw(member, *value);
  }
  metadata.end();
  if (const auto spec = json::at(object.json, {"spec"})) served.raw("spec", *spec);
  if (read.sources != "[]") json::Object(served.key("status")).raw("sources", read.sources).end();
  served.end();
  return out;
}

}  // namespace faasbatch::clusterview
