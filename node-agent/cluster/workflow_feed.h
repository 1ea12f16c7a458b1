// FunctionWorkflows as they come from the API server, compiled where that is of use, on the client's thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "lib/kube/client_thread.h"
#include "node-agent/cluster/workflow_object.h"
#include "node-agent/runs/served_plan.h"

namespace faasbatch::clusterview {

inline constexpr std::size_t kMaxListed = 5'000;
inline constexpr std::size_t kMaxWorkflowObjects = 50'000;  // further ones are not seen

// What there is to say of a workflow.
struct WorkflowNews {
  WorkflowObject object;
  // Its spec, compiled: given where a step of it is placed on this node and the spec, its sources or the
  // placement's generation is another than the last time; and where it was asked for.
  std::shared_ptr<workflow::Compiled> compiled;
  std::string failure;  // why it was to be compiled and could not be
};

// On the owner's loop, callbacks too, and none after the end of this. An object's news come in order.
class WorkflowFeed {
 public:
  struct Handlers {
    std::function<void(WorkflowNews news)> onNews;
    std::function<void(const kube::ObjectKey& key, const std::string& uid)> onDeleted;
    std::function<void()> onSynced;  // once
  };
  static std::unique_ptr<WorkflowFeed> start(base::Loop& loop, kube::ClientThread& thread, std::string node,
                                             Handlers handlers);
  virtual ~WorkflowFeed() = default;

  // Asks the API server for the object, or for all of a namespace (`key.name` empty; kMaxListed at most), and
  // gives its JSON on, without managedFields.
  virtual void read(const kube::ObjectKey& key,
                    std::move_only_function<void(kube::Result<std::string>)> done) = 0;

  // Asks the API server for one, and compiles it where its spec is what was placed.
  virtual void fetch(const kube::ObjectKey& key,
                     std::move_only_function<void(kube::Result<WorkflowNews>)> done) = 0;
};

}  // namespace faasbatch::clusterview
