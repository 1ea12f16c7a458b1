#include "node-agent/forwarding/ask_keys.h"

#include <utility>

#include "lib/cluster/home.h"
#include "lib/json/check.h"
#include "lib/json/members.h"
#include "lib/json/path.h"
#include "lib/json/write.h"

namespace faasbatch::forwarding {
namespace {

std::string_view nameOf(runs::KeyState state) {
  switch (state) {
    case runs::KeyState::kUnknown:
      return "Unknown";
    case runs::KeyState::kAsking:
      return "Asking";
    case runs::KeyState::kKnown:
      return "Known";
  }
  return "Unknown";
}

std::string stateOf(const base::Result<net::Response>& answer) {
  if (!answer || answer->status != 200 || !json::check(answer->body)) return "";
  const auto state = json::at(answer->body, {"state"});
  return state ? json::asString(*state).value_or("") : "";
}

std::string targetOf(const runs::KeyName& name) {
  std::string target(kKeysPath);
  target += "?namespace=" + net::percentEncode(name.nameSpace);
  target += "&workflow=" + net::percentEncode(name.workflow);
  target += "&function=" + net::percentEncode(name.function);
  return target + "&key=" + net::percentEncode(name.key);
}

// Of two agents that ask at the same time: the one that calls with the key would meet at.
bool comesFirst(const std::string& node, const std::string& other, const std::string& name) {
  return cluster::rendezvous(name, {node, other}).front() == node;
}

}  // namespace

struct AskKeys::Asking {
  std::size_t left = 1;
  std::optional<std::string> owner;
  std::move_only_function<void(std::optional<std::string>)> done;

  void finish() {
    if (--left == 0) done(std::move(owner));
  }
};

void AskKeys::ask(const runs::KeyName& name, std::move_only_function<void(std::optional<std::string>)> done) {
  auto asking = std::make_shared<Asking>();
  asking->done = std::move(done);
  for (const std::string& node : peers_.nodes()) {
    net::Client* client = peers_.client(node);
    if (!client || peers_.isLost(node)) continue;
    ++asking->left;
    net::Request request{"GET", targetOf(name), {}, ""};
    const bool first = comesFirst(node, peers_.node(), name.joined());
    client->call(
        std::move(request), loop_.now() + kAskTime,
        [asking, node, first, alive = std::weak_ptr(alive_)](const base::Result<net::Response>& answer) {
          if (alive.expired()) return;
          const std::string state = stateOf(answer);
          if (state == "Known" || (state == "Asking" && first && !asking->owner)) asking->owner = node;
          asking->finish();
        },
        true);
  }
  loop_.post([asking, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) asking->finish();
  });
}

void AskKeys::answer(runs::Runs& runs, const net::Request& request, net::Responder responder) {
  const auto text = [&](std::string_view name) {
    return net::queryParameter(request.query(), name).value_or("");
  };
  const runs::KeyName name{text("namespace"), text("workflow"), text("function"), text("key")};
  const std::string asker(request.headers.find(peers::kNodeHeader).value_or(""));
  auto shared = std::make_shared<net::Responder>(std::move(responder));
  runs.askedForKey(name, asker, comesFirst(asker, peers_.node(), name.joined()),
                   [shared](base::Result<runs::KeyState> state) {
                     net::Response response;
                     response.status = state ? 200 : 503;
                     response.headers.add("Content-Type", "application/json");
                     if (state) json::Object(response.body).text("state", nameOf(*state)).end();
                     shared->send(std::move(response));
                   });
}

}  // namespace faasbatch::forwarding
