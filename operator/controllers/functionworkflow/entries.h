// What the controller knows of each workflow between two reconciles.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "lib/kube/object.h"
#include "operator/controllers/functionworkflow/analysis.h"
#include "operator/controllers/functionworkflow/commitments.h"
#include "operator/controllers/functionworkflow/contention.h"
#include "operator/controllers/functionworkflow/decide.h"

namespace faasbatch::controllers {

struct Entry {
  std::string uid;
  std::int64_t generation = 0;
  Analysis analysis;
  Memory memory;
  Contention contention;
  std::set<kube::ObjectKey> configMaps;  // that it refers to
};

class Entries {
 public:
  // The entry of the object as it is now: analysed anew where the generation is another one, begun anew where
  // the object is.
  Entry& analysed(const kube::Object& object);
  Entry* find(const kube::ObjectKey& key);
  void forget(const kube::ObjectKey& key);
  std::size_t size() const { return entries_.size(); }

  // Workflows that refer to the ConfigMap.
  std::vector<kube::ObjectKey> usersOf(const kube::ObjectKey& configMap) const;

  // The decision about the object holds from now on.
  void settle(const kube::Object& object, const Decision& decision);
  const Commitments& commitments() const { return commitments_; }

 private:
  void unlink(const kube::ObjectKey& key, Entry& entry);

  std::map<kube::ObjectKey, Entry> entries_;
  std::map<kube::ObjectKey, std::set<kube::ObjectKey>> users_;  // of ConfigMaps
  Commitments commitments_;
};

}  // namespace faasbatch::controllers
