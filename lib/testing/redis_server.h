// Debian's redis-server on a free port, nothing kept on disk.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/testing/child_process.h"
#include "lib/testing/namespace.h"
#include "lib/testing/temp_dir.h"

namespace faasbatch::testing {

class RedisServer {
 public:
  // `options` as on the command line: {"--requirepass", "secret"}. Returns when it answers.
  explicit RedisServer(std::vector<std::string> options = {});

  // Empty if it runs; otherwise why it does not: the test is skipped with this reason.
  const std::string& missing() const { return missing_; }

  std::uint16_t port() const { return port_; }
  std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }
  std::string socketPath() const { return directory_.file("redis.sock"); }  // it listens there as well
  std::string snapshotPath() const { return directory_.file("dump.rdb"); }  // with options that write one

  void kill();     // SIGKILL
  void end();      // SIGTERM; returns when it has ended
  bool restart();  // on the same port, with its snapshot if there is one; whether it answers
  void pause();    // SIGSTOP: accepts connections, answers nothing
  void resume();

 private:
  bool start();

  TempDir directory_;
  std::vector<std::string> options_;
  std::uint16_t port_ = 0;
  std::string missing_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace faasbatch::testing
