#include "lib/kube/informer.h"

#include <map>
#include <optional>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "lib/kube/watch.h"
#include "lib/telemetry/log.h"

namespace faasbatch::kube {
namespace {

struct ByKey {
  using is_transparent = void;
  bool operator()(const Object& a, const Object& b) const { return a.key < b.key; }
  bool operator()(const Object& a, const ObjectKey& b) const { return a.key < b; }
  bool operator()(const ObjectKey& a, const Object& b) const { return a < b.key; }
};

bool sameVersion(const Object& a, const Object& b) {
  return a.uid == b.uid && a.resourceVersion == b.resourceVersion;
}

class WatchingInformer final : public Informer {
 public:
  WatchingInformer(base::Loop& loop, Client& client, InformerOptions options, InformerHandlers handlers)
      : loop_(loop),
        client_(client),
        options_(std::move(options)),
        handlers_(std::move(handlers)),
        random_(std::random_device{}()),
        lastWord_(loop.now()) {
    // Not from inside start(): its caller may want to keep the pointer first.
    timer_ = loop_.after(base::Duration(0), [this] { carryOut(begin(state_)); });
  }

  ~WatchingInformer() override {
    loop_.cancel(timer_);
    client_.waitNoMore(back_);
    if (watch_) client_.cancel(*watch_);
  }

  bool synced() const override { return synced_; }
  const Object* find(const ObjectKey& key) const override {
    const auto found = store_.find(key);
    return found == store_.end() ? nullptr : &*found;
  }
  void forEach(const std::function<void(const Object&)>& visit) const override {
    for (const Object& object : store_) visit(object);
  }
  std::size_t size() const override { return store_.size(); }
  base::Duration staleness() const override { return loop_.now() - lastWord_; }

 private:
  double random() { return std::uniform_real_distribution<>(0, 1)(random_); }

  void carryOut(const WatchStep& step) {
    switch (step.kind) {
      case WatchStep::Kind::kWait:
        waitBegan_ = loop_.now();
        if (state_.away) back_ = client_.whenBack([this] { serverIsBack(); });
        return goOnAt(waitBegan_ + step.wait);
      case WatchStep::Kind::kList:
        return list();
      case WatchStep::Kind::kWatch:
        return watch();
    }
  }

  void goOnAt(base::Instant when) {
    goesOn_ = when;
    timer_ = loop_.at(when, [this] {
      client_.waitNoMore(back_);
      carryOut(begin(state_));
    });
  }

  void serverIsBack() {
    const base::Instant now = loop_.now();
    loop_.cancel(timer_);
    goOnAt(now + onBack(state_, now - waitBegan_, goesOn_ - now, random()));
  }

  void list() {
    client_.list(options_.resource, options_.selection, options_.pageSize, state_.next,
                 [this, alive = std::weak_ptr(alive_)](Result<Page> page) {
                   if (alive.expired()) return;
                   if (page) {
                     listed(std::move(*page));
                   } else {
                     listFailed(page.error());
                   }
                 });
  }

  void listed(Page page) {
    lastWord_ = loop_.now();
    for (Object& object : page.items) receive(std::move(object));
    const WatchStep step = onPage(state_, page.resourceVersion, page.next);
    if (step.kind == WatchStep::Kind::kWatch) swap();
    carryOut(step);
  }

  void listFailed(const ApiError& error) {
    incoming_.clear();
    const WatchStep step = onListFailed(state_, error, random());
    report("a list of the API failed", error, step);
    carryOut(step);
  }

  // Of an object that has not changed only the key is kept until the swap: a relist costs no second store.
  void receive(Object object) {
    if (incoming_.size() >= options_.maxObjects) return leftOut(object);
    const Object* const known = find(object.key);
    ObjectKey key = object.key;
    if (known != nullptr && sameVersion(*known, object)) {
      incoming_.insert_or_assign(std::move(key), std::nullopt);
    } else {
      shrink(object);
      incoming_.insert_or_assign(std::move(key), std::move(object));
    }
  }

