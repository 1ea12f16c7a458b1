#include "cli/cluster/api_server.h"

#include <optional>
#include <utility>

#include "lib/json/check.h"
#include "lib/json/members.h"
#include "lib/json/path.h"

namespace faasbatch::cli {

base::Result<std::unique_ptr<ApiServer>> ApiServer::connect(const kube::KubeconfigOptions& options) {
  auto loop = net::EventLoop::make();
  auto access = kube::kubeconfigAccess(*loop, options);
  if (!access) return std::unexpected(std::move(access.error()));
  return connect(std::move(loop), std::move(*access));
}

base::Result<std::unique_ptr<ApiServer>> ApiServer::connect(std::unique_ptr<net::EventLoop> loop,
                                                            kube::Access access) {
  std::unique_ptr<ApiServer> server(new ApiServer);
  server->loop_ = std::move(loop);
  kube::ClientOptions options;
  options.userAgent = "kubectl-faasbatch";
  options.maxRetries = 2;
  options.onWarning = [self = server.get()](std::string_view warning) {
    self->warnings_.emplace_back(warning);
  };
  auto client = kube::Client::make(*server->loop_, std::move(access), std::move(options));
  if (!client) return std::unexpected(std::move(client.error()));
  server->client_ = std::move(*client);
  return server;
}

ApiServer::~ApiServer() = default;

template <class T, class Call>
kube::Result<T> ApiServer::wait(Call call) {
  std::optional<kube::Result<T>> answer;
  call(kube::Client::Done<T>([this, &answer](kube::Result<T> result) {
    answer.emplace(std::move(result));
    loop_->stop();
  }));
  loop_->run();
  return std::move(*answer);
}

kube::Result<kube::Object> ApiServer::get(const kube::Resource& resource, const kube::ObjectKey& key) {
  return wait<kube::Object>([&](auto done) { client_->get(resource, key, std::move(done)); });
}

kube::Result<kube::Object> ApiServer::getMetadata(const kube::Resource& resource,
                                                  const kube::ObjectKey& key) {
  return wait<kube::Object>([&](auto done) { client_->getMetadata(resource, key, std::move(done)); });
}

kube::Result<std::vector<kube::Object>> ApiServer::list(const kube::Resource& resource,
                                                        const kube::Selection& selection) {
  std::vector<kube::Object> all;
  std::string next;
  do {
    auto page = wait<kube::Page>(
        [&](auto done) { client_->list(resource, selection, kListPage, next, std::move(done)); });
    if (!page) return std::unexpected(std::move(page.error()));
    for (kube::Object& object : page->items) all.push_back(std::move(object));
    next = std::move(page->next);
    if (all.size() > kMaxListed) {
      return std::unexpected(kube::ApiError{
          .reason = "TooMany",
          .message = "more than " + std::to_string(kMaxListed) + " " + std::string(resource.plural)});
    }
  } while (!next.empty());
  return all;
}

kube::Result<std::vector<std::string>> ApiServer::tables(const kube::Resource& resource,
                                                         const std::string& nameSpace,
                                                         const std::string& name) {
  std::vector<std::string> pages;
  std::string next;
  do {
    auto page = wait<std::string>([&](auto done) {
      client_->table(resource, {.nameSpace = nameSpace}, name, kListPage, next, std::move(done));
    });
    if (!page) return std::unexpected(std::move(page.error()));
    if (const auto checked = json::check(*page); !checked) {
      return std::unexpected(
          kube::ApiError{.reason = "InvalidResponse", .message = "no table: " + checked.error().message});
    }
    next = json::asString(json::at(*page, {"metadata", "continue"}).value_or("")).value_or("");
    pages.push_back(std::move(*page));
    if (pages.size() > kMaxListed / kListPage) {
      return std::unexpected(kube::ApiError{.reason = "TooMany",
                                            .message = "more than " + std::to_string(kMaxListed) + " rows"});
    }
  } while (!next.empty());
  return pages;
}

kube::Result<kube::Object> ApiServer::create(const kube::Resource& resource, const std::string& nameSpace,
                                             std::string json) {
  return wait<kube::Object>(
      [&](auto done) { client_->create(resource, nameSpace, std::move(json), {}, std::move(done)); });
}

kube::Result<kube::Object> ApiServer::apply(const kube::Resource& resource, const kube::ObjectKey& key,
                                            std::string json, const kube::WriteOptions& options) {
  return wait<kube::Object>([&](auto done) {
    client_->patch(resource, key, kube::PatchType::kApply, std::move(json), options, std::move(done));
  });
}

kube::Result<void> ApiServer::remove(const kube::Resource& resource, const kube::ObjectKey& key) {
  return wait<void>([&](auto done) { client_->remove(resource, key, {}, std::move(done)); });
}

kube::Result<std::string> ApiServer::raw(const std::string& path) {
  return wait<std::string>([&](auto done) { client_->raw(path, std::move(done)); });
}

std::string describe(const kube::ApiError& error) {
  std::string text = error.message.empty() ? error.reason : error.message;
  if (error.reason == "Unreachable") text += " (is this the right context? kubectl config current-context)";
  if (error.status == 401) text += " (the API server does not know the kubeconfig's user: log in again)";
  return text;
}

}  // namespace faasbatch::cli
