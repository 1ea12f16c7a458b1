#include "node-agent/journal/sqlite.h"

#include <atomic>
#include <future>
#include <unordered_set>
#include <utility>

#include "lib/telemetry/log.h"
#include "node-agent/journal/directory_lock.h"
#include "node-agent/journal/journal_file.h"
#include "node-agent/journal/journal_metrics.h"
#include "node-agent/journal/pending.h"
#include "node-agent/journal/reader.h"
#include "node-agent/journal/writer.h"

namespace faasbatch::journal {
namespace {

// Above the limits, records of ended runs (which end something) have this share of them to themselves.
constexpr double kHeadRoom = 1.25;

// What the loop and the writer share: it outlives the journal in tasks that are posted already.
struct Shared {
  Pending pending;                      // loop thread only
  std::atomic<std::size_t> entries{0};  // queued
  std::atomic<std::size_t> bytes{0};
};

std::size_t textBytes(const RunHead& head) {
  return head.id.size() + head.nameSpace.size() + head.workflow.size() + head.function.size() +
         head.idempotencyKey.size() + head.inputDigest.size();
}

class SqliteJournal final : public Journal {
 public:
  SqliteJournal(base::Loop& loop, std::string path, DirectoryLock lock, Limits limits)
      : loop_(loop), path_(std::move(path)), limits_(limits), lock_(std::move(lock)) {}

  Outcome<void> start(telemetry::Registry& registry) {
    metrics_.emplace(registry);
    auto file = JournalFile::open(path_, loop_.now(), limits_, *metrics_);
    if (!file) return std::unexpected(file.error());
    reader_.emplace(path_);
    const auto sink = [&loop = loop_, shared = shared_, metrics = &*metrics_](Written written) {
      release(loop, shared, *metrics, std::move(written));
    };
    writer_.emplace(std::move(*file), *reader_, path_, loop_.clock(), *metrics_, sink);
    return {};
  }

  // The reader may still report damage to the writer, and the writer closes the reader when it meets damage:
  // both threads end before either object goes.
  ~SqliteJournal() override {
    if (reader_) reader_->stop();
    writer_.reset();
    reader_.reset();
  }

  bool durable() const override { return true; }
  bool healthy() const override { return writer_->healthy(); }

  void begin(RunHead head, std::vector<std::string> events, Done done) override {
    std::string lines = joinLines(events);
    const std::size_t bytes = kEntryOverhead + textBytes(head) + lines.size();
    const std::string id = head.id;
    const bool waited = done != nullptr;
    if (!accept({Begin{std::move(head), std::move(lines)}, std::move(done), bytes}, 1.0) && !waited)
      truncated_.insert(id);
  }

  void append(const std::string& runId, std::vector<std::string> events, Done done) override {
    if (truncated_.contains(runId)) return refuse(std::move(done), fullError());
    std::string lines = joinLines(events);
    const std::size_t bytes = kEntryOverhead + runId.size() + lines.size();
    if (!accept({Append{runId, std::move(lines)}, std::move(done), bytes}, 1.0)) truncated_.insert(runId);
  }

  void finish(FinishedRun run, Done done) override {
    truncated_.erase(run.head.id);
    const std::size_t bytes = kEntryOverhead + textBytes(run.head) + recordBytes(run);
    const bool waited = done != nullptr;
    const auto shared = std::make_shared<const FinishedRun>(std::move(run));
    if (!accept({Finish{shared}, std::move(done), bytes}, kHeadRoom) && !waited) {
      telemetry::error("the record of a run could not be kept",
                       {{"run", shared->head.id}, {"reason", fullError().message}});
    }
  }

  void putManifest(StoredManifest manifest, Done done) override {
    const std::size_t bytes = kEntryOverhead + manifest.name.size() + manifest.object.size();
    accept({PutManifest{std::move(manifest)}, std::move(done), bytes}, kHeadRoom);
  }

