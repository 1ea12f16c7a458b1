// The API server as the commands use it: one request at a time, each waited for.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/error.h"
#include "lib/kube/access.h"
#include "lib/kube/client.h"
#include "lib/net/loop.h"

namespace faasbatch::cli {

inline constexpr std::size_t kListPage = 500;
inline constexpr std::size_t kMaxListed = 20'000;  // objects of one list; then "TooMany"

class ApiServer {
 public:
  // By the user's kubeconfig, as kubectl finds it. Nothing is asked yet.
  static base::Result<std::unique_ptr<ApiServer>> connect(const kube::KubeconfigOptions& options);
  // With an access made elsewhere, on this loop.
  static base::Result<std::unique_ptr<ApiServer>> connect(std::unique_ptr<net::EventLoop> loop,
                                                          kube::Access access);
  ~ApiServer();

  kube::Result<kube::Object> get(const kube::Resource& resource, const kube::ObjectKey& key);
  kube::Result<kube::Object> getMetadata(const kube::Resource& resource, const kube::ObjectKey& key);
  kube::Result<std::vector<kube::Object>> list(const kube::Resource& resource,
                                               const kube::Selection& selection);
  // Every page of it, as JSON texts: client.h has their form. `name` empty: all.
  kube::Result<std::vector<std::string>> tables(const kube::Resource& resource, const std::string& nameSpace,
                                                const std::string& name);
  kube::Result<kube::Object> create(const kube::Resource& resource, const std::string& nameSpace,
                                    std::string json);
  kube::Result<kube::Object> apply(const kube::Resource& resource, const kube::ObjectKey& key,
                                   std::string json, const kube::WriteOptions& options);
  kube::Result<void> remove(const kube::Resource& resource, const kube::ObjectKey& key);
  kube::Result<std::string> raw(const std::string& path);

  const kube::Access& access() const { return client_->access(); }
  net::EventLoop& loop() { return *loop_; }
  // What the server has warned of since the last time.
  std::vector<std::string> takeWarnings() { return std::exchange(warnings_, {}); }

 private:
  ApiServer() = default;

  template <class T, class Call>
  kube::Result<T> wait(Call call);

  std::vector<std::string> warnings_;
  std::unique_ptr<net::EventLoop> loop_;
  std::unique_ptr<kube::Client> client_;
};

// One line: what the server said, and what to do where it is plain ("Forbidden", "Unreachable", ...). Pure.
std::string describe(const kube::ApiError& error);

}  // namespace faasbatch::cli
