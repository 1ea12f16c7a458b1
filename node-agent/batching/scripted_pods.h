// Pods for tests: HTTP servers that speak the runtime contract on Unix sockets, and do what the calls tell
// them to.
//
// An input {"do": WHAT} is answered so: "echo" (the default): the input; "wait": only when release() is
// called; "hang": never; "fail": a ValueError; "late": a Timeout; "crash": WorkerCrashed, with "alone" as
// given; "cut": the stream is cut; "bad": a line that is none; "twice": two results; "stranger": the result
// of a call that is not in the batch; "short": the stream ends without the result; "die": the pod is lost;
// "log": two log lines, then the input. A function whose inline source is "broken" fails to load, "slow"
// never loads, "dies" loses the pod while it loads, "cuts" its connection.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/ids.h"
#include "lib/json/members.h"
#include "lib/json/write.h"
#include "lib/net/server.h"
#include "node-agent/pods/provider.h"

namespace faasbatch::batching {

class ScriptedPods final : public pods::Provider {
 public:
  explicit ScriptedPods(net::EventLoop& loop) : loop_(loop) {}
  ~ScriptedPods() override {
    *alive_ = false;
    for (const PodPtr& pod : all_) {  // a server's handler holds its pod, and a pod its server
      pod->waiting.clear();
      pod->never.clear();
      pod->server.reset();
      unlink(pod->path.c_str());
    }
  }

  std::size_t created = 0;
  std::size_t mostAlive = 0;
  bool recycle = false;              // what /v1/status says
  bool refuseStarts = false;         // create() ends in NoCapacity
  std::size_t nodeHolds = SIZE_MAX;  // pods; create() of more ends in NodeFull
  bool holdStarts = false;           // pods do not get ready before startHeld()
  std::string waitFor;               // what they say that they wait for
  std::string why;                   // how lost ones ended
  bool holdWhy = false;              // that is not said before sayWhy()
  std::vector<std::string> seen;     // inputs in the order they came
  std::vector<std::size_t> batches;  // sizes
  std::vector<std::string> cancelled;
  std::vector<std::string> ended;  // names of pods that were destroyed or died
  std::size_t alivePods() const { return pods_.size(); }
  // Pods of an earlier agent that discover() reports: made with leave().
  std::vector<pods::FoundPod> left;
  std::vector<std::string> specialisedPods;
  std::vector<std::string> stores;  // bodies of /v1/store
  std::vector<pods::Stock> genericsMade;
  bool ownPods = false;       // no function can use a generic pod
  bool perNamespace = false;  // a stock for each namespace

  std::optional<pods::Stock> stockFor(const calls::FunctionKey& key,
                                      const workflow::FunctionSpec& spec) const override {
    if (ownPods) return std::nullopt;
    return pods::Stock{.nameSpace = perNamespace ? key.nameSpace : "", .runtime = spec.runtime};
  }

  std::string waitsFor(const std::string& /*name*/) const override { return waitFor; }

  void whyEnded(const std::string& /*name*/, std::move_only_function<void(std::string)> done) override {
    if (!holdWhy) return done(why);
    whyAsked_.push_back(std::move(done));
  }
  std::size_t whyAsked() const { return whyAsked_.size(); }
  void sayWhy() {
    for (auto& done : std::exchange(whyAsked_, {})) done(why);
  }

  void create(const pods::PodRequest& request,
              std::move_only_function<void(base::Result<pods::PodEndpoint>)> ready,
              std::move_only_function<void(std::string)> gone) override {
    ++created;
    if (request.spec == nullptr) genericsMade.push_back({request.nameSpace, request.runtime});
    auto pod = std::make_shared<ScriptedPod>();
    pod->name = request.name;
    pod->gone = std::move(gone);
    pods_[request.name] = pod;
    all_.push_back(pod);
    mostAlive = std::max(mostAlive, pods_.size());
    auto start = [this, pod, ready = std::move(ready)]() mutable {
      const bool full = pods_.size() > nodeHolds;
      if (full || refuseStarts || !pods_.contains(pod->name)) {
        pods_.erase(pod->name);
        ready(base::fail(full ? "NodeFull" : refuseStarts ? "NoCapacity" : "PodLost", "scripted"));
        return;
      }
      ready(pods::PodEndpoint{.endpoint = listen(pod), .token = {}});
    };
    if (holdStarts) {
      held_.emplace_back(std::move(start));
    } else {
      later(std::move(start));
    }
  }

