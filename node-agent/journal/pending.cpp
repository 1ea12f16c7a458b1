#include "node-agent/journal/pending.h"

namespace faasbatch::journal {

void Pending::add(const Entry& entry) {
  if (const auto* begin = std::get_if<Begin>(&entry.what);
      begin != nullptr && !begin->head.idempotencyKey.empty()) {
    begun_[KeyName::of(begin->head)] = begin->head;
  } else if (const auto* finish = std::get_if<Finish>(&entry.what)) {
    records_.put(finish->run);
  }
}

void Pending::settle(const Entry& entry) {
  if (const auto* begin = std::get_if<Begin>(&entry.what);
      begin != nullptr && !begin->head.idempotencyKey.empty()) {
    const auto found = begun_.find(KeyName::of(begin->head));
    if (found != begun_.end() && found->second.id == begin->head.id) begun_.erase(found);
  } else if (const auto* finish = std::get_if<Finish>(&entry.what)) {
    const RunHead& head = finish->run->head;
    if (records_.find(head.nameSpace, head.id) == finish->run) records_.erase(head.id);
  }
}

const RunHead* Pending::begun(const KeyName& key) const {
  const auto found = begun_.find(key);
  return found == begun_.end() ? nullptr : &found->second;
}

}  // namespace faasbatch::journal