  void deleteManifest(const std::string& nameSpace, const std::string& name, Done done) override {
    accept({DeleteManifest{nameSpace, name}, std::move(done), kEntryOverhead}, kHeadRoom);
  }

  std::vector<StoredManifest> manifests() override {
    std::vector<StoredManifest> found;
    askNow([&](Queries& queries) { return queries.manifests(found); });
    return found;
  }

  void unfinished(UnfinishedRuns& runs) override {
    askNow([&](Queries& queries) { return queries.unfinished(runs); });
  }

  void find(const std::string& nameSpace, const std::string& id,
            std::move_only_function<void(base::Result<std::optional<FinishedRun>>)> done) override {
    if (const SharedRun run = shared_->pending.records().find(nameSpace, id)) {
      loop_.post([done = std::move(done), run]() mutable { done(std::optional(*run)); });
      return;
    }
    ask<std::optional<FinishedRun>>([nameSpace, id](Queries& queries) { return queries.find(nameSpace, id); },
                                    std::move(done));
  }

  void list(ListQuery query, std::move_only_function<void(base::Result<Page>)> done) override {
    auto recent = shared_->pending.records().list(query);
    ask<Page>(
        [query = std::move(query), recent = std::move(recent)](Queries& queries) -> Outcome<Page> {
          auto stored = queries.list(query);
          if (!stored) return std::unexpected(stored.error());
          return merge(recent, std::move(*stored), query.limit);
        },
        std::move(done));
  }

  void findKey(const std::string& nameSpace, const std::string& workflow, const std::string& function,
               const std::string& key, base::Instant since,
               std::move_only_function<void(base::Result<std::optional<KeyOwner>>)> done) override {
    const KeyName name{nameSpace, workflow, function, key};
    std::optional<KeyOwner> owner;
    if (const SharedRun run = shared_->pending.records().findKey(name)) owner = KeyOwner{run->head, *run};
    const RunHead* begun = shared_->pending.begun(name);
    if (begun != nullptr &&
        (!owner || (owner->head.id != begun->id && owner->head.createdAt <= begun->createdAt))) {
      owner = KeyOwner{*begun, std::nullopt};
    }
    if (owner && owner->head.createdAt > since) {
      loop_.post([done = std::move(done), owner = std::move(owner)]() mutable { done(std::move(owner)); });
      return;
    }
    ask<std::optional<KeyOwner>>([name, since](Queries& queries) { return queries.findKey(name, since); },
                                 std::move(done));
  }

 private:
  static Page merge(const std::vector<SharedRun>& recent,
                    std::vector<std::pair<std::string, std::string>> stored, std::size_t limit) {
    std::map<std::string, std::string, std::greater<>> all;
    for (const SharedRun& run : recent) all.emplace(run->head.id, run->summary);
    for (auto& [id, summary] : stored) all.emplace(std::move(id), std::move(summary));
    Page page;
    for (const auto& [id, summary] : all) {
      page.more = page.items.size() == limit;
      if (page.more) break;
      page.items.emplace_back(id, summary);
    }
    return page;
  }

  static base::Error fullError() {
    return {"JournalFull", "the journal's queue is full: the disk is slower than the load; try again later"};
  }

  // One task for a whole commit.
  static void release(base::Loop& loop, const std::shared_ptr<Shared>& shared, JournalMetrics& metrics,
                      Written written) {
    std::size_t bytes = 0;
    std::size_t count = 0;
    for (const Entry& entry : written.entries) {
      bytes += entry.bytes;
      if (entry.bytes > 0) ++count;
    }
    shared->bytes.fetch_sub(bytes);
    metrics.queued.set(static_cast<std::int64_t>(shared->entries.fetch_sub(count) - count));
    loop.post([shared, written = std::move(written)]() mutable {
      for (Entry& entry : written.entries) shared->pending.settle(entry);
      for (Entry& entry : written.entries) {
        if (!entry.done) continue;
        entry.done(written.error ? base::Result<void>(std::unexpected(*written.error))
                                 : base::Result<void>());
      }
    });
  }

