#include "lib/testing/couchdb_server.h"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <utility>

#include "lib/testing/free_port.h"

namespace faasbatch::testing {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::string findPouchdb() {
  const std::string peers = environment("FAASBATCH_PEERS");
  for (const std::string& root : {peers, std::string(FAASBATCH_SOURCE_DIR "/build/peers")}) {
    const std::string candidate = root + "/node_modules/.bin/pouchdb-server";
    if (!root.empty() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return findProgram("pouchdb-server");
}

}  // namespace

CouchdbServer::CouchdbServer(Login login)
    : login_(std::move(login)), external_(environment("FAASBATCH_COUCHDB_URL")) {
  if (!external_.empty()) return;
  program_ = findPouchdb();
  if (program_.empty() || findProgram("node").empty()) {
    missing_ =
        "pouchdb-server is not installed (npm install --ignore-scripts --prefix build/peers pouchdb-server)";
    return;
  }
  for (int i = 0; i < kPortTries; ++i) {
    port_ = freePort();
    if (start()) return;
  }
  missing_ = "pouchdb-server does not start: " + process_->output();
}

bool CouchdbServer::start() {
  // It writes the passwords' hashes back: a fresh file for each start.
  std::ofstream config(directory_.file("config.json"));
  config << "{";
  if (!login_.user.empty()) {
    config << R"("admins": {")" << login_.user << R"(": ")" << login_.password
           << R"("}, "couch_httpd_auth": {"require_valid_user": true})";
  }
  config << "}\n";
  config.close();
  process_ = std::make_unique<ChildProcess>(
      std::vector<std::string>{program_, "--in-memory", "--host", "127.0.0.1", "--port",
                               std::to_string(port_), "--dir", directory_.path(), "--config",
                               directory_.file("config.json")},
      ChildProcess::Options{.directory = directory_.path()});
  return process_->waitFor([this] { return acceptsConnections(port_); });
}

std::string CouchdbServer::url(const std::string& database) const { return urlAs(login_, database); }

std::string CouchdbServer::urlAs(const Login& login, const std::string& database) const {
  if (!external_.empty()) return external_ + "/" + database;
  const std::string credentials = login.user.empty() ? "" : login.user + ":" + login.password + "@";
  return "http://" + credentials + "127.0.0.1:" + std::to_string(port_) + "/" + database;
}

void CouchdbServer::kill() {
  process_->signal(SIGKILL);
  (void)process_->wait();
}

bool CouchdbServer::restart() {
  kill();
  return start();
}

void CouchdbServer::pause() { process_->signal(SIGSTOP); }
void CouchdbServer::resume() { process_->signal(SIGCONT); }

}  // namespace faasbatch::testing
