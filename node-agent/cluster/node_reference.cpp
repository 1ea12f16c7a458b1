#include "node-agent/cluster/node_reference.h"

#include <utility>

#include "lib/telemetry/log.h"

namespace faasbatch::clusterview {
namespace {

constexpr base::Duration kAskEvery = std::chrono::seconds(2);

}  // namespace

NodeReference::NodeReference(base::Loop& loop, kube::ClientThread& thread, std::string node)
    : loop_(loop), thread_(thread), node_(std::move(node)), mailbox_(loop) {
  ask();
}

void NodeReference::ask() {
  thread_.post([this, send = mailbox_.sender(), name = node_](kube::Client& client) {
    client.getMetadata(kube::kNodes, {"", name}, [this, send](kube::Result<kube::Object> node) {
      send([this, node = std::move(node)] { onAnswer(node); });
    });
  });
}

void NodeReference::onAnswer(const kube::Result<kube::Object>& node) {
  if (node) {
    reference_ = kube::referenceTo(kube::kNodes, *node);
    return;
  }
  telemetry::warning("the API server does not say what node this is; asking again",
                     {{"node", node_}, {"why", node.error().message}});
  timer_ = loop_.after(kAskEvery, [this] { ask(); });
}

}  // namespace faasbatch::clusterview
