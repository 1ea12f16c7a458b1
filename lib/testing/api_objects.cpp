#include "lib/testing/api_objects.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "lib/json/write.h"

namespace faasbatch::testing {
namespace {

using tree::Tree;

constexpr std::string_view kMadeAt = "2026-01-01T00:00:00Z";

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::string textAt(const Tree& tree, std::string_view path) {
  const Tree* at = &tree;
  for (const std::string_view key : split(path, '.')) {
    at = at->find(key);
    if (at == nullptr) return {};
  }
  return at->text;
}

Tree& member(Tree& map, std::string_view key) {
  Tree* const found = map.find(key);
  return found != nullptr ? *found : map.add(std::string(key), Tree::map());
}

void set(Tree& map, std::string_view key, Tree value) {
  map.remove(key);
  map.add(std::string(key), std::move(value));
}

// RFC 7386.
void merge(Tree& target, const Tree& patch) {
  if (!patch.isMap()) {
    target = patch;
    return;
  }
  if (!target.isMap()) target = Tree::map();
  for (const tree::TreeMember& change : patch.members) {
    if (change.value.isNull()) {
      target.remove(change.key);
    } else {
      merge(member(target, change.key), change.value);
    }
  }
}

std::string textOf(const Tree* tree) { return tree == nullptr ? "" : toJson(*tree, tree::KeyOrder::kSorted); }

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), value);
  return error == std::errc() && end == text.end() ? std::optional(value) : std::nullopt;
}

ApiAnswer notFound(const ApiPath& path) { return apiFailure(404, "NotFound", path.object() + " not found"); }

ApiAnswer conflict(const ApiPath& path) {
  return apiFailure(409, "Conflict", path.object() + ": the object has been modified");
}

}  // namespace

std::optional<ApiPath> ApiPath::parse(std::string_view text) {
  const auto parts = split(text, '/');
  const std::size_t root = text.starts_with("/apis/") ? 3 : 2;
  if (parts.size() <= root || (parts[0] != "api" && parts[0] != "apis")) return std::nullopt;
  ApiPath path;
  std::size_t at = root;
  if (parts[at] == "namespaces" && parts.size() > at + 2) {
    path.nameSpace = parts[at + 1];
    at += 2;
  }
  for (std::size_t i = 0; i < root; ++i) path.kind += "/" + std::string(parts[i]);
  path.kind += " " + std::string(parts[at]);
  if (parts.size() > at + 1) path.name = parts[at + 1];
  if (parts.size() > at + 2) path.subresource = parts[at + 2];
  return path;
}

ApiAnswer apiFailure(int status, const std::string& reason, const std::string& message) {
  ApiAnswer answer{.status = status};
  json::Object(answer.body)
      .text("kind", "Status")
      .text("apiVersion", "v1")
      .text("status", "Failure")
      .text("message", message)
      .text("reason", reason)
      .number("code", status)
      .end();
  return answer;
}

bool ApiSelection::matches(const Tree& object) const {
  for (const std::string_view wanted : split(fields, ',')) {
    const std::size_t equals = std::min(wanted.find('='), wanted.size());
    if (textAt(object, wanted.substr(0, equals)) != wanted.substr(std::min(equals + 1, wanted.size())))
      return false;
  }
  const Tree* const metadata = object.find("metadata");
  const Tree* const held = metadata != nullptr ? metadata->find("labels") : nullptr;
  return std::ranges::all_of(split(labels, ','), [held](std::string_view wanted) {
    const std::size_t equals = wanted.find('=');
    const Tree* const label = held != nullptr ? held->find(wanted.substr(0, equals)) : nullptr;
    return label != nullptr && (equals == wanted.npos || label->text == wanted.substr(equals + 1));
  });
}

std::string ApiSelection::shown(const Tree& object) const {
  if (!metadataOnly) return toJson(object);
  std::string out;
  json::Object partial(out);
  partial.text("kind", "PartialObjectMetadata").text("apiVersion", "meta.k8s.io/v1");
  appendJson(partial.key("metadata"), *object.find("metadata"));
  partial.end();
  return out;
}

const Tree* ApiObjects::find(const ApiPath& path) const {
  const auto found = objects_.find(path.object());
  return found == objects_.end() ? nullptr : &found->second.second;
}

ApiAnswer ApiObjects::get(const ApiPath& path, const ApiSelection& selection) const {
  const Tree* const object = find(path);
  return object == nullptr ? notFound(path) : ApiAnswer{.body = selection.shown(*object)};
}

// The `continue` token is "VERSION:NUMBER of objects told already".
ApiAnswer ApiObjects::list(const ApiPath& path, const ApiSelection& selection, std::size_t limit,
                           const std::string& next) const {
  std::size_t skip = 0;
  if (!next.empty()) {
    const auto parts = split(next, ':');
    const auto version = parts.size() == 2 ? number(parts[0]) : std::nullopt;
    if (!version) return apiFailure(400, "BadRequest", "continue key is not valid");
    if (*version < forgotten_)
      return apiFailure(410, "Expired", "The provided continue parameter is too old");
    skip = static_cast<std::size_t>(number(parts[1]).value_or(0));
  }
  std::string items;
  std::size_t seen = 0;
  bool more = false;
  for (const auto& [name, entry] : objects_) {
    const auto& [where, object] = entry;
    if (where.kind != path.kind || (!path.nameSpace.empty() && where.nameSpace != path.nameSpace)) continue;
    if (!selection.matches(object) || ++seen <= skip) continue;
    more = limit > 0 && seen > skip + limit;
    if (more) break;
    items += (items.empty() ? "" : ",") + selection.shown(object);
  }
  ApiAnswer answer;
  json::Object list(answer.body);
  list.text("kind", "List").text("apiVersion", "v1");
  json::Object metadata(list.key("metadata"));
  metadata.text("resourceVersion", std::to_string(version_));
  if (more) metadata.text("continue", std::to_string(version_) + ":" + std::to_string(skip + limit));
  metadata.end();
  list.raw("items", "[" + items + "]").end();
  return answer;
}

