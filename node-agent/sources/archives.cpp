#include "node-agent/sources/archives.h"

#include <absl/strings/escaping.h>

#include <algorithm>
#include <cctype>

#include "lib/crypto/digest.h"
#include "lib/json/write.h"
#include "lib/telemetry/log.h"

namespace faasbatch::sources {
namespace {

constexpr int kOk = 200;

SourceJson toJson(const std::string& zip) {
  auto json = std::make_shared<std::string>(R"({"archive":")");
  json->append(absl::Base64Escape(zip)).append("\"}");
  return json;
}

std::string why(const base::Error& error, const ArchiveLimits& limits) {
  if (error.kind == "BodyTooLarge")
    return "is larger than the " + std::to_string(limits.maxBytes) + " bytes allowed";
  if (error.kind == "DeadlineExceeded") {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limits.downloadTime);
    return "was not downloaded within " + std::to_string(seconds.count()) + " s";
  }
  return "cannot be downloaded: " + error.message;
}

}  // namespace

Archives::Archives(base::Loop& loop, const ArchiveLimits& limits, std::unique_ptr<ArchiveCache> cache)
    : loop_(loop), limits_(limits), cache_(std::move(cache)) {}

Archives::~Archives() {
  *alive_ = false;  // their clients say "Cancelled"
  flights_.clear();
}

void Archives::resolve(const std::string& url, std::string sha256, Done done) {
  std::ranges::transform(sha256, sha256.begin(), [](unsigned char c) { return std::tolower(c); });
  if (const auto known = inUse_.find(sha256); known != inUse_.end()) {
    if (SourceJson json = known->second.lock()) return done(std::move(json));
    inUse_.erase(known);
  }
  const Key key(sha256, url);
  const auto target = net::CurlTarget::parse(url);
  if (!target) return done(base::fail("LoadFailed", "source.archive.url: " + target.error().message));
  const bool first = !flights_.contains(key);
  if (first && flights_.size() >= limits_.maxResolving)
    return done(std::unexpected(failure(key, "has to wait: too many archives are on their way")));
  flights_[key].waiting.push_back(std::move(done));
  if (first) look(key);
}

void Archives::look(const Key& key) {
  if (!thread_) thread_.emplace();
  thread_->run([this, alive = std::weak_ptr(alive_), &loop = loop_, cache = cache_, key] {
    const Bytes zip = cache->find(key.first);
    SourceJson json = zip ? toJson(*zip) : nullptr;
    loop.post([this, alive, key, json = std::move(json)]() mutable {
      if (alive.expired()) return;
      if (json) return finish(key, std::move(json));
      turns_.push_back(key);
      startWaiting();
    });
  });
}

void Archives::startWaiting() {
  while (downloading_ < limits_.maxDownloads && !turns_.empty()) {
    const Key key = std::move(turns_.front());
    turns_.pop_front();
    download(key);
  }
}

void Archives::download(const Key& key) {
  Flight& flight = flights_.at(key);
  const auto target = net::CurlTarget::parse(key.second);
  auto client = net::CurlClient::make(loop_, target->base,
                                      {.maxConnections = 1,
                                       .maxWaiting = 0,
                                       .maxBodyBytes = limits_.maxBytes,
                                       .maxRedirects = limits_.maxRedirects,
                                       .refuseLocal = !limits_.fromThisMachine});
  if (!client)
    return finish(key, std::unexpected(failure(key, "cannot be downloaded: " + client.error().message)));
  ++downloading_;
  flight.client = std::move(*client);
  flight.client->call({.method = "GET", .target = target->target, .headers = {}, .body = {}},
                      loop_.now() + limits_.downloadTime, [this, key](base::Result<net::Response> response) {
                        onAnswer(key, std::move(response));
                      });
}

void Archives::onAnswer(const Key& key, base::Result<net::Response> response) {
  if (!*alive_) return;
  --downloading_;
  loop_.post([client = std::move(flights_.at(key).client)] {});  // this is one of its callbacks
  startWaiting();
  if (!response) return finish(key, std::unexpected(failure(key, why(response.error(), limits_))));
  if (response->status != kOk) {
    return finish(key, std::unexpected(failure(key, "cannot be downloaded: it was answered with status " +
                                                        std::to_string(response->status))));
  }
  check(key, std::move(response->body));
}

void Archives::check(const Key& key, std::string body) {
  thread_->run([this, alive = std::weak_ptr(alive_), &loop = loop_, cache = cache_, key,
                zip = std::make_shared<const std::string>(std::move(body))] {
    SourceJson json;
    if (crypto::sha256Hex(*zip) == key.first) {
      cache->add(key.first, zip);
      json = toJson(*zip);
    }
    loop.post([this, alive, key, json = std::move(json)]() mutable {
      if (alive.expired()) return;
      if (json) return finish(key, std::move(json));
      // Not which: with it, whoever writes a workflow could have anything fetched that the agent can reach.
      finish(key,
             std::unexpected(failure(key, "does not have the SHA-256 " + key.first +
                                              ", as source.archive.sha256 says: compare with sha256sum")));
    });
  });
}

void Archives::finish(const Key& key, base::Result<SourceJson> result) {
  auto node = flights_.extract(key);
  if (result) {
    std::erase_if(inUse_, [](const auto& entry) { return entry.second.expired(); });
    inUse_[key.first] = *result;
  }
  for (Done& done : node.mapped().waiting) done(result);
}

base::Error Archives::failure(const Key& key, const std::string& why) const {
  const auto target = net::CurlTarget::parse(key.second);
  return {"LoadFailed", "the archive " + (target ? target->shown : std::string()) + " " + why};
}

}  // namespace faasbatch::sources
