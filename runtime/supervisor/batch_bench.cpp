// What the supervisor adds to a call: round trips of one native no-op over a Unix socket, and throughput in
// batches. Usage: supervisor_batch_bench [Threads|Processes] [Native|PYTHON]
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "runtime/supervisor/native_pod.h"

namespace {

using namespace faasbatch;
using supervisor::NativePod;
using Clock = std::chrono::steady_clock;

int calls = 20'000;
int batches = 6'000;
constexpr int kBatchSize = 32;
constexpr int kBatchesAtOnce = 4;

double microsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

// One keep-alive connection of blocking calls: the least a client can cost.
class PlainClient {
 public:
  explicit PlainClient(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) std::abort();
  }

  void send(const std::string& request) {
    if (::send(fd_.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) std::abort();
  }
  // Until the bytes so far hold `end`.
  void readUntil(std::string_view end) {
    in_.clear();
    while (in_.find(end) == std::string::npos) {
      char buffer[65536];
      const ssize_t size = ::recv(fd_.get(), buffer, sizeof buffer, 0);
      if (size <= 0) std::abort();
      in_.append(buffer, static_cast<std::size_t>(size));
    }
  }

 private:
  protocol::UniqueFd fd_;
  std::string in_;
};

std::string post(const std::string& body) {
  return "POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

void report(const char* name, std::vector<double>& micros) {
  std::ranges::sort(micros);
  std::printf("%-44s p50 %7.1f us   p99 %7.1f us\n", name, micros[micros.size() / 2],
              micros[micros.size() * 99 / 100]);
}

void roundTrips(const std::string& path, const std::string& request, const char* end, const char* name) {
  PlainClient client(path);
  std::vector<double> micros;
  for (int i = 0; i < calls; ++i) {
    const auto start = Clock::now();
    client.send(request);
    client.readUntil(end);
    micros.push_back(microsSince(start));
  }
  report(name, micros);
}

// CPU time of a process so far, microseconds: figures that hold on a busy machine too.
double cpuMicros(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  if (text.empty()) return 0;  // it has ended: a child of a zygote
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) * 1e6 / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

void throughput(const std::string& path, const std::vector<pid_t>& processes) {
  std::vector<double> before;
  before.reserve(processes.size());
  for (const pid_t pid : processes) before.push_back(cpuMicros(pid));
  std::string body;
  for (int i = 0; i < kBatchSize; ++i) body += NativePod::line(std::to_string(i), "null");
  const std::string request = post(body);
  std::vector<PlainClient> clients;
  clients.reserve(kBatchesAtOnce);
  for (int i = 0; i < kBatchesAtOnce; ++i) clients.emplace_back(path).send(request);
  const auto start = Clock::now();
  for (int done = 0; done < batches; ++done) {
    PlainClient& client = clients[static_cast<std::size_t>(done % kBatchesAtOnce)];
    client.readUntil("\r\n0\r\n\r\n");
    if (done + kBatchesAtOnce < batches) client.send(request);
  }
  const double seconds = microsSince(start) / 1e6;
  std::printf("%-44s %.0f invocations/s; CPU us per invocation:", "batches of 32, 4 at once",
              batches * kBatchSize / seconds);
  for (std::size_t i = 0; i < processes.size(); ++i)
    std::printf(" %.2f", (cpuMicros(processes[i]) - before[i]) / (batches * kBatchSize));
  std::printf(" (supervisor, workers)\n");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "Threads";
  if (mode == "Processes") {
    calls /= 20;
    batches /= 20;
  }
  const bool python = argc > 2 && std::string(argv[2]) == "Python";
  testing::RuntimeProcess pod(supervisor::kRuntime, {python ? "Python" : "Native", {"HOME=/batch_bench"}});
  const std::string source = python ? R"({"inline":"def noop(event):\n    return None\n"})"
                                    : R"({"path":")" FAASBATCH_BIN_DIR
                                      R"(/../tests/native_test_c_functions.so"})";
  const auto ready = pod.init(R"({"function":"f","handler":"f.noop","source":)" + source + R"(,"mode":")" +
                              mode + R"(","limit":32})");
  if (ready.status != 200) {
    std::fprintf(stderr, "%s\n", ready.body.c_str());
    return 1;
  }
  roundTrips(pod.path(), "GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n", "\"shared\":[",
             "GET /v1/status (HTTP alone)");
  roundTrips(pod.path(), post(NativePod::line("1", "null")), "\r\n0\r\n\r\n",
             "one no-op (client write -> end)");
  throughput(pod.path(), pod.processesWith("HOME=/batch_bench"));
  return 0;
}
