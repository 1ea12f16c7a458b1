#include "operator/controllers/functionworkflow/controller.h"

#include <algorithm>
#include <random>

#include "lib/cluster/names.h"
#include "lib/json/members.h"
#include "lib/json/path.h"
#include "lib/kube/informer.h"
#include "lib/kube/work_queue.h"
#include "lib/telemetry/log.h"
#include "operator/controllers/functionworkflow/decide.h"
#include "operator/controllers/functionworkflow/entries.h"
#include "operator/controllers/functionworkflow/source_reader.h"

namespace faasbatch::controllers {
namespace {

using kube::ObjectKey;

constexpr int kNotFound = 404;
constexpr int kConflict = 409;

// Of a write over a status that somebody else has changed.
Note overwritten() {
  return {.warning = true,
          .reason = "StatusOverwritten",
          .action = "WriteStatus",
          .message =
              "the status was changed by somebody else and is written anew: metadata.managedFields "
              "say who writes it"};
}

struct Metrics {
  explicit Metrics(telemetry::Registry& registry)
      : done(registry.counter("faasbatch_reconciles_total", "Reconciles of FunctionWorkflows.",
                              {{"result", "done"}})),
        failed(registry.counter("faasbatch_reconciles_total", "Reconciles of FunctionWorkflows.",
                                {{"result", "failed"}})),
        writes(registry.counter("faasbatch_status_writes_total", "Status writes of FunctionWorkflows.")),
        waiting(
            registry.gauge("faasbatch_reconciles_waiting", "FunctionWorkflows that wait for a reconcile.")),
        workflows(registry.gauge("faasbatch_workflows", "FunctionWorkflows that there are.")),
        seconds(registry.histogram("faasbatch_reconcile_seconds", "From the queue to the status written.",
                                   telemetry::latencyBuckets())) {}
  telemetry::Counter& done;
  telemetry::Counter& failed;
  telemetry::Counter& writes;
  telemetry::Gauge& waiting;
  telemetry::Gauge& workflows;
  telemetry::Histogram& seconds;
};

placement::Mode modeOf(const kube::Object& object) {
  const auto raw = json::at(object.json, {"metadata", "annotations", cluster::kPlacementAnnotation});
  return raw && json::asString(*raw) == "Raw" ? placement::Mode::kRaw : placement::Mode::kGrouped;
}

ObjectKey keyOf(const std::string& text) {
  const auto slash = text.find('/');
  return {text.substr(0, slash), text.substr(slash + 1)};
}

class Controlling final : public Controller {
 public:
  explicit Controlling(Parts parts)
      : parts_(std::move(parts)), metrics_(parts_.metrics), random_(std::random_device()()) {
    sources_ = SourceReader::start(
        parts_.loop, parts_.client, [this](const ObjectKey& configMap) { onConfigMap(configMap); },
        [this] { pump(); });
    workflows_ = kube::Informer::start(
        parts_.loop, parts_.client, {.resource = kube::kFunctionWorkflows},
        {.onAdded =
             [this](const kube::Object& object) {
               soon(object.key);
               tellOfWorkflows();
             },
         .onUpdated = [this](const kube::Object&, const kube::Object& object) { soon(object.key); },
         .onDeleted =
             [this](const kube::Object& object) {
               soon(object.key);
               tellOfWorkflows();
             },
         .onSynced =
             [this] {
               pump();
               tellOfWorkflows();
             }});
  }

  ~Controlling() override {
    parts_.loop.cancel(timer_);
    parts_.loop.cancel(tellTimer_);
    metrics_.waiting.set(0);
    metrics_.workflows.set(0);
  }

  void onInventory(const inventory::Changes& changes) override {
    if (changes.nodes) {
      workflows_->forEach([this](const kube::Object& object) { soon(object.key); });
    } else {
      for (const ObjectKey& key : changes.workflows) soon(key);
    }
    pump();
  }

  void forEach(const std::function<void(const WorkflowView&)>& visit) const override {
    workflows_->forEach([&](const kube::Object& object) {
      visit({object.key, object.generation, std::string(json::at(object.json, {"status"}).value_or("{}"))});
    });
  }

