// A faasbatch-runtime of a test's own, spoken to over HTTP.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/net/client.h"
#include "lib/net/loop.h"
#include "runtime/protocol/unique_fd.h"

namespace faasbatch::testing {

// A batch's answer as it comes.
struct Answer {
  int status = 0;
  std::string body;
  bool ended = false;  // complete or cut
  bool complete = false;

  std::vector<std::string> lines() const;
  // The raw value of `key` in the result line of call `id`; empty where there is none.
  std::string of(std::string_view id, std::string_view key) const;
  // The `type` in the error of call `id`.
  std::string errorType(std::string_view id) const;
  // The log texts of call `id`, one after the other; only those of `stream` where one is named.
  std::string log(std::string_view id, std::string_view stream = "") const;
};

struct RuntimeOptions {
  std::string runtime = "Native";
  std::vector<std::string> environment;  // NAME=value, beside PATH
};

// Started by the constructor, in a session of its own, with a lifeline; killed with all it has started by the
// destructor. One thread.
class RuntimeProcess {
 public:
  explicit RuntimeProcess(const std::string& program, const RuntimeOptions& options = {});
  ~RuntimeProcess();
  RuntimeProcess(const RuntimeProcess&) = delete;
  RuntimeProcess& operator=(const RuntimeProcess&) = delete;

  net::EventLoop& loop() { return *loop_; }
  pid_t pid() const { return pid_; }
  std::string path() const { return directory_ + "/socket"; }  // of the Unix socket
  void setToken(std::string token) { token_ = std::move(token); }

  // Runs the loop until `done`; false when that takes longer than `seconds`.
  bool pollUntil(const std::function<bool()>& done, double seconds = 20);

  net::Response call(std::string method, std::string target, std::string body = "");
  net::Response init(std::string_view json) { return call("POST", "/v1/init", std::string(json)); }
  std::shared_ptr<Answer> start(std::string batch);  // ends with this object
  Answer batch(std::string lines);                   // waits for the end
  std::string status(std::string_view path);         // raw value of "state", "counters.crashes", ...

  void signal(int number);
  void cutLifeline() { lifeline_.reset(); }
  // The exit status as of waitpid(2), once it has ended.
  std::optional<int> waitForExit(double seconds = 20);

  // Every process with `marker` in the environment it was started with: what a runtime has started has its
  // HOME.
  std::vector<pid_t> processesWith(std::string_view marker) const;

 private:
  void spawn(const std::string& program, const RuntimeOptions& options);

  std::unique_ptr<net::EventLoop> loop_;
  std::string directory_;
  std::string token_;
  pid_t pid_ = 0;
  std::optional<int> exit_;
  protocol::UniqueFd lifeline_;
  std::unique_ptr<net::Client> client_;
};

}  // namespace faasbatch::testing
