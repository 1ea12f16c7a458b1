// The Kubernetes API over libcurl: JSON in, JSON out, any kind of object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/loop.h"
#include "lib/kube/access.h"
#include "lib/kube/error.h"
#include "lib/kube/object.h"

namespace faasbatch::kube {

struct ClientOptions {
  std::string userAgent = "faasbatch";
  base::Duration requestTime = std::chrono::seconds(15);  // of one request, its retries included
  std::size_t maxConnections = 8;                         // besides one for each watch
  std::size_t maxWaiting = 1000;                          // further requests fail "TooManyCalls"
  std::size_t maxBodyBytes = 64 << 20;                    // of one answer
  // A request that was not sent, that a 429 refused, or (where it is safe to send again: retry.h) that was
  // answered 5xx or lost, is sent again within requestTime; Retry-After is kept. After a 401 the token is
  // asked for anew, once.
  int maxRetries = 5;
  // A watch that says nothing for so long, bookmarks included, is taken for half-open, and ended as if the
  // server had. (Servers send a bookmark a minute, and one before the end.) One whose bytes trickle, so that
  // no event is whole for so long, ends "DeadlineExceeded".
  base::Duration watchIdle = std::chrono::seconds(100);
  // Told what a server warns of (the Warning header: deprecations, an admission webhook's words), before the
  // answer. On the loop's thread.
  std::function<void(std::string_view warning)> onWarning = nullptr;
};

struct Selection {
  std::string nameSpace;  // empty: all, or a kind without
  std::string labelSelector;
  std::string fieldSelector;
  bool metadataOnly = false;  // PartialObjectMetadata instead of the whole object
};

struct Page {
  std::vector<Object> items;
  std::string resourceVersion;
  std::string next;  // the `continue` token; empty: this was the last
};

enum class PatchType { kJson, kMerge, kApply };  // RFC 6902, RFC 7386, server-side apply

struct WriteOptions {
  std::string subresource;      // "status"
  std::string fieldManager;     // kApply needs one
  std::string fieldValidation;  // "Strict" refuses unknown fields; empty: the server's default, which warns
  bool force = false;           // kApply: take over fields of others
  bool dryRun = false;
};

struct DeleteOptions {
  std::string uid;              // preconditions; empty: none
  std::string resourceVersion;  // likewise
  std::optional<int> gracePeriodSeconds;
  std::string propagation;  // "Background", "Foreground", "Orphan"; empty: the kind's default
};

// One line of a watch.
struct WatchEvent {
  enum class Type { kAdded, kModified, kDeleted, kBookmark, kError };
  Type type = Type::kAdded;
  Object object;   // kBookmark: only its resourceVersion
  ApiError error;  // kError
};

// All on the loop's thread; callbacks too, never from inside the call, none after destruction. Thread-safe
// nowhere. Callbacks may not destroy the client.
class Client {
 public:
  template <class T>
  using Done = std::move_only_function<void(Result<T>)>;

  static base::Result<std::unique_ptr<Client>> make(base::Loop& loop, Access access,
                                                    ClientOptions options = {});
  virtual ~Client() = default;

  virtual void get(const Resource& resource, const ObjectKey& key, Done<Object> done) = 0;
  // PartialObjectMetadata: that a Secret is there, without its text coming over.
  virtual void getMetadata(const Resource& resource, const ObjectKey& key, Done<Object> done) = 0;
  virtual void list(const Resource& resource, const Selection& selection, std::size_t limit,
                    const std::string& next, Done<Page> done) = 0;
  // The columns and rows that kubectl prints (meta.k8s.io/v1 Table), as JSON: of one object where `name` is
  // not empty, which a selection of one namespace goes with, else of a page of those selected; the
  // `continue` token stands in it.
  virtual void table(const Resource& resource, const Selection& selection, const std::string& name,
                     std::size_t limit, const std::string& next, Done<std::string> done) = 0;
  // The object's name may be missing (generateName, reviews), from the answer too (reviews). "AlreadyExists"
  // may be the answer to what this call has made itself: libcurl sends a request again that a kept connection
  // lost before any byte of the answer.
  virtual void create(const Resource& resource, const std::string& nameSpace, std::string json,
                      WriteOptions options, Done<Object> done) = 0;
  virtual void replace(const Resource& resource, const ObjectKey& key, std::string json, WriteOptions options,
                       Done<Object> done) = 0;
  virtual void patch(const Resource& resource, const ObjectKey& key, PatchType type, std::string body,
                     WriteOptions options, Done<Object> done) = 0;
  virtual void remove(const Resource& resource, const ObjectKey& key, DeleteOptions options,
                      Done<void> done) = 0;
  // GET of a path that is no object: "/version", "/readyz".
  virtual void raw(const std::string& path, Done<std::string> done) = 0;

  // A watch from `resourceVersion` on, with bookmarks, that the server ends after `timeout` at the latest.
  // `onEvent` for each line; `onEnd` once, with why where it was not the server's ordinary end. The sink may
  // cancel its watch. Nothing is sent again: see watch.h for what comes after an end.
  struct WatchSink {
    std::move_only_function<void(WatchEvent)> onEvent;
    std::move_only_function<void(Result<void>)> onEnd;
  };
  using WatchId = std::uint64_t;
  virtual WatchId watch(const Resource& resource, const Selection& selection,
                        const std::string& resourceVersion, base::Duration timeout, WatchSink sink) = 0;
  virtual void cancel(WatchId watch) = 0;  // without onEnd; unknown ids are ignored

  // Calls `back` once, when the server answers a request after one had no answer (presence.h). Whoever waits
  // so makes the client ask it every now and then. For those who would otherwise wait out a backoff.
  using WaitId = std::uint64_t;
  virtual WaitId whenBack(std::move_only_function<void()> back) = 0;
  virtual void waitNoMore(WaitId wait) = 0;  // unknown ids are ignored

  virtual const Access& access() const = 0;
  // Requests sent so far, watches included, asked on any thread: for the metric faasbatch_kube_requests_total
  // of whoever owns this.
  virtual std::uint64_t requests() const = 0;
};

}  // namespace faasbatch::kube