  std::optional<std::set<std::string>> namespaces() const override {
    if (!workflows_ || !workflows_->synced()) return std::nullopt;
    std::set<std::string> names;
    workflows_->forEach([&](const kube::Object& object) { names.insert(object.key.nameSpace); });
    return names;
  }

  std::size_t waiting() const override { return queue_.size() + queue_.running(); }

 private:
  // Many at once are told of once.
  void tellOfWorkflows() {
    if (!parts_.onWorkflows || tellTimer_ != 0) return;
    tellTimer_ = parts_.loop.after(kGather, [this] {
      tellTimer_ = 0;
      parts_.onWorkflows();
    });
  }

  void soon(const ObjectKey& key) { add(key.describe(), parts_.loop.now() + kGather); }

  void add(const std::string& key, base::Instant due) {
    if (due == base::Instant::never()) return;
    queue_.add(key, due);
    schedule();
  }

  bool ready() const { return workflows_ && workflows_->synced() && sources_->synced() && parts_.settled(); }

  // One timer for the earliest key.
  void schedule() {
    const base::Instant next = queue_.next();
    if (timer_ != 0 && next >= timerAt_) return;
    parts_.loop.cancel(timer_);
    timer_ = 0;
    if (next == base::Instant::never()) return;
    timerAt_ = next;
    timer_ = parts_.loop.at(next, [this] {
      timer_ = 0;
      pump();
    });
  }

  void pump() {
    metrics_.waiting.set(static_cast<std::int64_t>(queue_.size()));
    if (!ready()) return;  // whoever gets ready last pumps
    while (queue_.running() < kReconcilesAtOnce) {
      const auto key = queue_.take(parts_.loop.now());
      if (!key) break;
      reconcile(*key);
    }
    if (queue_.running() < kReconcilesAtOnce) schedule();
  }

  void end(const std::string& key, base::Instant began, base::Instant again) {
    metrics_.done.add();
    metrics_.seconds.observe(base::toMillis(parts_.loop.now() - began) / 1000);
    queue_.done(key);
    add(key, again);
    pump();
  }

  void fail(const std::string& key, const kube::ApiError& error) {
    metrics_.failed.add();
    if (error.status != kConflict)
      telemetry::warning("a reconcile failed",
                         {{"workflow", key}, {"reason", error.reason}, {"error", error.message}});
    const double random = std::uniform_real_distribution<double>(0, 1)(random_);
    queue_.failed(key, parts_.loop.now(), random);
    pump();
  }

  void onConfigMap(const ObjectKey& configMap) {
    for (const ObjectKey& user : entries_.usersOf(configMap)) soon(user);
  }

  void reconcile(const std::string& text) {
    const base::Instant began = parts_.loop.now();
    const ObjectKey key = keyOf(text);
    const kube::Object* object = workflows_->find(key);
    if (object == nullptr) entries_.forget(key);
    if (object == nullptr || object->deleting) return endLater(text, began);
    const Entry& entry = entries_.analysed(*object);
    metrics_.workflows.set(static_cast<std::int64_t>(entries_.size()));
    if (entry.analysis.references.empty()) return decideFor(text, began, {});
    sources_->find(key.nameSpace, entry.analysis.references,
                   [this, text, began, uid = entry.uid,
                    generation = entry.generation](const kube::Result<FoundAll>& found) {
                     if (!found) return fail(text, found.error());
                     const Entry* now = entries_.find(keyOf(text));
                     const bool same = now != nullptr && now->uid == uid && now->generation == generation;
                     if (!same)
                       return end(text, began, parts_.loop.now());  // what was found is of another spec
                     decideFor(text, began, *found);
                   });
  }

  // end(), but not from inside the loop over the queue.
  void endLater(const std::string& text, base::Instant began, base::Instant again = base::Instant::never()) {
    parts_.loop.post([this, text, began, again, alive = std::weak_ptr(alive_)] {
      if (!alive.expired()) end(text, began, again);
    });
  }

