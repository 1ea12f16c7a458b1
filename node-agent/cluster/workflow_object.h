// A FunctionWorkflow of the API server, as far as an agent needs it. Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lib/cluster/placement.h"
#include "lib/kube/object.h"

namespace faasbatch::clusterview {

struct WorkflowObject {
  kube::ObjectKey key;
  std::string uid;
  std::int64_t generation = 0;                          // of its spec
  std::shared_ptr<const cluster::Placement> placement;  // nullptr: not placed yet
  std::string sources = "[]";                           // status.sources as cluster::sourcesJson() writes it
  std::string fault;  // of a status that cannot be read; it is as if not there

  // Whether the spec is the one that was placed: that is what is served.
  bool specIsPlaced() const { return placement != nullptr && placement->generation == generation; }
};

WorkflowObject readWorkflow(const kube::Object& object);

// Whether a step of it runs on the node, in any replica.
bool placedOn(const cluster::Placement& placement, std::string_view node);

// What is compiled, stored and given back of the object: apiVersion, kind, name, namespace, uid, generation,
// labels, annotations, spec and the sources of the status; nothing that changes while it stays the same
// workflow.
std::string servedObject(const kube::Object& object, const WorkflowObject& read);

}  // namespace faasbatch::clusterview
