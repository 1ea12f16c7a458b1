#include "cli/graph.h"

#include <nlohmann/json.hpp>
#include <set>

namespace faasbatch::cli {
namespace {

using workflow::BlockIndex;
using workflow::Node;
using workflow::NodeKind;
using workflow::Plan;

// Higher is worse, so that one failed item colours the whole step.
int severity(std::string_view status) {
  static const std::map<std::string_view, int> kOrder{{"Skipped", 0}, {"Succeeded", 1}, {"Pending", 2},
                                                      {"Running", 3}, {"Cancelled", 4}, {"TimedOut", 5},
                                                      {"Failed", 6}};
  const auto found = kOrder.find(status);
  return found == kOrder.end() ? 2 : found->second;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"') {
      out += "#quot;";
    } else {
      out += c;
    }
  }
  return out;
}

class Drawing {
 public:
  Drawing(const Plan& plan, const Outcomes* outcomes) : plan_(plan), outcomes_(outcomes) {}

  std::string draw() {
    out_ = "flowchart TD\n";
    block(0, 1);
    for (const Node& node : plan_.nodes) {
      for (const auto next : node.successors)
        out_ += "  n" + std::to_string(node.index) + " --> n" + std::to_string(next) + "\n";
    }
    if (outcomes_) colours();
    return out_;
  }

 private:
  void line(int depth, const std::string& text) {
    out_ += std::string(static_cast<std::size_t>(depth) * 2, ' ') + text + "\n";
  }

  void block(BlockIndex index, int depth) {
    for (const auto node : plan_.blocks[index].nodes) step(plan_.nodes[node], depth);
  }

  void subgraph(const std::string& id, const std::string& title, BlockIndex index, int depth) {
    line(depth, "subgraph " + id + "[\"" + escaped(title) + "\"]");
    block(index, depth + 1);
    line(depth, "end");
  }

  void step(const Node& node, int depth) {
    const std::string id = "n" + std::to_string(node.index);
    std::string title = node.name;
    if (node.foreach) title += " (each)";
    if (node.repeat) title += " (repeat)";
    switch (node.kind) {
      case NodeKind::kGroup:
        subgraph(id, title, node.body, depth);
        break;
      case NodeKind::kSwitch:
        line(depth, "subgraph " + id + "[\"" + escaped(title) + "?\"]");
        for (std::size_t i = 0; i < node.arms.size(); ++i) {
          const std::string arm = node.arms[i].when ? "case " + std::to_string(i + 1) : "default";
          subgraph(id + "a" + std::to_string(i), arm, node.arms[i].block, depth + 1);
        }
        line(depth, "end");
        break;
      case NodeKind::kFunction:
        line(depth, id + "[\"" + escaped(title) + "\"]");
        break;
      case NodeKind::kWorkflow:
        line(depth, id + "[[\"" + escaped(title + ": " + node.workflow) + "\"]]");
        break;
      case NodeKind::kWait:
        line(depth, id + "([\"" + escaped(title) + "\"])");
        break;
      case NodeKind::kFail:
        line(depth, id + "{{\"" + escaped(title) + "\"}}");
        break;
    }
    for (std::size_t i = 0; i < node.catches.size(); ++i) {
      const std::string arm = id + "c" + std::to_string(i);
      subgraph(arm, "catch", node.catches[i].block, depth);
      line(depth, id + " -. error .-> " + arm);
    }
  }

  void colours() {
    static const std::map<std::string_view, std::string_view> kStyles{
        {"Succeeded", "fill:#c8e6c9,stroke:#2e7d32"}, {"Failed", "fill:#ffcdd2,stroke:#c62828"},
        {"TimedOut", "fill:#ffe0b2,stroke:#ef6c00"},  {"Cancelled", "fill:#e0e0e0,stroke:#616161"},
        {"Skipped", "fill:#f5f5f5,stroke:#9e9e9e"},   {"Running", "fill:#bbdefb,stroke:#1565c0"},
        {"Pending", "fill:#ffffff,stroke:#9e9e9e"}};
    std::set<std::string> used;
    for (const Node& node : plan_.nodes) {
      const auto found = outcomes_->find(node.name);
      if (found == outcomes_->end() || !kStyles.contains(found->second)) continue;
      used.insert(found->second);
      out_ += "  class n" + std::to_string(node.index) + " " + found->second + "\n";
    }
    for (const std::string& name : used)
      out_ += "  classDef " + name + " " + std::string(kStyles.at(name)) + "\n";
  }

  const Plan& plan_;
  const Outcomes* outcomes_;
  std::string out_;
};

}  // namespace

Outcomes outcomesOf(std::string_view record) {
  Outcomes outcomes;
  const auto json = nlohmann::json::parse(record, nullptr, false);
  if (!json.is_object() || !json.contains("steps") || !json["steps"].is_array()) return outcomes;
  for (const auto& step : json["steps"]) {
    const std::string name = step.value("name", "");
    const std::string status = step.value("status", "");
    const auto [found, isNew] = outcomes.emplace(name, status);
    if (!isNew && severity(status) > severity(found->second)) found->second = status;
  }
  return outcomes;
}

std::string drawGraph(const Plan& plan, const Outcomes* outcomes) { return Drawing(plan, outcomes).draw(); }

}  // namespace faasbatch::cli
