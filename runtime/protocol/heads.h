// The JSON heads of the frames that travel often, and of those a zygote sends: docs/worker-protocol.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/error.h"

namespace faasbatch::protocol {

struct CallHead {
  std::string invocation;
  std::string run;
  std::string step;
  std::string index = "[]";  // raw JSON array
  std::int64_t attempt = 1;
  double timeoutSeconds = 0;
};

// An error as a worker reports it and as a result line shows it.
struct CallError {
  std::string type;
  std::string message;
  std::string traceback;  // empty: none
  bool alone = false;     // only WorkerCrashed
};

struct ResultHead {
  std::int64_t queueUs = 0;
  std::int64_t execUs = 0;
  std::int64_t storeUs = 0;
  std::optional<CallError> error;
};

enum class Stream : std::uint8_t { kStdout, kStderr, kSystem };
const char* streamName(Stream stream);  // "stdout", "stderr", "system"

struct LogHead {
  double time = 0;  // seconds since the epoch
  Stream stream = Stream::kStdout;
};

// Texts of errors are cut to this, so that a head stays within kMaxHeadBytes however it is escaped.
inline constexpr std::size_t kMaxErrorTypeBytes = 256;
inline constexpr std::size_t kMaxErrorTextBytes =
    5 * 1024;  // of message and traceback each; \u00XX takes six bytes

std::string encodeCallHead(const CallHead& head);
std::string encodeResultHead(const ResultHead& head);
std::string encodeLogHead(const LogHead& head);
// `{"error": {...}}`, as Loaded has it.
std::string encodeErrorHead(const CallError& error);

// Heads come from processes that run other people's code: any text is answered, with kind "BadFrame" where it
// is not such a head. Numbers below zero or beyond range count as zero.
base::Result<CallHead> decodeCallHead(std::string_view text);
base::Result<ResultHead> decodeResultHead(std::string_view text);
base::Result<LogHead> decodeLogHead(std::string_view text);

// One integer member of a head ("pid", "status", "threads", "loadUs"); nothing where it is not there.
std::optional<std::int64_t> headNumber(std::string_view text, std::string_view key);

// The `error` member of a head; nothing where there is none.
std::optional<CallError> headError(std::string_view text);

// The raw error object `{"type", "message", "traceback", "alone"}` for result lines and heads.
void appendError(std::string& out, const CallError& error);

}  // namespace faasbatch::protocol