  // A pod that an earlier agent left: `function` is what it has loaded.
  void leave(const std::string& name, std::optional<pods::Stock> stock, std::string function = {},
             std::string digest = {}, std::string made = "today") {
    auto pod = std::make_shared<ScriptedPod>();
    pod->name = name;
    pod->gone = [](const std::string&) {};
    pods_[name] = pod;
    all_.push_back(pod);
    left.push_back({.name = name,
                    .endpoint = {.endpoint = listen(pod), .token = {}},
                    .stock = std::move(stock),
                    .function = std::move(function),
                    .digest = std::move(digest),
                    .made = std::move(made)});
  }

  void discover(std::move_only_function<void(std::vector<pods::FoundPod>)> done) override {
    later([this, done = std::move(done)]() mutable { done(std::exchange(left, {})); });
  }
  void adopt(const std::string& name, std::move_only_function<void(std::string)> gone) override {
    pods_.at(name)->gone = std::move(gone);
  }
  void specialised(const std::string& name, const calls::FunctionKey& /*key*/,
                   const workflow::FunctionSpec& /*spec*/) override {
    specialisedPods.push_back(name);
  }

  std::string makeOf(const pods::PodRequest& request) const override {
    return request.spec != nullptr && ownPods ? "own" : "today";
  }
  void onLeaving(std::function<void(const std::string&, const std::string&)> handler) override {
    leaving = std::move(handler);
  }
  std::function<void(const std::string& name, const std::string& reason)> leaving;

  void startHeld() {
    holdStarts = false;
    for (auto& start : std::exchange(held_, {})) later(std::move(start));
  }

  void destroy(const std::string& name, bool /*force*/) override { lose(name, "destroyed"); }
  void shutdown(std::move_only_function<void()> done) override {
    while (!pods_.empty()) lose(pods_.begin()->first, "shut down");
    later(std::move(done));
  }

  // Ends a pod as if its process had died.
  void lose(const std::string& name, const std::string& why) {
    const auto found = pods_.find(name);
    if (found == pods_.end()) return;
    ended.push_back(name);
    later([pod = found->second, why] {
      if (!pod->server) return;
      pod->waiting.clear();
      pod->server.reset();
      unlink(pod->path.c_str());
      pod->gone(why);
    });
    pods_.erase(found);
  }

  // Answers all calls that wait; returns how many.
  std::size_t release() {
    std::size_t released = 0;
    for (const auto& [name, pod] : pods_) {
      for (Waiting& call : std::exchange(pod->waiting, {})) {
        ++released;
        call.stream->result(call.id, call.input);
      }
    }
    return released;
  }

  std::size_t waiting() const {
    std::size_t count = 0;
    for (const auto& [name, pod] : pods_) count += pod->waiting.size();
    return count;
  }

 private:
  struct Stream {
    explicit Stream(net::Responder r) : responder(std::move(r)) {}
    void line(std::string text) { responder.write(std::move(text) + "\n"); }
    void result(const std::string& id, std::string_view output) {
      line(R"({"id":")" + id + R"(","status":"Succeeded","queueUs":1,"execUs":2,"storeUs":1,"output":)" +
           std::string(output) + "}");
      close();
    }
    void error(const std::string& id, std::string_view error) {
      line(R"({"id":")" + id + R"(","status":"Failed","queueUs":3,"execUs":20,"storeUs":0,"error":)" +
           std::string(error) + "}");
      close();
    }
    void close() {
      if (--open == 0) responder.end();
    }
    net::Responder responder;
    std::size_t open = 0;
  };
  struct Waiting {
    std::string id;
    std::string input;
    std::shared_ptr<Stream> stream;
  };
  struct ScriptedPod {
    std::string name;
    std::string path;
    std::unique_ptr<net::Server> server;
    std::move_only_function<void(std::string)> gone;
    std::vector<Waiting> waiting;
    std::vector<std::shared_ptr<net::Responder>> never;
  };
  using PodPtr = std::shared_ptr<ScriptedPod>;

  net::Endpoint listen(const PodPtr& pod) {
    const net::Endpoint at{.kind = net::Endpoint::Kind::kUnix,
                           .host = {},
                           .port = 0,
                           .path = "/tmp/" + base::newName("faasbatch-test") + ".sock"};
    auto server =
        net::Server::listen(loop_, at, {}, [this, pod](net::Request request, net::Responder responder) {
          serve(pod, request, std::move(responder));
        });
    pod->path = at.path;
    pod->server = std::move(*server);
    return at;
  }

  void later(std::move_only_function<void()> task) {
    loop_.post([alive = alive_, task = std::move(task)]() mutable {
      if (*alive) task();
    });
  }

  static std::string text(const std::vector<json::Member>& members, std::string_view key) {
    const auto raw = json::find(members, key);
    return raw ? json::asString(*raw).value_or("") : "";
  }

