#include "lib/kube/request.h"

#include <string_view>
#include <utility>

#include "lib/json/write.h"

namespace faasbatch::kube {
namespace {

constexpr std::string_view kJson = "application/json";

// A target with a query, piece by piece; empty values are left out.
class Target {
 public:
  explicit Target(std::string path) : text_(std::move(path)) {}
  Target& add(std::string_view name, std::string_view value) {
    if (value.empty()) return *this;
    text_ += separator_;
    separator_ = '&';
    text_ += std::string(name) + "=" + net::percentEncode(value);
    return *this;
  }
  Target& select(const Selection& selection) {
    return add("labelSelector", selection.labelSelector).add("fieldSelector", selection.fieldSelector);
  }
  Target& write(const WriteOptions& options) {
    return add("fieldManager", options.fieldManager)
        .add("fieldValidation", options.fieldValidation)
        .add("dryRun", options.dryRun ? "All" : "");
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
  char separator_ = '?';
};

std::string accepted(Form form, std::string_view partial) {
  if (form == Form::kWhole) return std::string(kJson);
  return std::string(kJson) + ";as=" + std::string(partial) + ";g=meta.k8s.io;v=v1";
}

Form formOf(const Selection& selection) { return selection.metadataOnly ? Form::kMetadata : Form::kWhole; }

net::Request make(std::string_view method, Target target, std::string accept = std::string(kJson)) {
  net::Request request{.method = std::string(method), .target = target.take()};
  request.headers.add("Accept", std::move(accept));
  return request;
}

net::Request withBody(net::Request request, std::string_view type, std::string body) {
  request.headers.add("Content-Type", std::string(type));
  request.body = std::move(body);
  return request;
}

std::string_view typeOf(PatchType type) {
  switch (type) {
    case PatchType::kJson:
      return "application/json-patch+json";
    case PatchType::kMerge:
      return "application/merge-patch+json";
    case PatchType::kApply:
      return "application/apply-patch+yaml";  // JSON is YAML
  }
  return "";
}

std::string deleteBody(const DeleteOptions& options) {
  std::string out;
  json::Object object(out);
  object.text("apiVersion", "v1").text("kind", "DeleteOptions");
  if (!options.uid.empty() || !options.resourceVersion.empty()) {
    json::Object preconditions(object.key("preconditions"));
    if (!options.uid.empty()) preconditions.text("uid", options.uid);
    if (!options.resourceVersion.empty()) preconditions.text("resourceVersion", options.resourceVersion);
    preconditions.end();
  }
  if (options.gracePeriodSeconds) object.number("gracePeriodSeconds", *options.gracePeriodSeconds);
  if (!options.propagation.empty()) object.text("propagationPolicy", options.propagation);
  object.end();
  return out;
}

}  // namespace

net::Request getRequest(const Resource& resource, const ObjectKey& key, Form form) {
  return make("GET", Target(resource.path(key.nameSpace, key.name)), accepted(form, "PartialObjectMetadata"));
}

net::Request listRequest(const Resource& resource, const Selection& selection, std::size_t limit,
                         const std::string& next) {
  Target target(resource.path(selection.nameSpace));
  target.select(selection).add("limit", limit > 0 ? std::to_string(limit) : "").add("continue", next);
  return make("GET", std::move(target), accepted(formOf(selection), "PartialObjectMetadataList"));
}

net::Request tableRequest(const Resource& resource, const Selection& selection, const std::string& name,
                          std::size_t limit, const std::string& next) {
  net::Request request = name.empty() ? listRequest(resource, selection, limit, next)
                                      : getRequest(resource, {selection.nameSpace, name}, Form::kWhole);
  request.headers = {};
  request.headers.add("Accept", std::string(kJson) + ";as=Table;g=meta.k8s.io;v=v1");
  return request;
}

net::Request watchRequest(const Resource& resource, const Selection& selection,
                          const std::string& resourceVersion, base::Duration timeout) {
  Target target(resource.path(selection.nameSpace));
  target.add("watch", "1")
      .add("allowWatchBookmarks", "true")
      .add("resourceVersion", resourceVersion)
      .add("timeoutSeconds", std::to_string(std::chrono::ceil<std::chrono::seconds>(timeout).count()))
      .select(selection);
  return make("GET", std::move(target), accepted(formOf(selection), "PartialObjectMetadata"));
}

net::Request createRequest(const Resource& resource, const std::string& nameSpace, std::string json,
                           const WriteOptions& options) {
  Target target(resource.path(nameSpace));
  return withBody(make("POST", std::move(target.write(options))), kJson, std::move(json));
}

net::Request replaceRequest(const Resource& resource, const ObjectKey& key, std::string json,
                            const WriteOptions& options) {
  Target target(resource.path(key.nameSpace, key.name, options.subresource));
  return withBody(make("PUT", std::move(target.write(options))), kJson, std::move(json));
}

net::Request patchRequest(const Resource& resource, const ObjectKey& key, PatchType type, std::string body,
                          const WriteOptions& options) {
  Target target(resource.path(key.nameSpace, key.name, options.subresource));
  target.write(options).add("force", options.force && type == PatchType::kApply ? "true" : "");
  return withBody(make("PATCH", std::move(target)), typeOf(type), std::move(body));
}

net::Request deleteRequest(const Resource& resource, const ObjectKey& key, const DeleteOptions& options) {
  return withBody(make("DELETE", Target(resource.path(key.nameSpace, key.name))), kJson, deleteBody(options));
}

net::Request rawRequest(const std::string& path) { return make("GET", Target(path), "*/*"); }

}  // namespace faasbatch::kube
