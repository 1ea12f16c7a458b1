// A loop, scripted pods and a dispatcher, on the test's own thread.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "node-agent/batching/dispatcher.h"
#include "node-agent/batching/scripted_pods.h"

namespace faasbatch::batching {

inline const calls::FunctionKey kKey{"default", "wf", "f"};

// One of everything; the defaults are those of the contract, without generic pods.
class Harness {
 public:
  explicit Harness(Dispatcher::Options options = quiet(), pods::Provider* provider = nullptr)
      : loop(net::EventLoop::make()), scripted(*loop) {
    dispatcher =
        Dispatcher::make(*loop, provider != nullptr ? *provider : scripted, metrics, std::move(options));
  }

  ~Harness() { dispatcher.reset(); }  // which ends what is under way: while there is somewhere to note it
  Harness(const Harness&) = delete;
  Harness& operator=(const Harness&) = delete;

  static Dispatcher::Options quiet() {
    Dispatcher::Options options;
    options.genericWarmPods = false;
    return options;
  }

  static workflow::FunctionSpec spec(std::string source = "code") {
    workflow::FunctionSpec spec{.name = "f", .handler = "fn.handler", .source = {.text = std::move(source)}};
    spec.digest = "d-" + spec.source.text;
    return spec;
  }

  // The number of the call, from 1.
  calls::CallId submit(std::string input = "null", const std::function<void(calls::Call&)>& change = nullptr,
                       const calls::FunctionKey& key = kKey) {
    const calls::CallId id = ++last_;
    calls::Call call{.id = id, .invocationId = "inv", .step = "s", .input = base::Payload(std::move(input))};
    call.deadline = loop->now() + std::chrono::seconds(60);
    call.timeout = std::chrono::seconds(30);
    if (change) change(call);
    submittedAt[id] = loop->now();
    CallObserver observer;
    observer.onStarted = [this, id](const calls::Where& where, base::Instant) {
      ++started[id];
      podsOfCalls_[id] = where.pod;
    };
    observer.onLog = [this, id](calls::LogLine line) { logs[id].push_back(std::move(line)); };
    observer.onDone = [this, id](calls::CallResult result) {
      EXPECT_FALSE(submitting_) << "onDone from inside submit()";
      EXPECT_TRUE(results.emplace(id, std::move(result)).second) << "call " << id << " ended twice";
      order.push_back(id);
    };
    submitting_ = true;
    const base::Result<void> result = dispatcher->submit(key, std::move(call), std::move(observer));
    submitting_ = false;
    if (!result) refused[id] = result.error();
    return id;
  }

  std::vector<calls::CallId> submitMany(int count, const std::string& input = "null") {
    std::vector<calls::CallId> ids;
    ids.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) ids.push_back(submit(input));
    return ids;
  }

  // Runs the loop until `done` holds. Fails after 20 s: longer than anything here takes.
  void until(const std::function<bool()>& done) {
    bool late = false;
    const base::TimerId limit = loop->after(std::chrono::seconds(20), [&] {
      late = true;
      loop->stop();
    });
    std::function<void()> look = [&] {
      if (done()) {
        loop->stop();
      } else if (!late) {
        loop->after(std::chrono::microseconds(200), look);
      }
    };
    loop->post(look);
    loop->run();
    loop->cancel(limit);
    ASSERT_FALSE(late) << "waited for in vain";
  }
  void untilDone(std::size_t count) {
    until([this, count] { return results.size() >= count; });
  }

  std::string outcome(calls::CallId id) {
    const auto found = results.find(id);
    if (found == results.end()) return "none";
    return found->second.outcome ? std::string(found->second.outcome->view())
                                 : found->second.outcome.error().type;
  }
  std::string podOf(calls::CallId id) { return podsOfCalls_[id]; }
  FunctionStatus status(const calls::FunctionKey& key = kKey) {
    for (FunctionStatus& one : dispatcher->status()) {
      if (one.key == key) return one;
    }
    return {};
  }

  std::unique_ptr<net::EventLoop> loop;
  telemetry::Registry metrics;
  ScriptedPods scripted;
  std::unique_ptr<Dispatcher> dispatcher;
  std::map<calls::CallId, calls::CallResult> results;
  std::map<calls::CallId, base::Instant> submittedAt;
  std::map<calls::CallId, base::Error> refused;
  std::map<calls::CallId, int> started;
  std::map<calls::CallId, std::vector<calls::LogLine>> logs;
  std::vector<calls::CallId> order;

 private:
  std::map<calls::CallId, std::string> podsOfCalls_;
  calls::CallId last_ = 0;
  bool submitting_ = false;
};

}  // namespace faasbatch::batching
