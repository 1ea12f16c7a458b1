// A local copy of all objects of a kind, kept up to date by list and watch.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "lib/base/loop.h"
#include "lib/kube/client.h"

namespace faasbatch::kube {

inline constexpr std::size_t kListPage = 500;

struct InformerOptions {
  Resource resource;
  Selection selection;
  // Makes an object smaller before it is kept (managedFields are always left out). May be empty. Pure.
  std::function<void(Object&)> transform;
  std::size_t pageSize = kListPage;
  std::size_t maxObjects = 50'000;  // further ones are named in the log and left out
};

// Handlers run on the loop's thread, when the store has changed already, and may not destroy the informer.
// After a relist that follows a gap they are told the differences, deletions first; an object is never told
// as updated where nothing in it changed (same resourceVersion), and one that was made anew under the name of
// another is told as deleted and added. Any may be empty.
struct InformerHandlers {
  std::function<void(const Object& object)> onAdded;
  std::function<void(const Object& before, const Object& object)> onUpdated;
  std::function<void(const Object& last)> onDeleted;
  std::function<void()> onSynced;  // once: the first list is complete and its onAdded have run
};

class Informer {
 public:
  // Never fails: what does not work is logged and tried again (watch.h). `client` must outlive it.
  static std::unique_ptr<Informer> start(base::Loop& loop, Client& client, InformerOptions options,
                                         InformerHandlers handlers);
  virtual ~Informer() = default;

  virtual bool synced() const = 0;
  virtual const Object* find(const ObjectKey& key) const = 0;
  virtual void forEach(const std::function<void(const Object&)>& visit) const = 0;
  virtual std::size_t size() const = 0;
  // How long ago the last word came from the server (an event, a bookmark, a page).
  virtual base::Duration staleness() const = 0;
};

}  // namespace faasbatch::kube
