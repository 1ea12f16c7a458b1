#include "runtime/workers/native/call.h"

#include <sys/socket.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

#include "runtime/protocol/send.h"
#include "runtime/workers/native/store_client.h"

namespace faasbatch::native {
namespace {

using protocol::FrameType;
using std::chrono::steady_clock;

constexpr double kForeverSeconds = 1e9;  // thirty years; keeps the clock's arithmetic in range

const Call& self(const faasbatch_call* call) { return *static_cast<const Call*>(call); }

thread_local StoreClient storeClient;
thread_local base::Error storeError;

std::int64_t microsSince(steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - start).count();
}

base::Result<StoreClient::Value> useStore(const faasbatch_call* call, std::string_view op, const char* key,
                                          bool isJson, std::string_view bytes, double ttl) {
  const auto start = steady_clock::now();
  auto value = storeClient.call(op, key, isJson, bytes, ttl);
  self(call).addStoreUs(microsSince(start));
  if (!value) storeError = value.error();
  return value;
}

int storeGet(const faasbatch_call* call, const char* key, faasbatch_type* type, char** bytes,
             std::size_t* size) {
  const auto value = useStore(call, "get", key, true, {}, 0);
  if (!value) return FAASBATCH_FAILED;
  if (!value->found) return FAASBATCH_NOT_FOUND;
  *bytes = static_cast<char*>(std::malloc(value->bytes.size() + 1));
  if (*bytes == nullptr) {
    storeError = {"StoreUnavailable", "out of memory"};
    return FAASBATCH_FAILED;
  }
  std::memcpy(*bytes, value->bytes.c_str(), value->bytes.size() + 1);
  *size = value->bytes.size();
  if (type != nullptr) *type = value->isJson ? FAASBATCH_JSON : FAASBATCH_BYTES;
  return FAASBATCH_OK;
}

int storePut(const faasbatch_call* call, const char* key, faasbatch_type type, const char* bytes,
             std::size_t size, double ttl) {
  return useStore(call, "put", key, type == FAASBATCH_JSON, {bytes, size}, ttl) ? FAASBATCH_OK
                                                                                : FAASBATCH_FAILED;
}

int storeDelete(const faasbatch_call* call, const char* key) {
  return useStore(call, "delete", key, true, {}, 0) ? FAASBATCH_OK : FAASBATCH_FAILED;
}

const faasbatch_api kApi = {
    .version = FAASBATCH_ABI_VERSION,
    .set_output = [](faasbatch_result* result, const char* json,
                     std::size_t size) { result->copy({json, size}); },
    .own_output = [](faasbatch_result* result, char* json, std::size_t size,
                     void (*release)(void*)) { result->own(json, size, release); },
    .set_error = [](faasbatch_result* result, const char* type,
                    const char* message) { result->fail(type, message); },
    .log = [](const faasbatch_call* call, faasbatch_stream stream, const char* text,
              std::size_t size) { self(call).log(stream, {text, size}); },
    .cancelled = [](const faasbatch_call* call) { return self(call).isCancelled() ? 1 : 0; },
    .remaining = [](const faasbatch_call* call) { return self(call).remaining(); },
    .store_get = storeGet,
    .store_put = storePut,
    .store_delete = storeDelete,
    .store_error = [](const faasbatch_call*) { return storeError.message.c_str(); },
    .release = [](char* bytes) { std::free(bytes); },
    .store_error_type = [](const faasbatch_call*) { return storeError.kind.c_str(); },
};

}  // namespace

Call::Call(int socket, std::uint32_t number, protocol::CallHead head, std::string_view input,
           bool cancelsOnSocket)
    : faasbatch_call{},
      socket_(socket),
      number_(number),
      head_(std::move(head)),
      cancelsOnSocket_(cancelsOnSocket) {
  const std::chrono::duration<double> timeout(std::min(head_.timeoutSeconds, kForeverSeconds));
  deadline_ = steady_clock::now() + std::chrono::duration_cast<steady_clock::duration>(timeout);
  api = &kApi;
  this->input = input.data();
  input_size = input.size();
  invocation_id = head_.invocation.c_str();
  run_id = head_.run.c_str();
  step = head_.step.c_str();
  index = head_.index.c_str();
  attempt = head_.attempt;
}

bool Call::isCancelled() const {
  if (cancelsOnSocket_ && !cancelled_.load(std::memory_order_relaxed)) {
    char packet[protocol::kFixedBytes + 2];
    const ssize_t size = ::recv(socket_, packet, sizeof packet, MSG_DONTWAIT);
    // Whatever else comes, or the end: nobody waits for this call any more.
    if (size >= 0) cancelled_.store(true, std::memory_order_relaxed);
  }
  return cancelled_.load(std::memory_order_relaxed);
}

double Call::remaining() const {
  return std::chrono::duration<double>(deadline_ - steady_clock::now()).count();
}

void Call::log(faasbatch_stream stream, std::string_view text) const {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto kind = stream == FAASBATCH_STDERR ? protocol::Stream::kStderr : protocol::Stream::kStdout;
  const std::string head = protocol::encodeLogHead({std::chrono::duration<double>(now).count(), kind});
  while (!text.empty()) {
    const std::string_view part = text.substr(0, protocol::kMaxLogTextBytes);
    if (!protocol::sendFrame(socket_, {FrameType::kLog, number_, head, part, nullptr, {}})) return;
    text.remove_prefix(part.size());
  }
}

std::int64_t invoke(const LoadRequest& load, const Call& call, faasbatch_result& result) {
  const auto start = steady_clock::now();
  try {
    if (load.handler(&call, &result) != FAASBATCH_OK && !result.error())
      result.fail("Error", "the handler failed and set no error");
  } catch (const std::exception& thrown) {
    result.fail("Error", thrown.what());
  }
  const std::int64_t us = microsSince(start);
  std::fflush(stdout);
  return us;
}

bool sendResult(const LoadRequest& load, int socket, std::uint32_t number, faasbatch_result& result,
                std::int64_t execUs, std::int64_t storeUs) {
  protocol::ResultHead head{0, execUs, storeUs, result.error()};
  std::string_view output = result.output();
  if (!head.error && output.size() > load.maxOutputBytes) {
    head.error = protocol::CallError{"OutputTooLarge",
                                     "the output has " + std::to_string(output.size()) + " bytes, " +
                                         std::to_string(load.maxOutputBytes) + " are allowed",
                                     "", false};
  }
  if (head.error) output = {};
  const bool sent = protocol::sendFrame(
      socket, {FrameType::kResult, number, protocol::encodeResultHead(head), output, nullptr, {}});
  result.clear();
  return sent;
}

bool sendBroken(int socket, std::uint32_t number, const base::Error& error) {
  protocol::ResultHead head;
  head.error = protocol::CallError{error.kind, error.message, "", false};
  return protocol::sendFrame(socket,
                             {FrameType::kResult, number, protocol::encodeResultHead(head), {}, nullptr, {}});
}

}  // namespace faasbatch::native
