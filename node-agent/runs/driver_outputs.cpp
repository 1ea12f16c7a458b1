// Outputs that lie in stores: read for an evaluation and for the answer, and let go.
#include <utility>

#include "lib/telemetry/log.h"
#include "node-agent/runs/driver.h"

namespace faasbatch::runs {

void Driver::onAnswer(const ActiveRunPtr& run) {
  for (const auto& [key, timer] : run->timers) deps_.loop.cancel(timer);
  run->timers.clear();
  run->waiting.clear();
  if (run->isPart()) return sharer_->partEnded(run);
  const bool succeeded = run->run.status() == engine::RunStatus::kSucceeded;
  if (!succeeded || run->run.output().store == engine::OutputRef::Store::kInline) {
    return ended_(run, succeeded ? run->run.output().payload : base::Payload());
  }
  const engine::StoreKey key{run->run.output().store, run->run.output().key};
  fetch(run, {key}, [this, run, key](engine::Blobs blobs) {
    const auto found = blobs.find(key.key);
    if (found != blobs.end()) {
      ended_(run, found->second);
    } else {
      telemetry::error("a run's output is gone from its store", {{"run", run->head.id}});
      engine::outputLost(run->run,
                         "the run's output could not be read from its store again, under " + key.key);
      ended_(run, {});
    }
    release({key});
  });
}

void Driver::fetch(const ActiveRunPtr& run, std::vector<engine::StoreKey> keys,
                   std::move_only_function<void(engine::Blobs)> done) {
  struct Fetching {
    engine::Blobs blobs;
    std::size_t left = 0;
    std::move_only_function<void(engine::Blobs)> done;
  };
  auto fetching = std::make_shared<Fetching>();
  fetching->left = keys.size();
  fetching->done = std::move(done);
  const base::Instant deadline = deps_.loop.now() + kStoreTime;
  for (const auto& [where, key, size] : keys) {
    auto got = [fetching, key, run](base::Result<std::optional<stores::Value>> value) {
      if (value && *value) {
        fetching->blobs.emplace(key, base::Payload(std::move((*value)->bytes)));
      } else {
        telemetry::warning(
            "a stored output could not be read",
            {{"run", run->head.id}, {"key", key}, {"reason", value ? "missing" : value.error().message}});
      }
      if (--fetching->left == 0) fetching->done(std::move(fetching->blobs));
    };
    if (stores::Store* store = deps_.stores.of(where)) {
      store->get(key, deadline, std::move(got));
    } else {
      deps_.loop.post([got = std::move(got)]() mutable {
        got(base::fail("StoreUnavailable", "this agent has no such store any more"));
      });
    }
  }
}

void Driver::release(const std::vector<engine::StoreKey>& keys) {
  using Store = engine::OutputRef::Store;
  for (const Store where : {Store::kNode, Store::kCluster}) {
    std::vector<std::string> names;
    for (const engine::StoreKey& key : keys) {
      if (key.store == where) names.push_back(key.key);
    }
    stores::Store* store = deps_.stores.of(where);
    if (names.empty() || !store) continue;
    store->remove(std::move(names), deps_.loop.now() + kStoreTime, [](const base::Result<void>& removed) {
      if (!removed)
        telemetry::warning("stored outputs are left to expire", {{"reason", removed.error().message}});
    });
  }
}

}  // namespace faasbatch::runs
