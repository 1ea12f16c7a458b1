#include "runtime/workers/native/worker.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

#include "lib/json/write.h"
#include "runtime/protocol/heads.h"
#include "runtime/protocol/receive.h"
#include "runtime/protocol/send.h"
#include "runtime/workers/native/library.h"
#include "runtime/workers/native/threads.h"
#include "runtime/workers/native/zygote.h"

namespace faasbatch::native {
namespace {

using protocol::FrameType;
using protocol::kWorkerFd;

constexpr int kProtocolBroken = 70;  // EX_SOFTWARE

bool send(FrameType type, std::string head) {
  return protocol::sendFrame(kWorkerFd, {type, 0, std::move(head), {}, nullptr, {}});
}

bool sayHello() {
  std::string head;
  json::Object object(head);
  object.number("pid", static_cast<std::int64_t>(::getpid()));
  object.number("version", static_cast<std::int64_t>(protocol::kVersion)).end();
  return send(FrameType::kHello, std::move(head));
}

// Loads what the frame asks for and answers; nothing where it could not be loaded.
std::optional<LoadRequest> loadFrom(protocol::InFrame& frame) {
  const auto start = std::chrono::steady_clock::now();
  std::string body(frame.view.head);
  if (frame.view.payloadSize > 0) {
    auto payload = frame.payload();
    body = payload ? std::move(*payload) : std::string();
  }
  auto loaded = load(body);
  if (!loaded) {
    send(FrameType::kLoaded,
         protocol::encodeErrorHead({loaded.error().kind, loaded.error().message, "", false}));
    return std::nullopt;
  }
  const auto us =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
  std::string head;
  json::Object(head).number("loadUs", static_cast<std::int64_t>(us.count())).end();
  send(FrameType::kLoaded, std::move(head));
  return *loaded;
}

}  // namespace

int runWorker() {
  // Output reaches the supervisor line by line, not when a buffer is full.
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  ::fcntl(kWorkerFd, F_SETFD, FD_CLOEXEC);
  if (!sayHello()) return 0;
  std::optional<LoadRequest> request;
  bool broken = false;
  {
    protocol::FrameReceiver receiver(1);
    const auto end = receiver.receive(kWorkerFd, [&](protocol::InFrame& frame) {
      broken = frame.view.type != FrameType::kLoad;
      if (!broken) request = loadFrom(frame);
    });
    broken = broken || end == protocol::FrameReceiver::End::kBad;
  }
  if (broken) return kProtocolBroken;
  if (!request) return 0;
  if (request->forks) serveZygote(*request, kWorkerFd);
  serveThreads(*request, kWorkerFd);
}

}  // namespace faasbatch::native