  void swap() {
    std::vector<ObjectKey> gone;
    for (const Object& object : store_) {
      if (!incoming_.contains(object.key)) gone.push_back(object.key);
    }
    for (const ObjectKey& key : gone) erase(key);
    for (auto& [key, object] : std::exchange(incoming_, {})) {
      if (object) put(std::move(*object));
    }
    if (!std::exchange(synced_, true) && handlers_.onSynced) handlers_.onSynced();
  }

  void watch() {
    watchBegan_ = loop_.now();
    watch_ =
        client_.watch(options_.resource, options_.selection, state_.resourceVersion, watchTime(random()),
                      {.onEvent = [this](WatchEvent event) { received(std::move(event)); },
                       .onEnd = [this](const Result<void>& how) { ended(how ? nullptr : &how.error()); }});
  }

  void received(WatchEvent event) {
    if (event.type == WatchEvent::Type::kError) {
      client_.cancel(*watch_);
      return ended(&event.error);
    }
    lastWord_ = loop_.now();
    onEvent(state_, event.object.resourceVersion);
    if (event.type == WatchEvent::Type::kDeleted) {
      erase(event.object.key);
    } else if (event.type != WatchEvent::Type::kBookmark) {
      update(std::move(event.object));
    }
  }

  void ended(const ApiError* error) {
    watch_ = std::nullopt;
    const WatchStep step = onWatchEnd(state_, error, loop_.now() - watchBegan_, random());
    if (error != nullptr) report("a watch of the API ended", *error, step);
    carryOut(step);
  }

  void update(Object object) {
    const Object* const known = find(object.key);
    if (known == nullptr && store_.size() >= options_.maxObjects) return leftOut(object);
    if (known != nullptr && sameVersion(*known, object)) return;
    shrink(object);
    put(std::move(object));
  }

  void put(Object object) {
    auto node = extract(object.key);
    if (node && node.value().uid != object.uid) {  // another one of the same name
      if (handlers_.onDeleted) handlers_.onDeleted(node.value());
      node = {};
    }
    const Object& kept = *store_.insert(std::move(object)).first;
    if (node) {
      if (handlers_.onUpdated) handlers_.onUpdated(node.value(), kept);
    } else if (handlers_.onAdded) {
      handlers_.onAdded(kept);
    }
  }

  std::set<Object, ByKey>::node_type extract(const ObjectKey& key) {
    const auto found = store_.find(key);
    return found == store_.end() ? std::set<Object, ByKey>::node_type() : store_.extract(found);
  }

  void erase(const ObjectKey& key) {
    const auto node = extract(key);
    if (node && handlers_.onDeleted) handlers_.onDeleted(node.value());
  }

  void shrink(Object& object) const {
    dropManagedFields(object);
    if (options_.transform) options_.transform(object);
    object.json.shrink_to_fit();
  }

  void leftOut(const Object& object) const {
    telemetry::warning("more objects than are kept; this one is left out",
                       {{"kind", options_.resource.kind},
                        {"name", object.key.describe()},
                        {"maxObjects", options_.maxObjects}});
  }

  void report(std::string_view message, const ApiError& error, const WatchStep& next) const {
    telemetry::warning(message, {{"kind", options_.resource.kind},
                                 {"reason", error.reason},
                                 {"message", error.message},
                                 {"waitMs", base::toMillis(next.wait)}});
  }

  base::Loop& loop_;
  Client& client_;
  InformerOptions options_;
  InformerHandlers handlers_;
  std::mt19937 random_;
  WatchState state_;
  std::set<Object, ByKey> store_;
  std::map<ObjectKey, std::optional<Object>> incoming_;  // of a list that is not complete
  bool synced_ = false;
  base::Instant lastWord_;
  base::Instant watchBegan_;
  base::TimerId timer_ = 0;
  base::Instant waitBegan_;
  base::Instant goesOn_;     // where `timer_` is
  Client::WaitId back_ = 0;  // for the server, while it waits
  std::optional<Client::WatchId> watch_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace

std::unique_ptr<Informer> Informer::start(base::Loop& loop, Client& client, InformerOptions options,
                                          InformerHandlers handlers) {
  return std::make_unique<WatchingInformer>(loop, client, std::move(options), std::move(handlers));
}

}  // namespace faasbatch::kube
