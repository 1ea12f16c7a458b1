// A node as placement sees it, and whether a function may run there.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "operator/placement/demand.h"

namespace faasbatch::placement {

struct Taint {
  std::string key;
  std::string value;
  std::string effect;  // NoSchedule, PreferNoSchedule, NoExecute
  friend bool operator==(const Taint&, const Taint&) = default;
};

// Only nodes that have an agent. `scale` is FaaSFlow's: how many function pods it takes.
struct NodeFacts {
  std::string name;
  std::vector<std::pair<std::string, std::string>> labels;
  std::vector<Taint> taints;
  std::int64_t cpuMilli = 0;     // allocatable; 0: unknown
  std::int64_t memoryBytes = 0;  // likewise
  std::uint32_t scale = 0;
  std::uint32_t used = 0;       // pods there now, of other workflows
  std::uint32_t committed = 0;  // scale that other workflows placed there may come to need
  bool leaving = false;         // cordoned: what is there goes where something else fits
  bool away = false;  // its agent may be back: what is there stays, nothing else goes there if it need not
};

// Why a function may not run on a node; kNone: it may. In the order in which a node is asked.
enum class Refusal : std::uint8_t { kNone, kSelector, kTaint, kCpu, kMemory };

// `present`: it runs there already, so that a taint NoSchedule does not move it.
Refusal refuses(const NodeFacts& node, const FunctionDemand& function, bool present);

// For people: which demand of the function no node meets, such as `function "resize": no node has the label
// disk=ssd that its nodeSelector asks for`. Empty where a node meets all.
std::string whyNowhere(std::span<const NodeFacts> nodes, const FunctionDemand& function);

}  // namespace faasbatch::placement
