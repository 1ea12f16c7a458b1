// For tests of the provider: an API server that does what it is told, and pods that are servers on loopback
// addresses of their own, all on one port as in a cluster.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/json/members.h"
#include "lib/json/path.h"
#include "lib/net/server.h"
#include "lib/testing/eventually.h"
#include "node-agent/pods/kubernetes/kubernetes_provider.h"

namespace faasbatch::pods {

class ScriptedApi final : public PodApi {
 public:
  explicit ScriptedApi(net::EventLoop& loop) : loop_(loop) {}
  ~ScriptedApi() override { *alive_ = false; }

  std::optional<kube::ApiError> refuse;        // what create() answers
  std::optional<kube::ApiError> refuseRemove;  // what remove() answers
  bool hold = false;                           // create() is not answered
  std::string warning;
  std::vector<std::string> created;                            // manifests
  std::vector<std::pair<std::string, std::uint32_t>> removed;  // names, with the grace
  std::vector<std::pair<std::string, std::string>> patched;
  std::map<std::string, ObservedPod> pods;  // that exist

  void watch(Watcher watcher) override { watcher_ = std::move(watcher); }
  void create(const std::string& nameSpace, std::string manifest, Done done) override {
    created.push_back(manifest);
    if (hold) return held_.push_back(std::move(done));
    if (!refuse) add(nameSpace, manifest);
    answer(std::move(done), refuse);
  }
  void patch(const kube::ObjectKey& key, std::string mergePatch, Done done) override {
    patched.emplace_back(key.name, std::move(mergePatch));
    answer(std::move(done), std::nullopt);
  }
  void remove(const kube::ObjectKey& key, std::uint32_t graceSeconds, Done done) override {
    removed.emplace_back(key.name, graceSeconds);
    std::optional<kube::ApiError> error = refuseRemove;
    if (!pods.contains(key.name))
      error = kube::ApiError{.status = 404, .reason = "NotFound", .message = "gone"};
    answer(std::move(done), error);
    if (!error) vanish(key.name);
  }
  void lastWarning(const kube::ObjectKey& /*key*/, std::move_only_function<void(std::string)> done) override {
    later([this, done = std::move(done)]() mutable { done(warning); });
  }

  void synced() {
    later([this] { watcher_.onSynced(); });
  }
  // The pod changes, and the watch says so.
  void change(const std::string& name, const std::function<void(ObservedPod&)>& how) {
    how(pods.at(name));
    later([this, pod = pods.at(name)] { watcher_.onSeen(pod); });
  }
  void vanish(const std::string& name) {
    auto node = pods.extract(name);
    later([this, pod = std::move(node.mapped())] { watcher_.onDeleted(pod); });
  }
  void appear(ObservedPod pod) {
    const std::string name = pod.key.name;
    pods[name] = std::move(pod);
    change(name, [](ObservedPod&) {});
  }
  void answerHeld(const std::optional<kube::ApiError>& error) {
    for (Done& done : std::exchange(held_, {})) answer(std::move(done), error);
  }

 private:
  void later(std::move_only_function<void()> task) {
    loop_.post([alive = alive_, task = std::move(task)]() mutable {
      if (*alive) task();
    });
  }
  void answer(Done done, std::optional<kube::ApiError> error) {
    later([done = std::move(done), error = std::move(error)]() mutable {
      kube::Result<void> result;
      if (error) result = std::unexpected(*error);
      done(std::move(result));
    });
  }
  void add(const std::string& nameSpace, const std::string& manifest) {
    const std::string name = json::asString(*json::at(manifest, {"metadata", "name"})).value_or("");
    appear({.key = {nameSpace, name}, .uid = "uid-" + name});
  }

  net::EventLoop& loop_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  Watcher watcher_;
  std::vector<Done> held_;
};

// What runs in a pod: answers /v1/status to those who show its token.
class ScriptedRuntime {
 public:
  ScriptedRuntime(net::EventLoop& loop, std::string host, std::uint16_t port, std::string token,
                  std::string status)
      : host_(std::move(host)), token_("Bearer " + std::move(token)), status_(std::move(status)) {
    auto server = net::Server::listen(
        loop, {.kind = net::Endpoint::Kind::kTcp, .host = host_, .port = port, .path = {}}, {},
        [this](const net::Request& request, net::Responder responder) {
          const bool known = request.headers.find("Authorization") == token_;
          responder.send({.status = known ? 200 : 401, .headers = {}, .body = known ? status_ : "{}"});
        });
    if (!server) ADD_FAILURE() << server.error().message;
    server_ = std::move(*server);
  }
  std::uint16_t port() const { return server_->endpoint().port; }

 private:
  std::string host_;
  std::string token_;
  std::string status_;
  std::unique_ptr<net::Server> server_;
};

}  // namespace faasbatch::pods
