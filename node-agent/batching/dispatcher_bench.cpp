// What a call costs in the agent, and how long a cold function takes: the dispatcher with real process pods.
//   batching_dispatcher_bench [PATH OF faasbatch-runtime]
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

#include "node-agent/batching/dispatcher.h"
#include "node-agent/pods/process/process_provider.h"

namespace {

using namespace faasbatch;
using std::chrono::seconds;

const calls::FunctionKey kKey{"default", "bench", "f"};

// A figure of calls that failed is no figure.
[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

double cpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

struct Bench {
  net::EventLoop& loop;
  pods::Provider& provider;
  telemetry::Registry metrics;
  std::unique_ptr<batching::Dispatcher> dispatcher;
  calls::CallId last = 0;

  Bench(net::EventLoop& l, pods::Provider& p, bool generic) : loop(l), provider(p) {
    batching::Dispatcher::Options options;
    options.genericWarmPods = generic;
    dispatcher = batching::Dispatcher::make(loop, provider, metrics, options);
  }

  void apply(const std::string& digest) {
    workflow::FunctionSpec spec{.name = "f", .handler = "fn.handler"};
    spec.source.text = "def handler(event, context):\n    return event\n";
    spec.digest = digest;
    dispatcher->apply(kKey, spec);
  }

  void submit(std::function<void(const calls::CallResult&)> done) {
    calls::Call call{.id = ++last, .invocationId = "bench", .step = "s", .input = base::Payload("{\"n\":1}")};
    call.deadline = loop.now() + seconds(60);
    call.timeout = seconds(30);
    batching::CallObserver observer;
    observer.onDone = [done = std::move(done)](const calls::CallResult& result) {
      if (!result.outcome) fail(result.outcome.error().message);
      done(result);
    };
    const base::Result<void> taken = dispatcher->submit(kKey, std::move(call), std::move(observer));
    if (!taken) fail(taken.error().message);
  }

  double once() {
    double micros = 0;
    submit([&](const calls::CallResult& result) {
      micros = static_cast<double>(result.receipt.total().count()) / 1e3;
      loop.stop();
    });
    loop.run();
    if (micros <= 0) fail("the loop stopped before the call had ended");
    return micros;
  }

  void rest(base::Duration d) {
    loop.after(d, [this] { loop.stop(); });
    loop.run();
  }
};

double quantile(std::vector<double> values, double q) {
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))];
}

void warm(Bench& bench) {
  bench.apply("d");
  bench.once();
  constexpr int kCalls = 5000;
  std::vector<double> all;
  all.reserve(kCalls);
  for (int i = 0; i < kCalls; ++i) all.push_back(bench.once());
  std::printf("warm call, one at a time: p50 %.0f us, p99 %.0f us\n", quantile(all, 0.5),
              quantile(all, 0.99));
}

void closedLoop(Bench& bench, int callers) {
  constexpr int kCalls = 40'000;
  int toStart = kCalls;
  int open = 0;
  int ended = 0;
  double sizes = 0;
  std::function<void()> again = [&] {
    --toStart;
    ++open;
    bench.submit([&](const calls::CallResult& result) {
      sizes += 1.0 / result.where.batchSize;
      --open;
      ++ended;
      if (toStart > 0) again();
      if (open == 0) bench.loop.stop();  // not before the last: the callbacks refer to this frame
    });
  };
  const double cpu = cpuSeconds();
  const base::Instant begin = bench.loop.now();
  for (int i = 0; i < callers; ++i) again();
  bench.loop.run();
  const double took = static_cast<double>((bench.loop.now() - begin).count()) / 1e9;
  std::printf("%d callers: %.0f calls/s, mean batch %.1f, agent CPU %.1f us a call\n", callers, ended / took,
              ended / sizes, (cpuSeconds() - cpu) * 1e6 / ended);
  if (ended != kCalls) fail("calls were lost");
  bench.rest(std::chrono::milliseconds(50));
}

void cold(Bench& bench, const char* name, base::Duration pause) {
  constexpr int kCalls = 30;
  std::vector<double> all;
  all.reserve(kCalls);
  for (int i = 0; i < kCalls; ++i) {
    bench.apply("cold" + std::to_string(i));
    bench.rest(pause);
    all.push_back(bench.once() / 1e3);
  }
  std::printf("cold call, %s: p50 %.1f ms, p99 %.1f ms\n", name, quantile(all, 0.5), quantile(all, 0.99));
}

}  // namespace

int main(int argc, char** argv) {
  const auto loop = net::EventLoop::make();
  auto provider = pods::makeProcessProvider(
      *loop, {.runtime = argc > 1 ? argv[1] : FAASBATCH_BIN_DIR "/faasbatch-runtime"});
  if (!provider) {
    std::fprintf(stderr, "%s\n", provider.error().message.c_str());
    return 1;
  }
  {
    Bench bench(*loop, **provider, false);
    warm(bench);
    for (const int callers : {8, 32, 64}) closedLoop(bench, callers);
    cold(bench, "no generic pod", std::chrono::milliseconds(100));
  }
  {
    Bench bench(*loop, **provider, true);
    cold(bench, "with a generic pod", std::chrono::milliseconds(300));
  }
  return 0;
}
