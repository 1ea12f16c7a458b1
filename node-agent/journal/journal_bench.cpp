// What the journal takes: begin() with fsync at 64 outstanding, and records without waiting.
//   journal_journal_bench [DIRECTORY] [SECONDS]
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/ids.h"
#include "lib/testing/temp_dir.h"
#include "lib/testing/test_loop.h"
#include "node-agent/journal/sqlite.h"

namespace faasbatch::journal {
namespace {

constexpr int kOutstanding = 64;
const std::string kAccepted =
    R"({"event":"Accepted","at":1700000000000000000,"input":")" + std::string(300, 'x') + "\"}";

double cpuSeconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

class Bench {
 public:
  Bench(const std::string& directory, base::Duration time) : time_(time) {
    auto journal = openSqliteJournal(loop_, directory, metrics_);
    if (!journal) {
      std::fprintf(stderr, "%s\n", journal.error().message.c_str());
      std::exit(1);
    }
    journal_ = std::move(*journal);
  }

  // 64 runs at a time are accepted, as asynchronous invocations are; each is ended without waiting, as they
  // do.
  void accepted() {
    const base::Instant start = loop_.now();
    const double cpu = cpuSeconds();
    int outstanding = 0;
    const std::function<void()> one = [&] {
      const base::Instant sent = loop_.now();
      RunHead head{base::newInvocationId(sent), "default", "flow", "", "", "", sent};
      ++outstanding;
      journal_->begin(head, {kAccepted}, [&, sent, head](auto result) {
        --outstanding;
        if (!result) {
          std::fprintf(stderr, "%s\n", result.error().message.c_str());
          std::exit(1);
        }
        const base::Instant now = loop_.now();
        took_.push_back(base::toMillis(now - sent));
        journal_->append(head.id, {R"({"event":"AttemptStarted"})", R"({"event":"AttemptEnded"})"}, nullptr);
        end(head);
        if (now - start < time_) one();
      });
    };
    for (int i = 0; i < kOutstanding; ++i) one();
    loop_.runUntil([&] { return outstanding == 0; }, std::chrono::hours(1));
    const double seconds = base::toMillis(loop_.now() - start) / 1e3;
    std::ranges::sort(took_);
    std::printf(
        "begin + fsync, %d outstanding, append and finish behind: %.0f /s, p50 %.2f ms, p99 %.2f ms, max "
        "%.1f ms, "
        "%.1f us CPU each\n",
        kOutstanding, static_cast<double>(took_.size()) / seconds, took_[took_.size() / 2],
        took_[took_.size() * 99 / 100], took_.back(),
        (cpuSeconds() - cpu) * 1e6 / static_cast<double>(took_.size()));
  }

  // Synchronous calls: begin, append and finish, nobody waits; a pause when the queue is half full.
  void written() {
    const base::Instant start = loop_.now();
    const double cpu = cpuSeconds();
    int count = 0;
    telemetry::Gauge& queued = metrics_.gauge("faasbatch_journal_queued_entries", "");
    while (loop_.now() - start < time_) {
      const base::Instant now = loop_.now();
      const RunHead head{base::newInvocationId(now), "default", "flow", "", "", "", now};
      journal_->begin(head, {kAccepted}, nullptr);
      journal_->append(head.id, {R"({"event":"AttemptStarted"})", R"({"event":"AttemptEnded"})"}, nullptr);
      end(head);
      ++count;
      loop_.runReady();
      if (queued.value() > 10'000) loop_.runUntil([&] { return queued.value() < 5'000; });
    }
    loop_.runUntil([&] { return queued.value() == 0; });
    const double seconds = base::toMillis(loop_.now() - start) / 1e3;
    std::printf("begin, append, finish without waiting: %.0f runs/s, %.1f us CPU each\n", count / seconds,
                (cpuSeconds() - cpu) * 1e6 / count);
  }

 private:
  void end(const RunHead& head) {
    static const std::string kRecord = R"({"record":")" + std::string(700, 'r') + "\"}";
    static const std::string kSummary = R"({"summary":")" + std::string(150, 's') + "\"}";
    journal_->finish({head, "Succeeded", loop_.now(), kRecord, kSummary, "", "null", 200}, nullptr);
  }

  const base::Duration time_;
  testing::TestLoop loop_;
  telemetry::Registry metrics_;
  std::unique_ptr<Journal> journal_;
  std::vector<double> took_;
};

}  // namespace
}  // namespace faasbatch::journal

int main(int argc, char** argv) {
  const faasbatch::testing::TempDir temporary;
  const std::string directory = argc > 1 ? argv[1] : temporary.path();
  const auto time = std::chrono::seconds(argc > 2 ? std::atoi(argv[2]) : 3);
  faasbatch::journal::Bench bench(directory, time);
  bench.accepted();
  bench.written();
  return 0;
}
