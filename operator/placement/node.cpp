#include "operator/placement/node.h"

#include <algorithm>
#include <array>
#include <map>

namespace faasbatch::placement {
namespace {

constexpr std::int64_t kMilli = 1000;
constexpr double kMebibyte = 1 << 20;

bool hasLabel(const NodeFacts& node, const std::pair<std::string, std::string>& label) {
  return std::ranges::find(node.labels, label) != node.labels.end();
}

bool tolerates(const FunctionDemand& function, const Taint& taint) {
  return std::ranges::any_of(function.tolerations, [&](const Toleration& toleration) {
    return (toleration.effect.empty() || toleration.effect == taint.effect) &&
           (toleration.key.empty() || toleration.key == taint.key) &&
           (toleration.exists || toleration.value == taint.value);
  });
}

bool bars(const Taint& taint, const FunctionDemand& function, bool present) {
  if (taint.effect == "PreferNoSchedule" || (present && taint.effect == "NoSchedule")) return false;
  return !tolerates(function, taint);
}

std::string taintText(const Taint& taint) {
  return taint.key + (taint.value.empty() ? "" : "=" + taint.value) + ":" + taint.effect;
}

std::string cpuText(std::int64_t milli) {
  return milli % kMilli == 0 ? std::to_string(milli / kMilli) : std::to_string(milli) + "m";
}

std::string memoryText(std::int64_t bytes) {
  std::string text = std::to_string(static_cast<double>(bytes) / kMebibyte);
  return text.substr(0, text.find('.')) + "Mi";
}

// The first label of the selector that the nodes lack one by one, or all together.
std::string selectorText(std::span<const NodeFacts> nodes, const FunctionDemand& function) {
  for (const auto& label : function.nodeSelector) {
    if (std::ranges::none_of(nodes, [&](const NodeFacts& node) { return hasLabel(node, label); })) {
      return "no node has the label " + label.first + "=" + label.second + " that its nodeSelector asks for";
    }
  }
  return "no node has all the labels that its nodeSelector asks for";
}

std::string taintsText(std::span<const NodeFacts* const> nodes, const FunctionDemand& function) {
  std::string text;
  for (const NodeFacts* node : nodes) {
    for (const Taint& taint : node->taints) {
      if (!bars(taint, function, false) || text.contains(taintText(taint))) continue;
      text += (text.empty() ? "" : ", ") + taintText(taint);
    }
  }
  return "it does not tolerate the taints of the nodes that it could run on: " + text;
}

template <class Field>
std::int64_t largest(std::span<const NodeFacts* const> nodes, Field field) {
  std::int64_t most = 0;
  for (const NodeFacts* node : nodes) most = std::max(most, (*node).*field);
  return most;
}

}  // namespace

Refusal refuses(const NodeFacts& node, const FunctionDemand& function, bool present) {
  for (const auto& label : function.nodeSelector) {
    if (!hasLabel(node, label)) return Refusal::kSelector;
  }
  for (const Taint& taint : node.taints) {
    if (bars(taint, function, present)) return Refusal::kTaint;
  }
  if (node.cpuMilli != 0 && function.cpuMilli > node.cpuMilli) return Refusal::kCpu;
  if (node.memoryBytes != 0 && function.memoryBytes > node.memoryBytes) return Refusal::kMemory;
  return Refusal::kNone;
}

std::string whyNowhere(std::span<const NodeFacts> nodes, const FunctionDemand& function) {
  // The later a node refuses, the more it has of what the function asks for: that is what to mend.
  std::map<Refusal, std::vector<const NodeFacts*>> refusing;
  for (const NodeFacts& node : nodes) {
    const Refusal refusal = refuses(node, function, false);
    if (refusal == Refusal::kNone) return {};
    refusing[refusal].push_back(&node);
  }
  const auto nearest = refusing.rbegin();
  std::string text = "function \"" + function.name + "\": ";
  if (nearest == refusing.rend()) return text + "there is no node";
  switch (nearest->first) {
    case Refusal::kNone:
    case Refusal::kSelector:
      return text + selectorText(nodes, function);
    case Refusal::kTaint:
      return text + taintsText(nearest->second, function);
    case Refusal::kCpu:
      return text + "a pod asks for " + cpuText(function.cpuMilli) +
             " CPU, and the largest node that it could run on has " +
             cpuText(largest(nearest->second, &NodeFacts::cpuMilli));
    case Refusal::kMemory:
      return text + "a pod asks for " + memoryText(function.memoryBytes) +
             " of memory, and the largest node that it could run on has " +
             memoryText(largest(nearest->second, &NodeFacts::memoryBytes));
  }
  return text;
}

}  // namespace faasbatch::placement
