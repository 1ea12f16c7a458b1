#include "operator/controllers/functionworkflow/entries.h"

#include "operator/placement/commitment.h"

namespace faasbatch::controllers {

using kube::ObjectKey;

Entry& Entries::analysed(const kube::Object& object) {
  Entry& entry = entries_[object.key];
  if (entry.uid == object.uid && entry.generation == object.generation) return entry;
  if (entry.uid != object.uid) {
    entry.memory = {};
    entry.contention = {};
  }
  entry.uid = object.uid;
  entry.generation = object.generation;
  entry.analysis = analyse(object.json, object.key.nameSpace);
  unlink(object.key, entry);
  for (const Reference& reference : entry.analysis.references) {
    if (reference.kind != Reference::Kind::kConfigMap) continue;
    const ObjectKey configMap{object.key.nameSpace, reference.name};
    entry.configMaps.insert(configMap);
    users_[configMap].insert(object.key);
  }
  return entry;
}

Entry* Entries::find(const ObjectKey& key) {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : &found->second;
}

void Entries::forget(const ObjectKey& key) {
  commitments_.remove(key);
  const auto entry = entries_.find(key);
  if (entry == entries_.end()) return;
  unlink(key, entry->second);
  entries_.erase(entry);
}

void Entries::unlink(const ObjectKey& key, Entry& entry) {
  for (const ObjectKey& configMap : entry.configMaps) {
    const auto users = users_.find(configMap);
    users->second.erase(key);
    if (users->second.empty()) users_.erase(users);
  }
  entry.configMaps.clear();
}

std::vector<ObjectKey> Entries::usersOf(const ObjectKey& configMap) const {
  const auto users = users_.find(configMap);
  if (users == users_.end()) return {};
  return {users->second.begin(), users->second.end()};
}

void Entries::settle(const kube::Object& object, const Decision& decision) {
  Entry* entry = find(object.key);
  if (entry == nullptr || entry->uid != object.uid) return;
  entry->memory = decision.memory;
  const auto& placement = decision.status.placement;
  commitments_.set(object.key, placement ? placement::scaleByNode(entry->analysis.demand, *placement)
                                         : Commitments::Scale{});
}

}  // namespace faasbatch::controllers
