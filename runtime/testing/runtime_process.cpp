#include "runtime/testing/runtime_process.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "lib/json/members.h"

namespace faasbatch::testing {
namespace {

constexpr auto kPoll = std::chrono::milliseconds(5);

base::Duration toDuration(double seconds) { return base::Duration(static_cast<std::int64_t>(seconds * 1e9)); }

}  // namespace

RuntimeProcess::RuntimeProcess(const std::string& program, const RuntimeOptions& options)
    : loop_(net::EventLoop::make()) {
  char directory[] = "/tmp/faasbatch-test-XXXXXX";
  if (::mkdtemp(directory) == nullptr) throw std::runtime_error("mkdtemp");
  directory_ = directory;
  spawn(program, options);
  const auto endpoint = net::Endpoint::parse("unix:" + directory_ + "/socket");
  client_ = net::Client::make(*loop_, *endpoint);
  if (!pollUntil([this] { return call("GET", "/v1/status").status != 0 || waitForExit(0).has_value(); }))
    throw std::runtime_error("the runtime does not answer");
}

RuntimeProcess::~RuntimeProcess() {
  client_.reset();
  lifeline_.reset();  // it kills all it has started
  if (!waitForExit(5)) {
    ::kill(pid_, SIGKILL);
    waitForExit();
  }
  ::unlink((directory_ + "/socket").c_str());
  ::rmdir(directory_.c_str());
}

void RuntimeProcess::spawn(const std::string& program, const RuntimeOptions& options) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  lifeline_.reset(ends[1]);
  const protocol::UniqueFd workerEnd(ends[0]);
  std::vector<std::string> arguments{
      program,         "--runtime", options.runtime, "--listen", "unix:" + directory_ + "/socket",
      "--lifeline-fd", "9"};
  std::vector<std::string> environment = options.environment;
  environment.push_back("PATH=/usr/local/bin:/usr/bin:/bin");
  std::vector<char*> argv;
  std::vector<char*> env;
  argv.reserve(arguments.size() + 1);
  env.reserve(environment.size() + 1);
  for (auto& argument : arguments) argv.push_back(argument.data());
  for (auto& variable : environment) env.push_back(variable.data());
  argv.push_back(nullptr);
  env.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork");
  if (pid_ > 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setsid();
  ::dup2(workerEnd.get(), 9);
  ::execve(program.c_str(), argv.data(), env.data());
  ::_exit(127);
}

bool RuntimeProcess::pollUntil(const std::function<bool()>& done, double seconds) {
  const base::Instant end = loop_->now() + toDuration(seconds);
  while (!done()) {
    if (loop_->now() >= end) return false;
    loop_->after(kPoll, [this] { loop_->stop(); });
    loop_->run();
  }
  return true;
}

net::Response RuntimeProcess::call(std::string method, std::string target, std::string body) {
  net::Request request;
  request.method = std::move(method);
  request.target = std::move(target);
  request.body = std::move(body);
  if (!token_.empty()) request.headers.add("Authorization", "Bearer " + token_);
  net::Response response;
  response.status = 0;
  client_->call(std::move(request), loop_->now() + toDuration(30), [&](base::Result<net::Response> result) {
    if (result) response = std::move(*result);
    loop_->stop();
  });
  loop_->run();
  return response;
}

std::shared_ptr<Answer> RuntimeProcess::start(std::string batch) {
  auto answer = std::make_shared<Answer>();
  net::Request request;
  request.method = "POST";
  request.target = "/v1/batch";
  request.body = std::move(batch);
  if (!token_.empty()) request.headers.add("Authorization", "Bearer " + token_);
  net::StreamSink sink;
  sink.onHead = [answer](int status, const net::Headers&) { answer->status = status; };
  sink.onData = [answer](std::string_view data) { answer->body += data; };
  sink.onEnd = [answer](base::Result<void> end) {
    answer->ended = true;
    answer->complete = end.has_value();
  };
  client_->stream(std::move(request), loop_->now() + toDuration(60), std::move(sink));
  return answer;
}

Answer RuntimeProcess::batch(std::string lines) {
  const auto answer = start(std::move(lines));
  pollUntil([&] { return answer->ended; }, 60);
  return *answer;
}

std::string RuntimeProcess::status(std::string_view path) {
  std::string value = call("GET", "/v1/status").body;
  while (!path.empty()) {
    const std::size_t dot = path.find('.');
    const auto members = json::members(value);
    if (!members) return "";
    value = std::string(json::find(*members, path.substr(0, dot)).value_or(""));
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  }
  return value;
}

void RuntimeProcess::signal(int number) { ::kill(pid_, number); }

std::optional<int> RuntimeProcess::waitForExit(double seconds) {
  pollUntil(
      [this] {
        int status = 0;
        if (!exit_ && ::waitpid(pid_, &status, WNOHANG) == pid_) exit_ = status;
        return exit_.has_value();
      },
      seconds);
  return exit_;
}

std::vector<pid_t> RuntimeProcess::processesWith(std::string_view marker) const {
  std::vector<pid_t> found;
  DIR* directory = ::opendir("/proc");
  if (directory == nullptr) return found;
  while (const dirent* entry = ::readdir(directory)) {
    const pid_t pid = std::atoi(entry->d_name);
    if (pid <= 0) continue;
    std::ifstream file(std::string("/proc/") + entry->d_name + "/environ", std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (text.find(marker) != std::string::npos) found.push_back(pid);
  }
  ::closedir(directory);
  return found;
}

}  // namespace faasbatch::testing
