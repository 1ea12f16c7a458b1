#include "node-agent/cluster/workflow_feed.h"

#include <map>
#include <utility>

#include "lib/base/mailbox.h"
#include "lib/kube/informer.h"

namespace faasbatch::clusterview {
namespace {

// Compiles the spec into the news.
void compileInto(WorkflowNews& news, const kube::Object& object) {
  auto compiled = runs::compileServed(servedObject(object, news.object), object.key.nameSpace);
  if (compiled) {
    news.compiled = std::make_shared<workflow::Compiled>(std::move(*compiled));
    return;
  }
  const workflow::Fault& fault = compiled.error().front();
  news.failure = fault.path.empty() ? fault.message : fault.path + ": " + fault.message;
}

// A list that is read page by page.
struct Listing {
  std::string nameSpace;
  std::string text = R"({"apiVersion":"faasbatch.io/v1alpha1","kind":"FunctionWorkflowList","items":[)";
  std::size_t count = 0;
  std::move_only_function<void(kube::Result<std::string>)> done;
};

void listFrom(kube::Client& client, const std::string& next, const std::shared_ptr<Listing>& listing) {
  client.list(kube::kFunctionWorkflows, {.nameSpace = listing->nameSpace}, kube::kListPage, next,
              [&client, listing](kube::Result<kube::Page> page) {
                if (!page) return listing->done(std::unexpected(std::move(page.error())));
                for (kube::Object& object : page->items) {
                  kube::dropManagedFields(object);
                  if (listing->count++ > 0) listing->text += ',';
                  listing->text += object.json;
                }
                if (!page->next.empty() && listing->count < kMaxListed)
                  return listFrom(client, page->next, listing);
                listing->done(listing->text + "]}");
              });
}

void listObjects(kube::Client& client, const std::string& nameSpace,
                 std::move_only_function<void(kube::Result<std::string>)> done) {
  auto listing = std::make_shared<Listing>();
  listing->nameSpace = nameSpace;
  listing->done = std::move(done);
  listFrom(client, "", listing);
}

// The thread's part: remembers what was compiled, so that it is not compiled again.
class Compiler {
 public:
  explicit Compiler(std::string node) : node_(std::move(node)) {}

  // Reads an object, which keeps no text: what is of use of it goes into the news.
  void take(kube::Object& object) {
    WorkflowNews news{.object = readWorkflow(object)};
    const bool here = news.object.placement != nullptr && placedOn(*news.object.placement, node_);
    if (!here) compiled_.erase(object.key);
    if (here && news.object.specIsPlaced()) {
      const Version version{news.object.uid, news.object.generation, news.object.sources};
      Version& last = compiled_[object.key];
      if (last != version) compileInto(news, object);
      last = version;
    }
    object.json = "{}";
    news_.insert_or_assign(object.key, std::move(news));
  }

  WorkflowNews news(const kube::ObjectKey& key) {
    auto found = news_.extract(key);
    return found.empty() ? WorkflowNews{.object = {.key = key}} : std::move(found.mapped());
  }

  void forget(const kube::ObjectKey& key) {
    compiled_.erase(key);
    news_.erase(key);
  }

 private:
  struct Version {
    std::string uid;
    std::int64_t generation = 0;
    std::string sources;
    friend bool operator==(const Version&, const Version&) = default;
  };
  const std::string node_;
  std::map<kube::ObjectKey, Version> compiled_;
  std::map<kube::ObjectKey, WorkflowNews> news_;  // read, and not told yet
};

class ApiFeed final : public WorkflowFeed {
 public:
  ApiFeed(base::Loop& loop, kube::ClientThread& thread, std::string node, Handlers handlers)
      : thread_(thread), handlers_(std::move(handlers)), compiler_(std::move(node)), mailbox_(loop) {
    thread_.post([this](kube::Client& client) { watch(client); });
  }
  ~ApiFeed() override {
    thread_.run([this](kube::Client& /*client*/) { informer_.reset(); });
  }

  void read(const kube::ObjectKey& key,
            std::move_only_function<void(kube::Result<std::string>)> done) override {
    auto answer = [send = mailbox_.sender(), done = std::move(done)](kube::Result<std::string> text) mutable {
      send([done = std::move(done), text = std::move(text)]() mutable { done(std::move(text)); });
    };
    thread_.post([key, answer = std::move(answer)](kube::Client& client) mutable {
      if (key.name.empty()) return listObjects(client, key.nameSpace, std::move(answer));
      client.get(kube::kFunctionWorkflows, key,
                 [answer = std::move(answer)](kube::Result<kube::Object> object) mutable {
                   if (!object) return answer(std::unexpected(std::move(object.error())));
                   kube::dropManagedFields(*object);
                   answer(std::move(object->json));
                 });
    });
  }

  void fetch(const kube::ObjectKey& key,
             std::move_only_function<void(kube::Result<WorkflowNews>)> done) override {
    thread_.post([key, send = mailbox_.sender(), done = std::move(done)](kube::Client& client) mutable {
      client.get(
          kube::kFunctionWorkflows, key,
          [send, done = std::move(done)](kube::Result<kube::Object> object) mutable {
            kube::Result<WorkflowNews> news;
            if (!object) {
              news = std::unexpected(std::move(object.error()));
            } else {
              news->object = readWorkflow(*object);
              if (news->object.specIsPlaced()) compileInto(*news, *object);
            }
            send([done = std::move(done), news = std::move(news)]() mutable { done(std::move(news)); });
          });
    });
  }

 private:
  void watch(kube::Client& client) {
    kube::InformerOptions options{.resource = kube::kFunctionWorkflows};
    options.transform = [this](kube::Object& object) { compiler_.take(object); };
    options.maxObjects = kMaxWorkflowObjects;
    const auto tell = [this](const kube::Object& object) {
      mailbox_.sender()(
          [this, news = compiler_.news(object.key)]() mutable { handlers_.onNews(std::move(news)); });
    };
    informer_ = kube::Informer::start(
        thread_.loop(), client, std::move(options),
        {.onAdded = tell,
         .onUpdated = [tell](const kube::Object& /*before*/, const kube::Object& object) { tell(object); },
         .onDeleted =
             [this](const kube::Object& object) {
               compiler_.forget(object.key);
               mailbox_.sender()(
                   [this, key = object.key, uid = object.uid] { handlers_.onDeleted(key, uid); });
             },
         .onSynced = [this] { mailbox_.sender()([this] { handlers_.onSynced(); }); }});
  }

  kube::ClientThread& thread_;
  Handlers handlers_;  // used on the owner's loop
  Compiler compiler_;  // the thread's, as the next one
  std::unique_ptr<kube::Informer> informer_;
  const base::Mailbox mailbox_;
};

}  // namespace

std::unique_ptr<WorkflowFeed> WorkflowFeed::start(base::Loop& loop, kube::ClientThread& thread,
                                                  std::string node, Handlers handlers) {
  return std::make_unique<ApiFeed>(loop, thread, std::move(node), std::move(handlers));
}

}  // namespace faasbatch::clusterview
