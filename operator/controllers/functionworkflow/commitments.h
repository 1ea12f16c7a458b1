// What all placed workflows may come to need of each node.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "lib/kube/resource.h"

namespace faasbatch::controllers {

class Commitments {
 public:
  using Scale = std::map<std::string, std::uint32_t>;  // by node

  void set(const kube::ObjectKey& workflow, Scale scale);
  void remove(const kube::ObjectKey& workflow) { set(workflow, {}); }
  // On the node, by all workflows but that one.
  std::uint32_t ofOthers(const std::string& node, const kube::ObjectKey& workflow) const;

 private:
  std::map<kube::ObjectKey, Scale> workflows_;
  std::map<std::string, std::uint64_t> sums_;
};

}  // namespace faasbatch::controllers