// Gives the object what the server says of it, and keeps it.
ApiAnswer ApiObjects::store(const ApiPath& path, Tree object, const Tree* before) {
  const std::string spec = textOf(object.find("spec"));
  const bool changed = before == nullptr || textOf(before->find("spec")) != spec;
  const std::int64_t generation =
      before == nullptr ? 0 : number(textAt(*before, "metadata.generation")).value_or(0);
  ++version_;
  Tree& metadata = member(object, "metadata");
  set(metadata, "name", Tree::string(path.name));
  if (!path.nameSpace.empty()) set(metadata, "namespace", Tree::string(path.nameSpace));
  const std::string uid =
      before == nullptr ? "uid-" + std::to_string(version_) : textAt(*before, "metadata.uid");
  set(metadata, "uid", Tree::string(uid));
  set(metadata, "resourceVersion", Tree::string(std::to_string(version_)));
  set(metadata, "generation", Tree::number(std::to_string(generation + (changed ? 1 : 0))));
  set(metadata, "creationTimestamp", Tree::string(std::string(kMadeAt)));
  history_.push_back({version_, before == nullptr ? "ADDED" : "MODIFIED", path, object});
  ApiAnswer answer{.status = before == nullptr ? 201 : 200, .body = toJson(object)};
  objects_.insert_or_assign(path.object(), std::pair(path, std::move(object)));
  return answer;
}

ApiAnswer ApiObjects::create(const ApiPath& where, std::string_view body) {
  auto object = tree::parseJson(body);
  if (!object || !object->isMap()) return apiFailure(400, "BadRequest", "the body is no object");
  ApiPath path = where;
  path.name = textAt(*object, "metadata.name");
  if (path.name.empty()) path.name = textAt(*object, "metadata.generateName") + std::to_string(version_ + 1);
  if (find(path) != nullptr) return apiFailure(409, "AlreadyExists", path.object() + " already exists");
  return store(path, std::move(*object), nullptr);
}

ApiAnswer ApiObjects::replace(const ApiPath& path, std::string_view body) {
  const Tree* const before = find(path);
  if (before == nullptr) return notFound(path);
  auto object = tree::parseJson(body);
  if (!object || !object->isMap()) return apiFailure(400, "BadRequest", "the body is no object");
  const std::string version = textAt(*object, "metadata.resourceVersion");
  if (!version.empty() && version != textAt(*before, "metadata.resourceVersion")) return conflict(path);
  const bool status = path.subresource == "status";
  // Of the one the status, of the other all the rest.
  Tree next = status ? *before : *object;
  const Tree* const from = (status ? *object : *before).find("status");
  next.remove("status");
  if (from != nullptr) next.add("status", *from);
  return store(path, std::move(next), before);
}

ApiAnswer ApiObjects::patch(const ApiPath& path, std::string_view contentType, std::string_view body) {
  const bool apply = contentType == "application/apply-patch+yaml";
  if (!apply && contentType != "application/merge-patch+json") {
    return apiFailure(415, "UnsupportedMediaType", "only merge and apply patches are pretended here");
  }
  const Tree* const before = find(path);
  if (before == nullptr) return apply && path.subresource.empty() ? create(path, body) : notFound(path);
  auto change = tree::parseJson(body);
  if (!change || !change->isMap()) return apiFailure(400, "BadRequest", "the body is no patch");
  Tree patched = *before;
  merge(patched, *change);
  return replace(path, toJson(patched));
}

ApiAnswer ApiObjects::remove(const ApiPath& path, std::string_view body) {
  const Tree* const before = find(path);
  if (before == nullptr) return notFound(path);
  const auto options = tree::parseJson(body.empty() ? "{}" : body);
  for (const char* field : {"uid", "resourceVersion"}) {
    const std::string wanted = options ? textAt(*options, std::string("preconditions.") + field) : "";
    if (!wanted.empty() && wanted != textAt(*before, std::string("metadata.") + field)) return conflict(path);
  }
  ++version_;
  Tree last = *before;
  set(member(last, "metadata"), "resourceVersion", Tree::string(std::to_string(version_)));
  objects_.erase(path.object());
  ApiAnswer answer{.body = toJson(last)};
  history_.push_back({version_, "DELETED", path, std::move(last)});
  return answer;
}

std::optional<std::vector<ApiChange>> ApiObjects::since(std::int64_t version) const {
  if (version < forgotten_ || version > version_) return std::nullopt;
  std::vector<ApiChange> changes;
  std::ranges::copy_if(history_, std::back_inserter(changes),
                       [version](const ApiChange& change) { return change.version > version; });
  return changes;
}

}  // namespace faasbatch::testing
