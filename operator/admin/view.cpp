#include "operator/admin/view.h"

#include <map>
#include <utility>
#include <vector>

#include "lib/json/write.h"
#include "operator/controllers/functionworkflow/status.h"

namespace faasbatch::admin {
namespace {

using controllers::WorkflowView;

// Writes {"items": [...]}.
class Items {
 public:
  Items() : out_("{\"items\":[") {}
  json::Object add() {
    if (out_.back() != '[') out_ += ',';
    return json::Object(out_);
  }
  std::string end() && {
    out_ += "]}\n";
    return std::move(out_);
  }

 private:
  std::string out_;
};

controllers::Status statusOf(const WorkflowView& workflow) {
  return controllers::readStatus("{\"status\":" + workflow.status + "}");
}

struct Placed {
  kube::ObjectKey workflow;
  std::size_t replica = 0;
  std::vector<std::string> steps;
};

// By node, what each replica of each workflow has there.
std::map<std::string, std::vector<Placed>> placedByNode(const View& view) {
  std::map<std::string, std::vector<Placed>> nodes;
  view.forEachWorkflow([&](const WorkflowView& workflow) {
    const controllers::Status status = statusOf(workflow);
    if (!status.placement) return;
    const cluster::Placement& placement = *status.placement;
    for (std::size_t r = 0; r < placement.replicas.size(); ++r) {
      std::map<std::string, std::vector<std::string>> steps;
      for (std::size_t i = 0; i < placement.steps.size(); ++i)
        steps[placement.node(i, r)].push_back(placement.steps[i].step);
      for (auto& [node, names] : steps) nodes[node].push_back({workflow.key, r, std::move(names)});
    }
  });
  return nodes;
}

}  // namespace

std::string workflowsJson(const View& view) {
  Items items;
  view.forEachWorkflow([&](const WorkflowView& workflow) {
    const controllers::Status status = statusOf(workflow);
    const controllers::Condition* ready = status.find(controllers::kReady);
    json::Object item = items.add();
    item.text("namespace", workflow.key.nameSpace)
        .text("name", workflow.key.name)
        .number("generation", workflow.generation)
        .text("ready", ready != nullptr ? ready->status : "Unknown")
        .text("reason", status.reason)
        .number("steps", status.steps)
        .number("active", status.active)
        .text("p95", status.p95)
        .number("nodes", status.nodes);
    item.end();
  });
  return std::move(items).end();
}

std::optional<std::string> workflowJson(const View& view, const kube::ObjectKey& key) {
  std::optional<std::string> found;
  view.forEachWorkflow([&](const WorkflowView& workflow) {
    if (workflow.key == key) found = workflow.status + "\n";
  });
  return found;
}

std::string placementJson(const View& view) {
  Items items;
  for (const auto& [node, placed] : placedByNode(view)) {
    json::Object item = items.add();
    item.text("node", node);
    json::appendList(item.key("workflows"), placed, [](std::string& out, const Placed& each) {
      json::Object workflow(out);
      workflow.text("namespace", each.workflow.nameSpace)
          .text("name", each.workflow.name)
          .number("replica", each.replica);
      json::appendTexts(workflow.key("steps"), each.steps);
      workflow.end();
    });
    item.end();
  }
  return std::move(items).end();
}

std::string nodesJson(const View& view) {
  Items items;
  for (const auto& [node, agent] : view.inventory.agents()) {
    json::Object item = items.add();
    item.text("node", node)
        .text("state", inventory::name(agent.state))
        .text("pod", agent.address.pod)
        .text("address", agent.address.ip)
        .text("version", agent.report.version)
        .text("incarnation", agent.report.incarnation)
        .number("pods", agent.report.pods)
        .number("maxPods", agent.report.maxPods)
        .boolean("draining", agent.report.draining)
        .boolean("journalHealthy", agent.report.journalHealthy)
        .text("failure", agent.failure);
    const auto silent = std::chrono::duration_cast<std::chrono::seconds>(view.now - agent.heardAt);
    if (agent.heardAt.ns != 0) item.number("silentForSeconds", silent.count());
    item.end();
  }
  return std::move(items).end();
}

}  // namespace faasbatch::admin
