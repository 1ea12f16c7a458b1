#include "node-agent/cluster/config_maps.h"

#include <algorithm>
#include <utility>

#include "lib/crypto/digest.h"
#include "node-agent/cluster/watched_object.h"

namespace faasbatch::clusterview {
namespace {

std::string nameOf(const std::string& nameSpace, const workflow::Source& source) {
  return "key \"" + source.key + "\" of ConfigMap " + nameSpace + "/" + source.text;
}

}  // namespace

void ConfigMaps::get(const std::string& nameSpace, const workflow::Source& source, Done done) {
  const std::string what = nameOf(nameSpace, source);
  if (source.sha256.empty()) {
    return done(
        base::fail("LoadFailed", what + ": its workflow was placed without it; apply the workflow again"));
  }
  if (const auto found = kept_.find(source.sha256); found != kept_.end()) {
    uses_.splice(uses_.begin(), uses_, found->second.use);
    return done(found->second.text);
  }
  auto& waiting = waiting_[source.sha256];
  waiting.push_back(std::move(done));
  if (waiting.size() > 1) return;
  read_(nameSpace, source, [this, alive = alive_, sha256 = source.sha256, what](base::Result<Text> text) {
    if (*alive) onRead(sha256, what, std::move(text));
  });
}

void ConfigMaps::onRead(const std::string& sha256, const std::string& what, base::Result<Text> text) {
  if (text && *text == nullptr) {
    text = base::fail("LoadFailed", what + " is not there any more");
  } else if (text && crypto::sha256Hex(**text) != sha256) {
    text =
        base::fail("LoadFailed", what + " was changed a moment ago; the operator places the workflow anew");
  }
  if (text) keep(sha256, *text);
  auto ended = waiting_.extract(sha256);
  const std::shared_ptr<bool> alive = alive_;
  for (Done& waiting : ended.mapped()) {
    if (*alive) waiting(text);
  }
}

void ConfigMaps::keep(const std::string& sha256, const Text& text) {
  if (text->size() > kMaxConfigMapBytes) return;
  uses_.push_front(sha256);
  kept_[sha256] = {text, uses_.begin()};
  bytes_ += text->size();
  while (bytes_ > kMaxConfigMapBytes) {
    bytes_ -= kept_.at(uses_.back()).text->size();
    kept_.erase(uses_.back());
    uses_.pop_back();
  }
}

ConfigMaps::Read readFromApi(base::Loop& loop, kube::ClientThread& thread) {
  return [&loop, &thread](const std::string& nameSpace, const workflow::Source& source,
                          ConfigMaps::Done done) {
    thread.post([&loop, key = kube::ObjectKey{nameSpace, source.text}, field = source.key,
                 done = std::move(done)](kube::Client& client) mutable {
      client.get(
          kube::kConfigMaps, key,
          [&loop, field, done = std::move(done)](const kube::Result<kube::Object>& object) mutable {
            base::Result<ConfigMaps::Text> text = nullptr;
            if (object) {
              if (auto value = configMapValue(*object, field))
                text = std::make_shared<const std::string>(std::move(*value));
            } else if (object.error().reason != "NotFound") {
              text = base::fail("ClusterUnavailable",
                                "the API server cannot be asked for the code: " + object.error().message);
            }
            loop.post([done = std::move(done), text = std::move(text)]() mutable { done(std::move(text)); });
          });
    });
  };
}

}  // namespace faasbatch::clusterview