  void serve(const PodPtr& pod, const net::Request& request, net::Responder responder) {
    if (request.path() == "/v1/init") {
      init(pod, request, std::move(responder));
    } else if (request.path() == "/v1/batch") {
      batch(pod, request.body, std::move(responder));
    } else if (request.path() == "/v1/store") {
      stores.push_back(request.body);
      responder.send({.status = 200, .headers = {}, .body = "{}"});
    } else if (request.path() == "/v1/cancel") {
      const auto members = json::members(request.body);
      const auto ids = json::elements(json::find(*members, "ids").value_or("[]"));
      for (const std::string_view id : *ids) cancel(pod, json::asString(id).value_or(""));
      responder.send({.status = 202, .headers = {}, .body = "{}"});
    } else {
      responder.send(
          {.status = 200,
           .headers = {},
           .body = std::string(R"({"state":"Ready","recycle":)") + (recycle ? "true}" : "false}")});
    }
  }

  void init(const PodPtr& pod, const net::Request& request, net::Responder responder) {
    const auto members = json::members(request.body);
    const auto source = json::members(json::find(*members, "source").value_or("{}"));
    const std::string code = text(*source, "inline");
    if (code == "broken") {
      responder.send({.status = 422,
                      .headers = {},
                      .body = R"({"reason":"LoadFailed","error":{"type":"SyntaxError","message":"line 1",)"
                              R"("traceback":"File fn.py, line 1"}})"});
    } else if (code == "slow") {
      pod->never.push_back(std::make_shared<net::Responder>(std::move(responder)));
    } else if (code == "cuts") {
      responder.abort();
    } else if (code == "dies") {
      lose(pod->name, "died while loading");
    } else {
      responder.send({.status = 200, .headers = {}, .body = R"({"state":"Ready","loadMs":1})"});
    }
  }

  void cancel(const PodPtr& pod, const std::string& id) {
    cancelled.push_back(id);
    const auto found = std::ranges::find(pod->waiting, id, &Waiting::id);
    if (found == pod->waiting.end()) return;
    const Waiting call = std::move(*found);
    pod->waiting.erase(found);
    call.stream->error(id, R"({"type":"Cancelled","message":"told so"})");
  }

  void batch(const PodPtr& pod, std::string_view body, net::Responder responder) {
    auto stream = std::make_shared<Stream>(std::move(responder));
    stream->responder.begin(200, {});
    stream->open = 1;  // until all lines are read
    std::size_t size = 0;
    while (!body.empty()) {
      const std::string_view line = body.substr(0, body.find('\n'));
      body.remove_prefix(std::min(body.size(), line.size() + 1));
      const auto members = json::members(line);
      ++size;
      ++stream->open;
      call(pod, stream, text(*members, "id"), std::string(json::find(*members, "input").value_or("null")));
    }
    batches.push_back(size);
    stream->close();
  }

  void call(const PodPtr& pod, const std::shared_ptr<Stream>& stream, const std::string& id,
            const std::string& input) {
    seen.push_back(input);
    const auto members = json::members(input);
    const std::string what = members ? text(*members, "do") : "echo";
    if (what == "wait" || what == "hang") {
      pod->waiting.push_back({id, input, stream});
      if (what == "hang") pod->waiting.pop_back();
      if (what == "hang") hanging_.push_back(stream);
    } else if (what == "fail") {
      stream->error(id, R"({"type":"ValueError","message":"no","traceback":"tb"})");
    } else if (what == "late") {
      stream->error(id, R"({"type":"Timeout","message":"30 s are over"})");
    } else if (what == "crash") {
      const std::string alone(json::find(*members, "alone").value_or("false"));
      stream->error(id, R"({"type":"WorkerCrashed","message":"signal 11","alone":)" + alone + "}");
    } else if (what == "cut") {
      stream->responder.abort();
    } else if (what == "bad") {
      stream->line("this is no JSON");
    } else if (what == "twice") {
      stream->line(R"({"id":")" + id + R"(","status":"Succeeded","output":1})");
      stream->result(id, "2");
    } else if (what == "stranger") {
      stream->result("999999", "1");
    } else if (what == "short") {
      stream->close();
    } else if (what == "die") {
      lose(pod->name, "signal 9 (Killed)");
    } else {
      if (what == "log") {
        stream->line(R"({"id":")" + id + R"(","logs":[{"time":1.5,"stream":"stdout","text":"a\n"},)" +
                     R"({"time":1.6,"stream":"stderr","text":"b\n"}]})");
      }
      stream->result(id, input);
    }
  }

  net::EventLoop& loop_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::map<std::string, PodPtr> pods_;
  std::vector<PodPtr> all_;
  std::vector<std::move_only_function<void()>> held_;
  std::vector<std::move_only_function<void(std::string)>> whyAsked_;
  std::vector<std::shared_ptr<Stream>> hanging_;
};

}  // namespace faasbatch::batching
