#include "operator/controllers/functionworkflow/source_reader.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace faasbatch::controllers {
namespace {

using kube::ObjectKey;

constexpr int kForbidden = 403;
constexpr int kNotFound = 404;

// What a ConfigMap of that version holds, as far as it was asked.
struct Text {
  std::string resourceVersion;
  std::map<std::string, Found> keys;
};

struct Secret {
  Found found;
  base::Instant until;
};

class Reading final : public SourceReader {
 public:
  Reading(base::Loop& loop, kube::Client& client, std::function<void(const ObjectKey&)> onChanged,
          std::function<void()> onSynced)
      : loop_(loop), client_(client) {
    configMaps_ = kube::Informer::start(
        loop, client,
        {.resource = kube::kConfigMaps,
         .selection = {.metadataOnly = true},
         .transform = [](kube::Object& object) { object.json.clear(); }},
        {.onAdded = [onChanged](const kube::Object& object) { onChanged(object.key); },
         .onUpdated = [onChanged](const kube::Object&, const kube::Object& object) { onChanged(object.key); },
         .onDeleted = [onChanged](const kube::Object& object) { onChanged(object.key); },
         .onSynced = std::move(onSynced)});
  }

  bool synced() const override { return configMaps_->synced(); }

  void find(const std::string& nameSpace, std::vector<Reference> references, Done done) override {
    if (texts_.size() + secrets_.size() > kMaxRemembered) {
      texts_.clear();
      secrets_.clear();
    }
    auto task = std::make_shared<Task>(
        Task{.nameSpace = nameSpace, .references = std::move(references), .done = std::move(done)});
    std::set<std::string> texts;
    std::set<std::string> secrets;
    for (const Reference& reference : task->references) {
      if (known(nameSpace, reference)) continue;
      (reference.kind == Reference::Kind::kSecret ? secrets : texts).insert(reference.name);
    }
    task->waiting = texts.size() + secrets.size() + 1;
    for (const std::string& name : texts) readText(task, name);
    for (const std::string& name : secrets) askSecret(task, name);
    loop_.post([this, task, alive = std::weak_ptr(alive_)] {
      if (!alive.expired()) finish(task);
    });
  }

 private:
  struct Task {
    std::string nameSpace;
    std::vector<Reference> references;
    Done done;
    std::size_t waiting = 0;
    std::map<ObjectKey, Text> texts;  // read for it: the informer may be behind them or ahead
    std::optional<kube::ApiError> error;
  };
  using TaskPtr = std::shared_ptr<Task>;

  // What is found without asking; nothing where somebody must be asked first.
  std::optional<Found> known(const std::string& nameSpace, const Reference& reference) const {
    const ObjectKey key{nameSpace, reference.name};
    if (reference.kind == Reference::Kind::kSecret) {
      const auto secret = secrets_.find(key);
      const bool fresh = secret != secrets_.end() && loop_.now() < secret->second.until;
      return fresh ? std::optional(secret->second.found) : std::nullopt;
    }
    const kube::Object* object = configMaps_->find(key);
    if (object == nullptr) return Found{.state = Found::State::kNoObject};
    if (!reference.code) return Found{};
    const auto text = texts_.find(key);
    if (text == texts_.end() || text->second.resourceVersion != object->resourceVersion) return {};
    const auto found = text->second.keys.find(reference.key);
    return found == text->second.keys.end() ? std::nullopt : std::optional(found->second);
  }

  void readText(const TaskPtr& task, const std::string& name) {
    const ObjectKey key{task->nameSpace, name};
    client_.get(kube::kConfigMaps, key,
                [this, task, key, alive = std::weak_ptr(alive_)](const kube::Result<kube::Object>& object) {
                  if (alive.expired()) return;
                  if (object || !object.error().retryable()) {
                    Text text = textOf(*task, key.name, object);
                    texts_.insert_or_assign(key, text);
                    task->texts.insert_or_assign(key, std::move(text));
                  } else {
                    task->error = object.error();
                  }
                  finish(task);
                });
  }

  static Text textOf(const Task& task, const std::string& name, const kube::Result<kube::Object>& object) {
    Text text;
    if (object) text.resourceVersion = object->resourceVersion;
    for (const Reference& reference : task.references) {
      if (!reference.code || reference.name != name) continue;
      Found& found = text.keys[reference.key];
      if (object) {
        found = foundIn(object->json, reference.key);
      } else if (object.error().status == kNotFound) {
        found.state = Found::State::kNoObject;
      } else {
        found = {.state = Found::State::kUnreadable, .sha256 = "", .why = object.error().message};
      }
    }
    return text;
  }

  void askSecret(const TaskPtr& task, const std::string& name) {
    const ObjectKey key{task->nameSpace, name};
    client_.getMetadata(kube::kSecrets, key,
                        [this, task, key, alive = std::weak_ptr(alive_)](kube::Result<kube::Object> object) {
                          if (alive.expired()) return;
                          if (object || object.error().status == kForbidden) {
                            secrets_[key] = {.found = {}, .until = loop_.now() + kSecretThereFor};
                          } else if (object.error().status == kNotFound) {
                            secrets_[key] = {.found = {.state = Found::State::kNoObject},
                                             .until = loop_.now() + kSecretMissingFor};
                          } else if (object.error().retryable()) {
                            task->error = object.error();
                          } else {
                            secrets_[key] = {
                                .found = {.state = Found::State::kUnreadable, .why = object.error().message},
                                .until = loop_.now() + kSecretMissingFor};
                          }
                          finish(task);
                        });
  }

  void finish(const TaskPtr& task) {
    if (--task->waiting > 0) return;
    if (task->error) return task->done(std::unexpected(*task->error));
    FoundAll all;
    for (const Reference& reference : task->references) {
      const Found& found = all.found.emplace_back(result(*task, reference));
      const bool untold =
          reference.kind == Reference::Kind::kSecret || found.state == Found::State::kUnreadable;
      if (untold && found.state != Found::State::kThere) all.again = loop_.now() + kSecretMissingFor;
    }
    task->done(std::move(all));
  }

  Found result(const Task& task, const Reference& reference) const {
    if (const auto text = task.texts.find({task.nameSpace, reference.name});
        text != task.texts.end() && reference.code)
      return text->second.keys.at(reference.key);
    const auto found = known(task.nameSpace, reference);
    return found ? *found : Found{.state = Found::State::kNoObject};  // its ConfigMap has just been made anew
  }

  base::Loop& loop_;
  kube::Client& client_;
  std::map<ObjectKey, Text> texts_;
  std::map<ObjectKey, Secret> secrets_;
  std::unique_ptr<kube::Informer> configMaps_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<SourceReader> SourceReader::start(base::Loop& loop, kube::Client& client,
                                                  std::function<void(const ObjectKey&)> onChanged,
                                                  std::function<void()> onSynced) {
  return std::make_unique<Reading>(loop, client, std::move(onChanged), std::move(onSynced));
}

}  // namespace faasbatch::controllers
