#include "operator/testing/serving_agents.h"

#include <algorithm>

#include "lib/cluster/placement.h"
#include "lib/json/path.h"

namespace faasbatch::operators::testing {

ServingAgents::ServingAgents(kube::ClientThread::MakeAccess access, std::vector<FakeAgent*> agents)
    : agents_(std::move(agents)), thread_(kube::ClientThread::start(std::move(access)).value()) {
  thread_->run([this](kube::Client& client) {
    workflows_ = kube::Informer::start(
        thread_->loop(), client, {.resource = kube::kFunctionWorkflows},
        {.onAdded = [this](const kube::Object& workflow) { serve(workflow); },
         .onUpdated = [this](const kube::Object&, const kube::Object& workflow) { serve(workflow); },
         .onDeleted = nullptr,
         .onSynced = nullptr});
  });
}

ServingAgents::~ServingAgents() {
  thread_->run([this](kube::Client&) { workflows_.reset(); });
}

void ServingAgents::serve(const kube::Object& workflow) const {
  const auto placement = cluster::readPlacement(json::at(workflow.json, {"status"}).value_or("{}"));
  if (!placement) return;
  const cluster::WorkflowReport report{.nameSpace = workflow.key.nameSpace,
                                       .name = workflow.key.name,
                                       .uid = workflow.uid,
                                       .generation = placement->generation,
                                       .placementDigest = placement->digest()};
  for (FakeAgent* agent : agents_) {
    const bool here = std::ranges::any_of(placement->replicas, [&](const cluster::Replica& replica) {
      return std::ranges::find(replica.nodes, agent->node()) != replica.nodes.end();
    });
    if (here) agent->serve(report);
  }
}

}  // namespace faasbatch::operators::testing
