// faasbatch-agent: the agent of one node. See node-agent/agent/options.h for what it takes.
#include <csignal>
#include <cstdio>
#include <span>

#include "lib/base/descriptor_limit.h"
#include "lib/net/loop.h"
#include "lib/telemetry/log.h"
#include "node-agent/agent/agent.h"
#include "node-agent/agent/own_directory.h"

int main(int argc, char** argv) {
  using namespace faasbatch;
  const std::span arguments(argv, static_cast<std::size_t>(argc));
  if (argc > 1 && arguments[1] == agent::kOwnCommand) {
    const auto owned = agent::ownDirectories(arguments.subspan(2));
    if (!owned) std::fprintf(stderr, "faasbatch-agent: %s\n", owned.error().message.c_str());
    return owned ? 0 : 1;
  }
  const base::Result<agent::Options> options = agent::parseOptions(argc, argv);
  if (!options) {
    const bool help = options.error().kind == "Help";
    std::fprintf(help ? stdout : stderr, help ? "%s\n" : "faasbatch-agent: %s\n",
                 options.error().message.c_str());
    return help ? 0 : 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  base::raiseDescriptorLimit();
  if (options->verbose) telemetry::setLevel(telemetry::Level::kDebug);
  const auto loop = net::EventLoop::make();
  auto agent = agent::Agent::start(*loop, *options);
  if (!agent) {
    std::fprintf(stderr, "faasbatch-agent: %s\n", agent.error().message.c_str());
    const std::string& kind = agent.error().kind;
    return kind == "Usage" || kind == "InvalidEndpoint" || kind == "InvalidUrl" ? 2 : 1;
  }
  loop->onSignals({SIGTERM, SIGINT}, [&](int) { (*agent)->shutdown([&] { loop->stop(); }); });
  // A gateway that is not served yet says so in the log, once it is.
  if (const std::string address = (*agent)->address(); !address.empty()) {
    std::printf("FaaSBatch is ready at %s\n", address.c_str());
    std::fflush(stdout);
  }
  loop->run();
  agent->reset();
  return 0;
}