  std::vector<placement::NodeFacts> nodesFor(const ObjectKey& key, const Reports& reports) const {
    std::vector<placement::NodeFacts> nodes = parts_.inventory().nodes();
    for (placement::NodeFacts& node : nodes) {
      const auto own = reports.find(node.name);
      if (own != reports.end()) node.used -= std::min(node.used, own->second.pods);
      node.committed = entries_.commitments().ofOthers(node.name, key);
    }
    return nodes;
  }

  void decideFor(const std::string& text, base::Instant began, const FoundAll& sources) {
    const ObjectKey key = keyOf(text);
    const kube::Object* object = workflows_->find(key);
    const Entry* entry = entries_.find(key);
    const bool same =
        object != nullptr && object->uid == entry->uid && object->generation == entry->generation;
    if (!same) return endLater(text, began);  // the news of it are in the queue
    const inventory::Inventory& inventory = parts_.inventory();
    const Reports& reports = inventory.reports(key);
    const Status previous = readStatus(object->json);
    Decision decision = decide({.generation = object->generation,
                                .uid = object->uid,
                                .mode = modeOf(*object),
                                .analysis = entry->analysis,
                                .found = sources.found,
                                .nodes = nodesFor(key, reports),
                                .reports = reports,
                                .agents = inventory.agents(),
                                .previous = previous,
                                .memory = entry->memory,
                                .now = parts_.loop.now()});
    decision.again = std::min(decision.again, sources.again);
    std::string patch = statusPatch(previous, decision.status, object->resourceVersion);
    if (patch.empty()) {
      entries_.settle(*object, decision);
      return endLater(text, began, decision.again);
    }
    const Contention::Seen seen{fingerprint(previous), object->resourceVersion, object->generation};
    const base::Instant may = entry->contention.mayWriteAt(seen);
    if (parts_.loop.now() < may) return endLater(text, began, may);
    if (entry->contention.foreign(seen)) decision.notes.push_back(overwritten());
    write(text, began, *object, seen, std::move(patch), std::move(decision));
  }

  void write(const std::string& text, base::Instant began, const kube::Object& object,
             const Contention::Seen& seen, std::string patch, Decision decision) {
    parts_.client.patch(
        kube::kFunctionWorkflows, object.key, kube::PatchType::kMerge, std::move(patch),
        {.subresource = "status"},
        [this, text, began, seen, object = withoutText(object), decision = std::move(decision),
         alive = std::weak_ptr(alive_)](const kube::Result<kube::Object>& written) {
          if (alive.expired()) return;
          if (!written && written.error().status == kNotFound)
            return end(text, began, base::Instant::never());
          if (!written) return fail(text, written.error());
          metrics_.writes.add();
          entries_.settle(object, decision);
          if (Entry* now = entries_.find(object.key); now != nullptr && now->uid == object.uid)
            now->contention.wrote(fingerprint(decision.status), seen, parts_.loop.now());
          for (const Note& note : decision.notes) tell(object, note);
          end(text, began, decision.again);
        });
  }

  static kube::Object withoutText(const kube::Object& object) {
    kube::Object copy{.key = object.key, .uid = object.uid, .resourceVersion = object.resourceVersion};
    copy.generation = object.generation;
    return copy;
  }

  void tell(const kube::Object& object, const Note& note) {
    parts_.events.record({.regarding = kube::referenceTo(kube::kFunctionWorkflows, object),
                          .type = note.warning ? kube::EventType::kWarning : kube::EventType::kNormal,
                          .reason = note.reason,
                          .action = note.action,
                          .note = note.message});
  }

  Parts parts_;
  Metrics metrics_;
  std::mt19937 random_;
  kube::WorkQueue queue_;
  base::TimerId timer_ = 0;
  base::Instant timerAt_;
  base::TimerId tellTimer_ = 0;
  Entries entries_;
  std::unique_ptr<SourceReader> sources_;
  std::unique_ptr<kube::Informer> workflows_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<Controller> Controller::start(Parts parts) {
  return std::make_unique<Controlling>(std::move(parts));
}

}  // namespace faasbatch::controllers
