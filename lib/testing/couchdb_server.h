// A server that speaks CouchDB's protocol: npm's pouchdb-server, in memory, on a free port.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "lib/testing/child_process.h"
#include "lib/testing/namespace.h"
#include "lib/testing/temp_dir.h"

namespace faasbatch::testing {

// The program is taken from FAASBATCH_PEERS (a directory that holds node_modules), from build/peers of the
// source tree (where `make setup` puts it: npm install --ignore-scripts --prefix build/peers pouchdb-server),
// or from PATH. FAASBATCH_COUCHDB_URL ("http://user:password@host:port") uses a server that runs already
// instead, such as Apache CouchDB; it cannot be killed, so tests that need that are skipped.
class CouchdbServer {
 public:
  struct Login {
    std::string user;
    std::string password;
  };
  // With a login, nobody else may read or write.
  explicit CouchdbServer(Login login = {"", ""});

  // Empty if it runs; otherwise why it does not: the test is skipped with this reason.
  const std::string& missing() const { return missing_; }
  bool ours() const { return external_.empty(); }

  // "http://[user:password@]127.0.0.1:port/DATABASE".
  std::string url(const std::string& database) const;
  std::string urlAs(const Login& login, const std::string& database) const;

  void kill();
  bool restart();  // on the same port, empty
  void pause();
  void resume();
  std::string output() const { return process_ ? process_->output() : ""; }

 private:
  bool start();

  TempDir directory_;
  Login login_;
  std::string program_;
  std::string external_;
  std::uint16_t port_ = 0;
  std::string missing_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace faasbatch::testing
