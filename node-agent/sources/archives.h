// Archives of functions: from the cache, or from where they lie.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/background.h"
#include "lib/net/curl_client.h"
#include "lib/net/curl_url.h"
#include "node-agent/sources/archive_cache.h"
#include "node-agent/sources/sources.h"

namespace faasbatch::sources {

// Each archive goes its way once, however many wait for it:
//
//   look (thread) ──> found ─────────────────────────────────> done
//        └──> wait for a turn ──> download ──> check (thread) ──> done
//
// Loop thread only.
class Archives {
 public:
  Archives(base::Loop& loop, const ArchiveLimits& limits, std::unique_ptr<ArchiveCache> cache);
  ~Archives();
  Archives(const Archives&) = delete;
  Archives& operator=(const Archives&) = delete;

  // As Sources::resolve(). `sha256` in any case of letters.
  void resolve(const std::string& url, std::string sha256, Done done);

 private:
  using Key = std::pair<std::string, std::string>;  // SHA-256 and URL
  struct Flight {
    std::vector<Done> waiting;
    std::unique_ptr<net::CurlClient> client;
  };

  void look(const Key& key);
  void download(const Key& key);
  void onAnswer(const Key& key, base::Result<net::Response> response);
  void check(const Key& key, std::string body);
  void finish(const Key& key, base::Result<SourceJson> result);
  void startWaiting();
  base::Error failure(const Key& key, const std::string& why) const;

  base::Loop& loop_;
  ArchiveLimits limits_;
  std::shared_ptr<ArchiveCache> cache_;  // the thread's
  std::map<Key, Flight> flights_;
  std::deque<Key> turns_;  // those that wait to be downloaded
  std::size_t downloading_ = 0;
  std::map<std::string, std::weak_ptr<const std::string>>
      inUse_;  // by SHA-256: what some pod is being given just now
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::optional<base::Background> thread_;
};

}  // namespace faasbatch::sources
