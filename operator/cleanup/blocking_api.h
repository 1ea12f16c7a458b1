// The API server for a program that does one thing after the other.
#pragma once

#include <algorithm>
#include <future>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "lib/kube/client_thread.h"

namespace faasbatch::cleanup {

// Every call blocks until its answer, which comes within the client's requestTime.
class BlockingApi {
 public:
  explicit BlockingApi(kube::ClientThread& client) : client_(client) {}

  // All pages.
  kube::Result<std::vector<kube::Object>> list(const kube::Resource& resource,
                                               const kube::Selection& selection) {
    std::vector<kube::Object> all;
    std::string next;
    do {
      auto page = await<kube::Page>([&](kube::Client& client, auto done) {
        client.list(resource, selection, kPage, next, std::move(done));
      });
      if (!page) return std::unexpected(page.error());
      std::ranges::move(page->items, std::back_inserter(all));
      next = page->next;
    } while (!next.empty());
    return all;
  }
  kube::Result<void> remove(const kube::Resource& resource, const kube::ObjectKey& key,
                            const kube::DeleteOptions& options) {
    return await<void>(
        [&](kube::Client& client, auto done) { client.remove(resource, key, options, std::move(done)); });
  }

 private:
  static constexpr std::size_t kPage = 500;

  template <class T, class Call>
  kube::Result<T> await(Call call) {
    std::promise<kube::Result<T>> promise;
    client_.run([&](kube::Client& client) {
      call(client, kube::Client::Done<T>(
                       [&promise](kube::Result<T> result) { promise.set_value(std::move(result)); }));
    });
    return promise.get_future().get();
  }

  kube::ClientThread& client_;
};

}  // namespace faasbatch::cleanup
