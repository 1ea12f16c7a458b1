// A program that a test starts, watches and ends.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/time.h"
#include "lib/testing/namespace.h"

namespace faasbatch::testing {

// Its stdout and stderr go to one file. It dies with the thread that started it (PR_SET_PDEATHSIG), and with
// this object. Not thread-safe.
class ChildProcess {
 public:
  struct Options {
    std::vector<std::string> environment;  // "NAME=value", added to the caller's
    std::string directory;                 // empty: the caller's
  };
  explicit ChildProcess(std::vector<std::string> argv, Options options = {});
  ~ChildProcess();  // SIGKILL, and waits for the end
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }  // -1: could not be started
  bool running();
  void signal(int number);  // nothing where it has ended
  // Waits for the end: the exit status as waitpid() gives it; nothing if it still runs at the end of the
  // time.
  std::optional<int> wait(base::Duration atMost = std::chrono::seconds(30));
  // SIGTERM, then SIGKILL after `grace`.
  void stop(base::Duration grace = std::chrono::seconds(5));

  std::string output() const;  // everything so far
  // Until `condition` holds; false when the time is over or the process has ended without it.
  bool waitFor(const std::function<bool()>& condition, base::Duration atMost = std::chrono::seconds(30));
  bool waitForOutput(const std::string& text, base::Duration atMost = std::chrono::seconds(30));

 private:
  pid_t pid_ = -1;
  std::optional<int> status_;
  int output_ = -1;  // an unlinked file
};

// The path of a program on PATH, or an empty one.
std::string findProgram(const std::string& name);

}  // namespace faasbatch::testing
