// faasbatch-operator: see operator/manager/options.h for what it takes.
#include <csignal>
#include <cstdio>

#include "lib/base/descriptor_limit.h"
#include "lib/net/loop.h"
#include "lib/telemetry/log.h"
#include "operator/cleanup/cleanup.h"
#include "operator/manager/access.h"
#include "operator/manager/operator.h"

namespace {

using namespace faasbatch;

int complain(const base::Error& error) {
  std::fprintf(stderr, "faasbatch-operator: %s\n", error.message.c_str());
  return 1;
}

int run(const manager::Options& options) {
  const auto loop = net::EventLoop::make();
  int status = 0;
  auto made = manager::Operator::start(*loop, options, [&](const base::Error& error) {
    status = complain(error);
    loop->stop();
  });
  if (!made) return complain(made.error());
  loop->onSignals({SIGTERM, SIGINT}, [&](int) { (*made)->shutdown([&] { loop->stop(); }); });
  loop->run();
  made->reset();
  return status;
}

// What it removed is its output.
int cleanUp(const manager::Options& options) {
  auto client = kube::ClientThread::start([&](base::Loop& loop) { return manager::accessFor(loop, options); },
                                          {.userAgent = "faasbatch-operator"});
  if (!client) return complain(client.error());
  const auto cleaned = cleanup::cleanUp(**client, options.nameSpace, options.cleanupTime);
  if (!cleaned) return complain(cleaned.error());
  for (const std::string& line : cleaned->done) std::printf("%s\n", line.c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const base::Result<manager::Options> options = manager::parseOptions(argc, argv);
  if (!options) {
    const bool help = options.error().kind == "Help";
    std::fprintf(help ? stdout : stderr, help ? "%s\n" : "faasbatch-operator: %s\n",
                 options.error().message.c_str());
    return help ? 0 : 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  base::raiseDescriptorLimit();
  if (options->verbose) telemetry::setLevel(telemetry::Level::kDebug);
  return options->command == manager::Options::Command::kCleanup ? cleanUp(*options) : run(*options);
}
