// The HTTP requests that stand for calls of the API. Pure.
#pragma once

#include <cstddef>
#include <string>

#include "lib/kube/client.h"
#include "lib/net/http.h"

namespace faasbatch::kube {

enum class Form { kWhole, kMetadata };

net::Request getRequest(const Resource& resource, const ObjectKey& key, Form form);
net::Request listRequest(const Resource& resource, const Selection& selection, std::size_t limit,
                         const std::string& next);
net::Request tableRequest(const Resource& resource, const Selection& selection, const std::string& name,
                          std::size_t limit, const std::string& next);
net::Request watchRequest(const Resource& resource, const Selection& selection,
                          const std::string& resourceVersion, base::Duration timeout);
// POST and PUT.
net::Request createRequest(const Resource& resource, const std::string& nameSpace, std::string json,
                           const WriteOptions& options);
net::Request replaceRequest(const Resource& resource, const ObjectKey& key, std::string json,
                            const WriteOptions& options);
net::Request patchRequest(const Resource& resource, const ObjectKey& key, PatchType type, std::string body,
                          const WriteOptions& options);
net::Request deleteRequest(const Resource& resource, const ObjectKey& key, const DeleteOptions& options);
net::Request rawRequest(const std::string& path);

}  // namespace faasbatch::kube
