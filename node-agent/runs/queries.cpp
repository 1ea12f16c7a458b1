// What can be asked of runs, active and ended.
#include <utility>

#include "lib/json/write.h"
#include "node-agent/engine/record.h"
#include "node-agent/runs/runs_impl.h"

namespace faasbatch::runs {

void RunsImpl::wait(const std::string& nameSpace, const std::string& id, base::Instant deadline,
                    std::move_only_function<void(bool)> done) {
  const ActiveRunPtr run = find(nameSpace, id);
  if (!run || run->outcome) return deps_.loop.post([done = std::move(done)]() mutable { done(true); });
  auto waiter = std::make_shared<ActiveRun::Waiter>();
  waiter->done = std::move(done);
  waiter->timer = deps_.loop.at(deadline, [run, waiter] {
    std::erase(run->waiters, waiter);
    waiter->done(false);
  });
  run->waiters.push_back(std::move(waiter));
}

void RunsImpl::record(const std::string& nameSpace, const std::string& id, Text done) {
  if (const ActiveRunPtr run = find(nameSpace, id)) {
    const base::Payload* output = run->outcome ? &run->outcome->output : nullptr;
    return done(engine::record(run->run, output));
  }
  deps_.journal.find(nameSpace, id, [done = std::move(done)](auto found) mutable {
    if (!found) return done(std::unexpected(std::move(found.error())));
    done(*found ? std::optional(std::move((*found)->record)) : std::nullopt);
  });
}

void RunsImpl::logs(const std::string& nameSpace, const std::string& id, Text done) {
  if (const ActiveRunPtr run = find(nameSpace, id)) return done(run->log.jsonLines());
  deps_.journal.find(nameSpace, id, [done = std::move(done)](auto found) mutable {
    if (!found) return done(std::unexpected(std::move(found.error())));
    done(*found ? std::optional(std::move((*found)->logs)) : std::nullopt);
  });
}

void RunsImpl::list(journal::ListQuery query, std::move_only_function<void(base::Result<std::string>)> done) {
  using Item = std::pair<std::string, std::string>;
  std::vector<Item> active;
  for (const auto& [id, run] : runs_) {
    if (active.size() > query.limit) break;
    if (!run->known() || (!query.beforeId.empty() && id >= query.beforeId)) continue;
    if (!query.nameSpace.empty() && run->head.nameSpace != query.nameSpace) continue;
    if (!query.workflow.empty() && run->head.workflow != query.workflow) continue;
    if (!query.status.empty() && query.status != engine::name(run->run.status())) continue;
    active.emplace_back(id, engine::summary(run->run));
  }
  const std::size_t limit = query.limit;
  deps_.journal.list(std::move(query),
                     [active = std::move(active), limit, done = std::move(done)](auto page) mutable {
                       if (!page) return done(std::unexpected(std::move(page.error())));
                       std::map<std::string, std::string, std::greater<>> merged;
                       for (Item& item : active) merged.insert(std::move(item));
                       for (Item& item : page->items) merged.insert(std::move(item));
                       const bool more = page->more || merged.size() > limit;
                       std::string out = R"({"items":[)";
                       std::string last;
                       std::size_t count = 0;
                       for (auto& [id, summary] : merged) {
                         if (count == limit) break;
                         if (count++) out += ',';
                         out += summary;
                         last = id;
                       }
                       out += ']';
                       if (more) out += R"(,"continue":)" + json::quoted(last);
                       done(out + '}');
                     });
}

}  // namespace faasbatch::runs
