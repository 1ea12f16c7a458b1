// Whether the agents serve what is placed on them.
#pragma once

#include <map>
#include <string>

#include "lib/cluster/placement.h"
#include "operator/controllers/functionworkflow/figures.h"
#include "operator/inventory/inventory.h"

namespace faasbatch::controllers {

struct Serving {
  bool served = false;   // every node of one replica serves it
  bool failing = false;  // an agent says why it does not
  std::string missing;   // "w1: has not taken generation 3 up yet; w2: ...": of all replicas
};

// `uid` is the object's: an object of the same name that was deleted is another one.
Serving servingOf(const cluster::Placement& placement, const std::string& uid, const Reports& reports,
                  const std::map<std::string, inventory::Agent>& agents);

}  // namespace faasbatch::controllers
