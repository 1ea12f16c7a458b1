#include "lib/testing/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>
#include <thread>
#include <utility>

namespace faasbatch::testing {
namespace {

constexpr base::Duration kLookEvery = std::chrono::milliseconds(2);

bool poll(const std::function<bool()>& condition, base::Duration atMost) {
  const auto end = std::chrono::steady_clock::now() + atMost;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(kLookEvery);
  }
  return true;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

std::vector<std::string> environmentWith(const std::vector<std::string>& added) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) all.emplace_back(*entry);
  for (const std::string& entry : added) {
    const std::string name = entry.substr(0, entry.find('=') + 1);
    std::erase_if(all, [&name](const std::string& old) { return old.starts_with(name); });
    all.push_back(entry);
  }
  return all;
}

}  // namespace

ChildProcess::ChildProcess(std::vector<std::string> argv, Options options) {
  if (argv.empty() || argv.front().empty()) return;
  output_ = ::open("/tmp", O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
  auto environment = environmentWith(options.environment);
  // Everything that allocates comes before the fork: the caller may have threads.
  const auto arguments = pointers(argv);
  const auto variables = pointers(environment);
  const int output = output_;
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ != 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  if (!options.directory.empty() && ::chdir(options.directory.c_str()) != 0) ::_exit(127);
  const int nothing = ::open("/dev/null", O_RDONLY);
  if (nothing < 0 || output < 0) ::_exit(127);
  ::dup2(nothing, 0);
  ::dup2(output, 1);
  ::dup2(output, 2);
  ::execvpe(arguments[0], arguments.data(), variables.data());
  ::_exit(127);
}

ChildProcess::~ChildProcess() {
  signal(SIGKILL);
  signal(SIGCONT);
  (void)wait();
  if (output_ >= 0) ::close(output_);
}

bool ChildProcess::running() {
  if (pid_ <= 0 || status_) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return true;
  status_ = status;
  return false;
}

void ChildProcess::signal(int number) {
  if (running()) ::kill(pid_, number);
}

std::optional<int> ChildProcess::wait(base::Duration atMost) {
  poll([this] { return !running(); }, atMost);
  return status_;
}

void ChildProcess::stop(base::Duration grace) {
  signal(SIGTERM);
  if (wait(grace) || pid_ <= 0) return;
  signal(SIGKILL);
  (void)wait();
}

std::string ChildProcess::output() const {
  std::string text;
  char chunk[4096];
  for (ssize_t size = 0;
       (size = ::pread(output_, chunk, sizeof chunk, static_cast<off_t>(text.size()))) > 0;) {
    text.append(chunk, static_cast<std::size_t>(size));
  }
  return text;
}

bool ChildProcess::waitFor(const std::function<bool()>& condition, base::Duration atMost) {
  bool held = false;
  poll([&] { return (held = condition()) || !running(); }, atMost);
  return held || condition();
}

bool ChildProcess::waitForOutput(const std::string& text, base::Duration atMost) {
  return waitFor([&] { return output().find(text) != std::string::npos; }, atMost);
}

std::string findProgram(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream directories(path != nullptr ? path : "");
  for (std::string directory; std::getline(directories, directory, ':');) {
    const std::string candidate = directory + "/" + name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

}  // namespace faasbatch::testing