  void refuse(Done done, base::Error error) {
    if (!done) return;
    loop_.post([done = std::move(done), error = std::move(error)]() mutable {
      done(std::unexpected(std::move(error)));
    });
  }

  // False: refused. `share` of the limits is open to this kind of entry.
  bool accept(Entry entry, double share) {
    if (entry.revocable() && !writer_->healthy()) {
      refuse(std::move(entry.done), writer_->lastError());
      return false;
    }
    const auto within = [share](std::size_t now, std::size_t limit) {
      return static_cast<double>(now) <= static_cast<double>(limit) * share;
    };
    if (!within(shared_->entries + 1, limits_.maxQueuedEntries) ||
        !within(shared_->bytes + entry.bytes, limits_.maxQueuedBytes)) {
      metrics_->refused.add();
      refuse(std::move(entry.done), fullError());
      return false;
    }
    shared_->bytes += entry.bytes;
    metrics_->queued.set(static_cast<std::int64_t>(++shared_->entries));
    shared_->pending.add(entry);
    writer_->push(std::move(entry));
    return true;
  }

  // Asks the reader's thread; `done` on the loop.
  template <class T, class Question>
  void ask(Question question, std::move_only_function<void(base::Result<T>)> done) {
    auto shared = std::make_shared<std::move_only_function<void(base::Result<T>)>>(std::move(done));
    const bool queued =
        reader_->ask([this, question = std::move(question), shared](Queries* queries) mutable {
          auto answer = answerOf<T>(queries, question);
          loop_.post([shared, answer = std::move(answer)]() mutable { (*shared)(std::move(answer)); });
        });
    if (queued) return;
    loop_.post([shared] {
      (*shared)(base::fail("JournalFull", "too many queries of the journal are waiting; try again later"));
    });
  }

  template <class T, class Question>
  base::Result<T> answerOf(Queries* queries, Question& question) {
    if (queries == nullptr)
      return base::fail("StoreUnavailable", "the journal " + path_ + " is being replaced; try again");
    auto answer = question(*queries);
    if (answer) return std::move(*answer);
    if (answer.error().fault == Fault::kDamaged) writer_->reportDamage();
    return std::unexpected(toError(answer.error(), path_));
  }

  // Blocks until the reader's thread has answered.
  template <class Question>
  void askNow(Question question) {
    std::promise<void> answered;
    const bool queued = reader_->ask([&](Queries* queries) {
      const auto ok = queries != nullptr ? question(*queries) : Outcome<void>();
      if (!ok) {
        telemetry::error("the journal cannot be read to its end",
                         {{"path", path_}, {"error", ok.error().message}});
        if (ok.error().fault == Fault::kDamaged) writer_->reportDamage();
      }
      answered.set_value();
    });
    if (queued) answered.get_future().wait();
  }

  base::Loop& loop_;
  const std::string path_;
  const Limits limits_;
  const std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  std::unordered_set<std::string> truncated_;  // runs some of whose events were dropped
  DirectoryLock lock_;
  std::optional<JournalMetrics> metrics_;
  std::optional<Reader> reader_;
  std::optional<Writer> writer_;
};

}  // namespace

base::Result<std::unique_ptr<Journal>> openSqliteJournal(base::Loop& loop, const std::string& directory,
                                                         telemetry::Registry& metrics,
                                                         Journal::Limits limits) {
  auto lock = DirectoryLock::take(directory);
  if (!lock) return std::unexpected(lock.error());
  const std::string path = directory + "/journal.db";
  auto journal = std::make_unique<SqliteJournal>(loop, path, std::move(*lock), limits);
  if (auto ok = journal->start(metrics); !ok) return std::unexpected(toError(ok.error(), path));
  return journal;
}

}  // namespace faasbatch::journal
