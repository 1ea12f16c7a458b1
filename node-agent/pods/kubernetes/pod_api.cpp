#include "node-agent/pods/kubernetes/pod_api.h"

#include <utility>

#include "lib/base/mailbox.h"
#include "lib/cluster/names.h"
#include "lib/kube/informer.h"
#include "node-agent/pods/kubernetes/pod_warning.h"

namespace faasbatch::pods {
namespace {

constexpr std::size_t kMaxEvents = 100;  // read of a pod
constexpr std::size_t kMaxPods = 2'000;  // of a node

// For an answer whose object does not matter.
template <class Answer>
kube::Client::Done<Answer> answerTo(PodApi::Done done, const base::Mailbox::Sender& back) {
  return [back, done = std::move(done)](kube::Result<Answer> answer) mutable {
    kube::Result<void> result;
    if (!answer) result = std::unexpected(std::move(answer.error()));
    back([done = std::move(done), result = std::move(result)]() mutable { done(std::move(result)); });
  };
}

class ApiPods final : public PodApi {
 public:
  ApiPods(net::EventLoop& loop, kube::ClientThread& thread, std::string node)
      : thread_(thread), node_(std::move(node)), mailbox_(loop), back_(mailbox_.sender()) {}

  ~ApiPods() override {
    thread_.run([this](kube::Client& /*client*/) { informer_.reset(); });
  }

  void watch(Watcher watcher) override {
    watcher_ = std::move(watcher);
    thread_.post([this](kube::Client& client) {
      kube::InformerOptions options{.resource = kube::kPods};
      options.selection.fieldSelector = "spec.nodeName=" + node_;
      options.selection.labelSelector.append(cluster::kManagedBy)
          .append("=")
          .append(cluster::kManagedByAgent);
      options.maxObjects = kMaxPods;
      const auto seen = [this](const kube::Object& pod) {
        back_([this, pod = observePod(pod)]() mutable { watcher_.onSeen(std::move(pod)); });
      };
      informer_ = kube::Informer::start(
          thread_.loop(), client, std::move(options),
          {.onAdded = seen,
           .onUpdated = [seen](const kube::Object& /*before*/, const kube::Object& pod) { seen(pod); },
           .onDeleted =
               [this](const kube::Object& pod) {
                 back_([this, pod = observePod(pod)]() mutable { watcher_.onDeleted(std::move(pod)); });
               },
           .onSynced = [this] { back_([this] { watcher_.onSynced(); }); }});
    });
  }

  void create(const std::string& nameSpace, std::string manifest, Done done) override {
    thread_.post([nameSpace, manifest = std::move(manifest),
                  done = answerTo<kube::Object>(std::move(done), back_)](kube::Client& client) mutable {
      client.create(kube::kPods, nameSpace, std::move(manifest), {}, std::move(done));
    });
  }

  void patch(const kube::ObjectKey& key, std::string mergePatch, Done done) override {
    thread_.post([key, mergePatch = std::move(mergePatch),
                  done = answerTo<kube::Object>(std::move(done), back_)](kube::Client& client) mutable {
      client.patch(kube::kPods, key, kube::PatchType::kMerge, std::move(mergePatch), {}, std::move(done));
    });
  }

  void remove(const kube::ObjectKey& key, std::uint32_t graceSeconds, Done done) override {
    thread_.post(
        [key, graceSeconds, done = answerTo<void>(std::move(done), back_)](kube::Client& client) mutable {
          kube::DeleteOptions options;
          options.gracePeriodSeconds = static_cast<int>(graceSeconds);
          client.remove(kube::kPods, key, options, std::move(done));
        });
  }

  void lastWarning(const kube::ObjectKey& key, std::move_only_function<void(std::string)> done) override {
    thread_.post([key, back = back_, done = std::move(done)](kube::Client& client) mutable {
      const kube::Selection selection{.nameSpace = key.nameSpace,
                                      .labelSelector = {},
                                      .fieldSelector = "regarding.kind=Pod,regarding.name=" + key.name};
      client.list(
          kube::kEvents, selection, kMaxEvents, "",
          [back, done = std::move(done)](const kube::Result<kube::Page>& page) mutable {
            std::string text = page ? newestWarning(*page) : "";
            back([done = std::move(done), text = std::move(text)]() mutable { done(std::move(text)); });
          });
    });
  }

 private:
  kube::ClientThread& thread_;
  const std::string node_;
  Watcher watcher_;  // used on the provider's loop
  const base::Mailbox mailbox_;
  const base::Mailbox::Sender back_;
  std::unique_ptr<kube::Informer> informer_;  // the thread's
};

}  // namespace

std::unique_ptr<PodApi> makePodApi(net::EventLoop& loop, kube::ClientThread& thread, std::string node) {
  return std::make_unique<ApiPods>(loop, thread, std::move(node));
}

}  // namespace faasbatch::pods
