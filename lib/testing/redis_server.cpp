#include "lib/testing/redis_server.h"

#include <signal.h>

#include <utility>

#include "lib/testing/free_port.h"

namespace faasbatch::testing {

RedisServer::RedisServer(std::vector<std::string> options) : options_(std::move(options)) {
  if (findProgram("redis-server").empty()) {
    missing_ = "redis-server is not installed (Debian: apt-get install redis-server)";
    return;
  }
  for (int i = 0; i < kPortTries; ++i) {
    port_ = freePort();
    if (start()) return;
  }
  missing_ = "redis-server does not start: " + (process_ ? process_->output() : "");
}

bool RedisServer::start() {
  std::vector<std::string> argv = {"redis-server", "--port", std::to_string(port_), "--bind", "127.0.0.1",
                                   "--save",       "",       "--appendonly",        "no",     "--unixsocket",
                                   socketPath(),   "--dir",  directory_.path()};
  argv.insert(argv.end(), options_.begin(), options_.end());
  process_ = std::make_unique<ChildProcess>(std::move(argv));
  return process_->waitForOutput("Ready to accept connections") && acceptsConnections(port_);
}

void RedisServer::kill() {
  process_->signal(SIGKILL);
  (void)process_->wait();
}

void RedisServer::end() {
  process_->signal(SIGTERM);
  (void)process_->wait();
}

bool RedisServer::restart() {
  kill();
  return start();
}

void RedisServer::pause() { process_->signal(SIGSTOP); }
void RedisServer::resume() { process_->signal(SIGCONT); }

}  // namespace faasbatch::testing
