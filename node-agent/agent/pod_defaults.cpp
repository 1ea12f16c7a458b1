#include "node-agent/agent/pod_defaults.h"

#include "lib/tree/yaml.h"

namespace faasbatch::agent {
namespace {

constexpr std::size_t kMaxNodes = 1'000;

std::unexpected<base::Error> wrong(const std::string& field, std::string_view expected) {
  return base::fail("InvalidPodDefaults", "pod defaults: " + field + " must be " + std::string(expected));
}

base::Result<void> take(pods::PodSettings& settings, const tree::TreeMember& member) {
  const tree::Tree& value = member.value;
  if (value.isNull()) return {};
  if (member.key == "resources") {
    if (!value.isMap()) return wrong(member.key, "a map of requests and limits");
    settings.resources = tree::toJson(value);
  } else if (member.key == "priorityClassName") {
    if (!value.isString()) return wrong(member.key, "a name");
    settings.priorityClass = value.text;
  } else if (member.key == "imagePullSecrets") {
    if (!value.isList()) return wrong(member.key, "a list of names");
    settings.pullSecrets.clear();
    for (const tree::Tree& name : value.items) {
      if (!name.isString()) return wrong(member.key, "a list of names");
      settings.pullSecrets.push_back(name.text);
    }
  } else {
    return wrong(member.key, "none: known are resources, imagePullSecrets and priorityClassName");
  }
  return {};
}

}  // namespace

base::Result<pods::PodSettings> withDefaults(pods::PodSettings settings, std::string_view yaml) {
  const auto defaults = tree::parseYaml(yaml, kMaxNodes);
  if (!defaults) return base::fail("InvalidPodDefaults", "pod defaults: " + defaults.error().message);
  if (defaults->isNull()) return settings;
  if (!defaults->isMap()) return wrong("the file", "a map");
  for (const tree::TreeMember& member : defaults->members) {
    if (auto taken = take(settings, member); !taken) return std::unexpected(std::move(taken.error()));
  }
  return settings;
}

}  // namespace faasbatch::agent
