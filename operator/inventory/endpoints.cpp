#include "operator/inventory/endpoints.h"

#include "lib/cluster/names.h"
#include "lib/json/members.h"
#include "lib/json/path.h"

namespace faasbatch::inventory {
namespace {

std::string textAt(std::string_view text, std::initializer_list<std::string_view> path) {
  const auto raw = json::at(text, path);
  return raw ? json::asString(*raw).value_or("") : "";
}

bool flagAt(std::string_view text, std::initializer_list<std::string_view> path, bool otherwise) {
  const auto raw = json::at(text, path);
  return raw ? json::asBool(*raw).value_or(otherwise) : otherwise;
}

std::vector<std::string_view> listAt(std::string_view text, std::string_view key) {
  const auto raw = json::at(text, {key});
  const auto items = raw ? json::elements(*raw) : base::Result<std::vector<std::string_view>>();
  return items ? *items : std::vector<std::string_view>();
}

std::uint16_t portOf(std::string_view slice) {
  for (const std::string_view port : listAt(slice, "ports")) {
    const auto raw = json::at(port, {"port"});
    const auto number = raw ? json::asInt(*raw) : std::nullopt;
    if (number && *number > 0 && *number <= UINT16_MAX) return static_cast<std::uint16_t>(*number);
  }
  return cluster::kPeerPort;
}

}  // namespace

std::vector<AgentAddress> agentsIn(const kube::Object& slice) {
  std::vector<AgentAddress> agents;
  const std::uint16_t port = portOf(slice.json);
  for (const std::string_view endpoint : listAt(slice.json, "endpoints")) {
    const std::vector<std::string_view> addresses = listAt(endpoint, "addresses");
    AgentAddress agent{.node = textAt(endpoint, {"nodeName"}),
                       .pod = textAt(endpoint, {"targetRef", "name"}),
                       .ip = addresses.empty() ? "" : json::asString(addresses.front()).value_or(""),
                       .port = port};
    // The API says that an unknown readiness is to be taken for ready.
    agent.ready = flagAt(endpoint, {"conditions", "ready"}, true) &&
                  !flagAt(endpoint, {"conditions", "terminating"}, false);
    if (!agent.node.empty() && !agent.ip.empty()) agents.push_back(std::move(agent));
  }
  return agents;
}

std::map<std::string, AgentAddress> byNode(std::span<const AgentAddress> agents) {
  std::map<std::string, AgentAddress> nodes;
  for (const AgentAddress& agent : agents) {
    const auto [found, added] = nodes.try_emplace(agent.node, agent);
    if (!added && agent.ready && !found->second.ready) found->second = agent;
  }
  return nodes;
}

}  // namespace faasbatch::inventory
