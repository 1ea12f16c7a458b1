// Session layer alone: a server that answers at once on one thread, a bounded load on another, over TCP, a
// Unix socket and TLS; then TLS with a new connection for each request. Usage: net_net_bench [CONNECTIONS
// [SECONDS]]
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <vector>

#include "lib/net/client.h"
#include "lib/net/raw_peer.h"
#include "lib/net/test_server.h"

namespace {

using namespace faasbatch;
using namespace std::chrono_literals;

struct Load {
  net::LoopThread& thread;
  net::Client& client;
  base::Instant end;
  std::vector<std::int64_t> latencies{};  // nanoseconds
  std::size_t running = 0;
  std::size_t failed = 0;
  std::promise<void> finished{};

  // One caller: the next call when the last is answered, until the end.
  void next() {
    const base::Instant start = thread.loop().now();
    if (start >= end) {
      if (--running == 0) finished.set_value();
      return;
    }
    net::Request request{.method = "POST", .target = "/v1/invocations", .headers = {}, .body = R"({"n":1})"};
    request.headers.add("Content-Type", "application/json");
    client.call(std::move(request), start + 10s, [this, start](base::Result<net::Response> outcome) {
      if (!outcome || outcome->status != 200) ++failed;
      latencies.push_back((thread.loop().now() - start).count());
      next();
    });
  }
};

double threadSeconds() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void answerAtOnce(net::Request, net::Responder responder) {
  net::Response response{.status = 200, .headers = {}, .body = R"({"ok":true})"};
  response.headers.add("Content-Type", "application/json");
  responder.send(std::move(response));
}

void measure(const char* name, net::Wire wire, std::size_t callers, base::Duration time) {
  net::TestServer server(answerAtOnce, {}, net::Address(wire));
  net::LoopThread thread;
  std::unique_ptr<net::Client> client;
  std::unique_ptr<Load> load;
  const double before = server.on(threadSeconds);
  thread.on([&] {
    const net::ClientOptions options = net::optionsFor(server.endpoint(), {.maxConnections = callers});
    client = net::Client::make(thread.loop(), server.endpoint(), options);
    load = std::make_unique<Load>(thread, *client, thread.loop().now() + time);
    load->running = callers;
    for (std::size_t i = 0; i < callers; ++i) load->next();
  });
  load->finished.get_future().get();
  const double busy = server.on(threadSeconds) - before;
  thread.on([&] { client = nullptr; });

  auto& all = load->latencies;
  std::sort(all.begin(), all.end());
  const auto micros = [&all](double quantile) {
    return static_cast<double>(
               all[static_cast<std::size_t>(quantile * static_cast<double>(all.size() - 1))]) /
           1e3;
  };
  const double seconds = std::chrono::duration<double>(time).count();
  std::printf(
      "%-12s %3zu callers: %7.0f requests/s  p50 %6.1f us  p99 %6.1f us  server %4.1f us CPU a request "
      "(%.0f/s a core)  %zu failed\n",
      name, callers, static_cast<double>(all.size()) / seconds, micros(0.5), micros(0.99),
      busy * 1e6 / static_cast<double>(all.size()), static_cast<double>(all.size()) / busy, load->failed);
}

// One caller with a new connection for each request.
void measureConnections(net::Wire wire, bool resumed, base::Duration time) {
  net::TestServer server(answerAtOnce, {}, net::Address(wire));
  const net::Address where = server.endpoint();
  const auto dialer = net::TlsConnector::of(*net::TestTls::get().client).dialer(where);
  std::vector<std::int64_t> latencies;
  const double before = server.on(threadSeconds);
  const auto end = std::chrono::steady_clock::now() + time;
  for (auto start = std::chrono::steady_clock::now(); start < end;) {
    net::RawPeer peer(where, true, resumed ? dialer.get() : nullptr);
    if (peer.exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
            .value_or(net::Response{})
            .body.empty())
      std::abort();
    const auto now = std::chrono::steady_clock::now();
    latencies.push_back((now - start).count());
    start = now;
  }
  const double busy = server.on(threadSeconds) - before;
  std::sort(latencies.begin(), latencies.end());
  std::printf("%-12s   a connection each: p50 %6.1f us  server %5.1f us CPU a request\n",
              wire == net::Wire::kTcp ? "TCP"
              : resumed               ? "TLS, resumed"
                                      : "TLS",
              static_cast<double>(latencies[latencies.size() / 2]) / 1e3,
              busy * 1e6 / static_cast<double>(latencies.size()));
}

}  // namespace

int main(int argc, char** argv) {
  const auto callers = static_cast<std::size_t>(argc > 1 ? std::atoi(argv[1]) : 64);
  const base::Duration time = std::chrono::seconds(argc > 2 ? std::atoi(argv[2]) : 3);
  for (const std::size_t n : {callers, std::size_t{1}}) {
    measure("TCP", net::Wire::kTcp, n, time);
    measure("Unix", net::Wire::kUnix, n, time);
    measure("TLS", net::Wire::kTls, n, time);
  }
  for (const net::Wire wire : {net::Wire::kTcp, net::Wire::kTls}) measureConnections(wire, false, time);
  measureConnections(net::Wire::kTls, true, time);
}
