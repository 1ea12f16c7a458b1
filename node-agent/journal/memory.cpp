#include "node-agent/journal/memory.h"

#include <map>
#include <utility>

#include "node-agent/journal/record_set.h"

namespace faasbatch::journal {
namespace {

class MemoryJournal final : public Journal {
 public:
  MemoryJournal(base::Loop& loop, Limits limits) : loop_(loop), limits_(limits) {}

  bool durable() const override { return false; }
  bool healthy() const override { return true; }

  void begin(RunHead head, std::vector<std::string> /*events*/, Done done) override {
    if (!head.idempotencyKey.empty()) {
      openKeys_[KeyName::of(head)] = head.id;
      open_.insert_or_assign(head.id, std::move(head));
    }
    succeed(std::move(done));
  }

  void append(const std::string& /*runId*/, std::vector<std::string> /*events*/, Done done) override {
    succeed(std::move(done));
  }

  void finish(FinishedRun run, Done done) override {
    const KeyName key = KeyName::of(run.head);
    if (const auto open = openKeys_.find(key); open != openKeys_.end() && open->second == run.head.id) {
      openKeys_.erase(open);
    }
    open_.erase(run.head.id);
    records_.put(std::make_shared<const FinishedRun>(std::move(run)));
    prune();
    succeed(std::move(done));
  }

  void putManifest(StoredManifest /*manifest*/, Done done) override { succeed(std::move(done)); }
  void deleteManifest(const std::string& /*nameSpace*/, const std::string& /*name*/, Done done) override {
    succeed(std::move(done));
  }
  std::vector<StoredManifest> manifests() override { return {}; }
  void unfinished(UnfinishedRuns&) override {}

  void find(const std::string& nameSpace, const std::string& id,
            std::move_only_function<void(base::Result<std::optional<FinishedRun>>)> done) override {
    prune();
    loop_.post([done = std::move(done), run = records_.find(nameSpace, id)]() mutable {
      done(run ? std::optional(*run) : std::nullopt);
    });
  }

  void list(ListQuery query, std::move_only_function<void(base::Result<Page>)> done) override {
    prune();
    Page page;
    for (const SharedRun& run : records_.list(query)) {
      page.more = page.items.size() == query.limit;
      if (!page.more) page.items.emplace_back(run->head.id, run->summary);
    }
    loop_.post([done = std::move(done), page = std::move(page)]() mutable { done(std::move(page)); });
  }

  void findKey(const std::string& nameSpace, const std::string& workflow, const std::string& function,
               const std::string& key, base::Instant since,
               std::move_only_function<void(base::Result<std::optional<KeyOwner>>)> done) override {
    const KeyName name{nameSpace, workflow, function, key};
    std::optional<KeyOwner> owner;
    if (const auto open = openKeys_.find(name); open != openKeys_.end()) {
      owner = KeyOwner{open_.at(open->second), std::nullopt};
    } else if (const SharedRun run = records_.findKey(name)) {
      owner = KeyOwner{run->head, *run};
    }
    if (owner && owner->head.createdAt <= since) owner.reset();
    loop_.post([done = std::move(done), owner = std::move(owner)]() mutable { done(std::move(owner)); });
  }

 private:
  void succeed(Done done) {
    if (done) loop_.post([done = std::move(done)]() mutable { done({}); });
  }

  void prune() {
    const base::Instant now = loop_.now();
    while (const SharedRun oldest = records_.oldest()) {
      const bool tooMany = records_.size() > limits_.maxRecords || records_.bytes() > limits_.maxRecordBytes;
      if (!tooMany && now - oldest->finishedAt <= limits_.maxAge) return;
      records_.erase(oldest->head.id);
    }
  }

  base::Loop& loop_;
  const Limits limits_;
  RecordSet records_;
  std::map<std::string, RunHead> open_;      // runs under way that have a key, by id
  std::map<KeyName, std::string> openKeys_;  // their keys
};

}  // namespace

std::unique_ptr<Journal> makeMemoryJournal(base::Loop& loop, Journal::Limits limits) {
  return std::make_unique<MemoryJournal>(loop, limits);
}

}  // namespace faasbatch::journal
