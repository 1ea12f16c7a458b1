#include <string>

#include "lib/crypto/digest.h"
#include "lib/json/quote_name.h"
#include "lib/tree/tree.h"
#include "lib/tree/yaml.h"
#include "lib/workflow/compiling.h"
#include "lib/workflow/defaults.h"
#include "lib/workflow/fields.h"
#include "lib/workflow/manifest.h"
#include "lib/workflow/names.h"
#include "lib/workflow/suggest.h"

namespace faasbatch::workflow {
namespace {

constexpr std::string_view kApiVersion = "faasbatch.io/v1alpha1";
constexpr std::string_view kKind = "FunctionWorkflow";
constexpr std::string_view kDefaultNamespace = "default";

std::unexpected<std::vector<Fault>> refuse(std::string path, std::string message) {
  return std::unexpected(std::vector<Fault>{{std::move(path), std::move(message)}});
}

// JSON where it is JSON, else YAML: a flow map of YAML may look like JSON at first.
std::expected<Tree, std::vector<Fault>> parseManifest(std::string_view text) {
  if (text.size() > kMaxManifestBytes) {
    return refuse("", "the manifest has " + std::to_string(text.size()) + " bytes, more than " +
                          std::to_string(kMaxManifestBytes));
  }
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool brace = first != std::string_view::npos && text[first] == '{';
  std::string jsonFault;
  if (brace) {
    auto json = tree::parseJson(text);
    if (json) return std::move(*json);
    jsonFault = json.error().message;
  }
  auto yaml = tree::parseYaml(text, tree::kMaxYamlNodes);
  if (yaml) return std::move(*yaml);
  return refuse("", brace ? "not JSON (" + jsonFault + ") and not YAML (" + yaml.error().message + ")"
                          : "not YAML: " + yaml.error().message);
}

std::string ownNamespace(const Tree& object) {
  const Tree* metadata = object.find("metadata");
  const Tree* own = metadata != nullptr ? metadata->find("namespace") : nullptr;
  return own != nullptr && own->isString() && !own->text.empty() ? own->text : std::string(kDefaultNamespace);
}

void readStringMap(const Fields& metadata, Faults& faults, std::string_view key) {
  const Tree* map = metadata.mapTree(key);
  if (map == nullptr) return;
  for (const tree::TreeMember& member : map->members) {
    if (member.value.isString()) continue;
    faults.add(memberPath(metadata.at(key), member.key),
               "must be a string, not " + std::string(member.value.kindName()) + ": put it in quotes");
  }
}

void readMetadata(Compiling& c, const Fields& object, std::string_view nameSpace) {
  c.plan.nameSpace = nameSpace;
  const auto fields = object.map("metadata");
  if (!fields) return;
  take(c.plan.name, fields->text("name"));
  const auto own = fields->text("namespace");
  if (own && *own != nameSpace) {
    fields->fault("namespace", "is " + json::quoteName(*own) + ", but the request is for the namespace " +
                                   json::quoteName(nameSpace));
  }
  readStringMap(*fields, c.faults, "labels");
  readStringMap(*fields, c.faults, "annotations");
}

void readSpec(Compiling& c, const Fields& object) {
  const auto spec = object.map("spec");
  if (!spec) return;
  take(c.plan.timeout, spec->duration("timeout"));
  take(c.plan.control, spec->choice("control"));
  readFunctions(c, *spec);
  outlineSteps(c, *spec);
  if (c.tooManySteps) return;  // half an outline would make known steps unknown
  readSteps(c);
  if (const Tree* output = spec->raw("output")) {
    c.plan.output = readTemplate(c, std::nullopt, *output, "spec.output", Scope{});
  }
  resolveReferences(c);
  findCycles(c);
}

// apiVersion and kind; false where the rest is of some other kind and not worth reading.
bool readType(const Fields& object) {
  const auto version = object.text("apiVersion");
  const auto kind = object.text("kind");
  if (version && *version != kApiVersion) {
    object.fault("apiVersion",
                 "must be " + json::quoteName(kApiVersion) + ", not " + json::quoteName(*version));
  }
  if (!kind || *kind == kKind) return true;
  object.fault("kind", "must be " + json::quoteName(kKind) + ", not " + json::quoteName(*kind));
  return nearest(*kind, {&kKind, 1}).has_value();
}

}  // namespace

std::expected<Compiled, std::vector<Fault>> compile(std::string_view manifest, std::string_view nameSpace) {
  auto tree = parseManifest(manifest);
  if (!tree) return std::unexpected(std::move(tree.error()));
  if (!tree->isMap()) return refuse("", "must be a map, not " + std::string(tree->kindName()));
  tree->remove("status");
  if (const std::size_t bytes = toJson(*tree).size(); bytes > kMaxManifestBytes) {
    return refuse("", "the object has " + std::to_string(bytes) + " bytes as JSON, more than " +
                          std::to_string(kMaxManifestBytes));
  }
  const std::string own = nameSpace.empty() ? ownNamespace(*tree) : std::string();
  if (nameSpace.empty()) nameSpace = own;
  applyDefaults(*tree, nameSpace);
  Compiling c;
  const Fields object(*tree, "", c.faults, objectSchema());
  if (readType(object)) {
    readMetadata(c, object, nameSpace);
    readSpec(c, object);
  }
  if (!c.faults.empty()) return std::unexpected(c.faults.take());
  findWarnings(c);
  c.plan.digest = crypto::sha256Hex(toJson(*tree->find("spec"), tree::KeyOrder::kSorted));
  return Compiled{std::make_shared<const Plan>(std::move(c.plan)), std::move(c.warnings), toJson(*tree)};
}

}  // namespace faasbatch::workflow
