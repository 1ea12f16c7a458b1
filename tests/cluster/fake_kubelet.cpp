#include "tests/cluster/fake_kubelet.h"

#include <signal.h>
#include <unistd.h>

#include <utility>

#include "lib/json/members.h"
#include "lib/json/path.h"

namespace faasbatch::testing {
namespace {

constexpr base::Duration kLookEvery = std::chrono::milliseconds(10);

std::string textAt(std::string_view json, std::initializer_list<std::string_view> path) {
  const auto raw = json::at(json, path);
  return raw ? json::asString(*raw).value_or("") : "";
}

// The elements of the list at `member`.
std::vector<std::string_view> listAt(std::string_view json, std::string_view member) {
  const auto raw = json::at(json, {member});
  return raw ? json::elements(*raw).value_or(std::vector<std::string_view>())
             : std::vector<std::string_view>();
}

// Another one for each pod of each test that runs at the same time.
std::string addressOf(std::size_t number) {
  const auto part = [](std::size_t value) { return std::to_string(value % 250 + 1); };
  return "127." + part(static_cast<std::size_t>(getpid())) + "." + part(number / 250 + getpid() / 250) + "." +
         part(number);
}

// What a container's image would do with its arguments and environment, on the pod's own address.
std::vector<std::string> commandOf(std::string_view container, const std::string& address) {
  std::vector<std::string> command{std::string(FAASBATCH_BIN_DIR) + "/faasbatch-runtime"};
  for (const std::string_view argument : listAt(container, "args")) {
    std::string text = json::asString(argument).value_or("");
    command.push_back(text.starts_with(':') ? address + text : text);
  }
  return command;
}

std::vector<std::string> environmentOf(std::string_view container) {
  std::vector<std::string> all;
  for (const std::string_view one : listAt(container, "env"))
    all.push_back(textAt(one, {"name"}) + "=" + textAt(one, {"value"}));
  return all;
}

std::string waiting(const std::string& reason, const std::string& message) {
  return R"({"phase":"Pending","containerStatuses":[{"name":"runtime","state":{"waiting":{"reason":")" +
         reason + R"(","message":")" + message + R"("}}}]})";
}

}  // namespace

FakeKubelet::FakeKubelet(const kube::ClientThread::MakeAccess& access, std::string node)
    : node_(std::move(node)), thread_(std::move(*kube::ClientThread::start(access))) {
  thread_->run([this](kube::Client& client) {
    client_ = &client;
    kube::InformerOptions options{.resource = kube::kPods};
    options.selection.fieldSelector = "spec.nodeName=" + node_;
    informer_ = kube::Informer::start(
        thread_->loop(), client, std::move(options),
        {.onAdded = [this](const kube::Object& pod) { onPod(pod); },
         .onUpdated = [this](const kube::Object&, const kube::Object& pod) { onPod(pod); },
         .onDeleted = [this](const kube::Object& pod) { pods_.erase(pod.key.name); },
         .onSynced = [] {}});
    look();
  });
}

FakeKubelet::~FakeKubelet() {
  thread_->run([this](kube::Client&) {
    informer_.reset();
    pods_.clear();
  });
}

void FakeKubelet::onPod(const kube::Object& object) {
  const auto known = pods_.find(object.key.name);
  if (known != pods_.end()) {
    if (object.deleting && !std::exchange(known->second.deleting, true) && known->second.process)
      known->second.process->signal(SIGTERM);
    return;
  }
  Pod& pod = pods_[object.key.name];
  pod.key = object.key;
  pod.deleting = object.deleting;
  manifest_ = object.json;
  switch (mood_) {
    case Mood::kWell:
      return start(pod, object);
    case Mood::kSilent:
      return;
    case Mood::kNoImage:
      say(pod, waiting("ErrImagePull", "no such image: example/none"));
      return say(pod, waiting("ImagePullBackOff", "Back-off pulling image"));
    case Mood::kNoRoom:
      pod.told = true;
      return say(
          pod,
          R"({"phase":"Failed","reason":"OutOfpods","message":"Node didn't have enough resource: pods"})");
    case Mood::kUnhealthy:
      return say(pod, R"({"phase":"Running","podIP":")" + addressOf(++started_) + "\"}");
  }
}

void FakeKubelet::start(Pod& pod, const kube::Object& object) {
  const auto containers = listAt(json::at(object.json, {"spec"}).value_or("{}"), "containers");
  if (containers.empty()) return;  // a test's own: it says itself what becomes of it
  pod.address = addressOf(++started_);
  pod.process =
      std::make_unique<ChildProcess>(commandOf(containers.at(0), pod.address),
                                     ChildProcess::Options{.environment = environmentOf(containers.at(0))});
  say(pod, R"({"phase":"Running","podIP":")" + pod.address +
               R"(","containerStatuses":[{"name":"runtime","state":{"running":{}}}]})");
}

void FakeKubelet::say(const Pod& pod, const std::string& status) {
  client_->patch(kube::kPods, pod.key, kube::PatchType::kMerge, R"({"status":)" + status + "}",
                 {.subresource = "status"}, [](const kube::Result<kube::Object>&) {});
}

void FakeKubelet::forget(const Pod& pod) {
  client_->remove(kube::kPods, pod.key, {.gracePeriodSeconds = 0}, [](const kube::Result<void>&) {});
}

void FakeKubelet::look() {
  for (auto& [name, pod] : pods_) {
    const bool ended = pod.process == nullptr || !pod.process->running();
    if (!ended || pod.told) continue;
    if (pod.deleting) {
      pod.told = true;
      forget(pod);
    } else if (pod.process != nullptr) {
      pod.told = true;
      say(pod,
          R"({"phase":"Failed","containerStatuses":[{"name":"runtime","state":{"terminated":{"reason":")" +
              pod.endReason + R"(","exitCode":137}}}]})");
    }
  }
  thread_->loop().after(kLookEvery, [this] { look(); });
}

void FakeKubelet::setMood(Mood mood) {
  thread_->run([&](kube::Client&) { mood_ = mood; });
}

std::vector<std::string> FakeKubelet::running() {
  std::vector<std::string> names;
  thread_->run([&](kube::Client&) {
    for (auto& [name, pod] : pods_) {
      if (pod.process && pod.process->running()) names.push_back(name);
    }
  });
  return names;
}

std::size_t FakeKubelet::started() {
  std::size_t count = 0;
  thread_->run([&](kube::Client&) { count = started_; });
  return count;
}

std::string FakeKubelet::lastManifest() {
  std::string text;
  thread_->run([&](kube::Client&) { text = manifest_; });
  return text;
}

void FakeKubelet::killForMemory(const std::string& name) {
  thread_->run([&](kube::Client&) {
    Pod& pod = pods_.at(name);
    pod.endReason = "OOMKilled";
    pod.process->signal(SIGKILL);
  });
}

void FakeKubelet::evict(const std::string& name) {
  thread_->run([&](kube::Client&) {
    Pod& pod = pods_.at(name);
    pod.told = true;
    say(pod, R"({"phase":"Failed","reason":"Evicted","message":"The node was low on resource: memory."})");
    pod.process->signal(SIGKILL);
  });
}

}  // namespace faasbatch::testing
