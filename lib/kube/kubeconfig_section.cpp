#include "lib/kube/kubeconfig_section.h"

#include <filesystem>

#include "lib/base/base64.h"
#include "lib/json/quote_name.h"

namespace faasbatch::kube {

KubeconfigSection::KubeconfigSection(std::string_view what, const Kubeconfig::Entry& entry)
    : entry_(entry), origin_(entry.path + ": " + std::string(what) + " " + json::quoteName(entry.name)) {}

void KubeconfigSection::fail(std::string_view key, std::string_view why) {
  if (fault_.empty()) fault_ = origin_ + ": " + std::string(key) + " " + std::string(why);
}

// Absent, null and empty are the same.
const tree::Tree* KubeconfigSection::find(const tree::Tree& map, std::string_view key) const {
  const tree::Tree* const found = map.find(key);
  return found == nullptr || found->isNull() ? nullptr : found;
}

std::string KubeconfigSection::textOf(const tree::Tree& map, std::string_view key) {
  const tree::Tree* const found = find(map, key);
  if (found == nullptr) return {};
  if (found->isString()) return found->text;
  fail(key, "must be a string, not " + std::string(found->kindName()) + ": put it in quotes");
  return {};
}

std::string KubeconfigSection::text(std::string_view key) { return textOf(entry_.value, key); }

bool KubeconfigSection::flag(std::string_view key) {
  const tree::Tree* const found = find(entry_.value, key);
  if (found != nullptr && found->kind != tree::Tree::Kind::kBool) fail(key, "must be true or false");
  return found != nullptr && found->flag;
}

std::string KubeconfigSection::besideFile(const std::string& path) const {
  if (path.empty() || std::filesystem::path(path).is_absolute()) return path;
  return (std::filesystem::path(entry_.path).parent_path() / path).string();
}

std::string KubeconfigSection::path(std::string_view key) { return besideFile(text(key)); }

PemSource KubeconfigSection::pem(const std::string& key) {
  PemSource source;
  const std::string encoded = text(key + "-data");
  if (encoded.empty()) {
    source.file = path(key);
    return source;
  }
  auto decoded = base::decodeBase64(encoded);
  if (!decoded || decoded->empty()) {
    fail(key + "-data", "is not base64");
  } else {
    source.data = std::move(*decoded);
  }
  return source;
}

const tree::Tree* KubeconfigSection::map(std::string_view key) {
  const tree::Tree* const found = find(entry_.value, key);
  if (found == nullptr || found->isMap()) return found;
  fail(key, "must be a map");
  return nullptr;
}

std::vector<std::string> KubeconfigSection::texts(const tree::Tree& map, std::string_view key) {
  std::vector<std::string> all;
  const tree::Tree* const found = find(map, key);
  if (found == nullptr) return all;
  if (!found->isList()) fail(key, "must be a list of strings");
  for (const tree::Tree& item : found->items) {
    if (!item.isString()) fail(key, "must be a list of strings: put numbers in quotes");
    all.push_back(item.text);
  }
  return all;
}

void KubeconfigSection::refuse(std::string_view key, std::string_view instead) {
  const tree::Tree* const found = find(entry_.value, key);
  const bool empty = found == nullptr || (found->isString() && found->text.empty());
  if (!empty) fail(key, "is not supported: " + std::string(instead));
}

}  // namespace faasbatch::kube
