#include "node-agent/pods/batch_stream.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>

#include "lib/json/check.h"
#include "lib/json/members.h"
#include "node-agent/pods/pod_error.h"

namespace faasbatch::pods {
namespace {

using Members = std::vector<json::Member>;

constexpr std::size_t kShownBytes = 80;  // of a bad line, in messages

std::unexpected<base::Error> invalid(std::string_view why, std::string_view line) {
  return base::fail("InvalidLine", std::string(why) + ": " + std::string(line.substr(0, kShownBytes)));
}

std::string textOf(const Members& members, std::string_view key) {
  const auto raw = json::find(members, key);
  return raw ? json::asString(*raw).value_or("") : "";
}

base::Duration microsOf(const Members& members, std::string_view key) {
  constexpr std::int64_t kMaxMicros = 1'000'000'000'000;  // 11 days: nothing runs longer
  const auto raw = json::find(members, key);
  const std::int64_t value = raw ? json::asInt(*raw).value_or(0) : 0;
  return std::chrono::microseconds(std::clamp<std::int64_t>(value, 0, kMaxMicros));
}

std::optional<calls::CallId> idOf(const Members& members) {
  const auto raw = json::find(members, "id");
  if (!raw || raw->size() < 3) return std::nullopt;
  const std::string_view digits = raw->substr(1, raw->size() - 2);
  calls::CallId id = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return id;
}

base::Result<calls::CallError> errorOf(const Members& members, std::string_view line) {
  const auto raw = json::find(members, "error");
  if (!raw) return invalid("a failed call without an error", line);
  const auto fields = json::members(*raw);
  if (!fields) return invalid("an error that is no object", line);
  calls::CallError error = readError(*fields);
  if (error.type.empty()) return invalid("an error without a type", line);
  if (error.type == "WorkerCrashed") {
    // A crash is held against a call only when it ran alone. The word may stand in the error or beside it.
    auto alone = json::find(*fields, "alone");
    if (!alone) alone = json::find(members, "alone");
    error.blameless = !(alone && json::asBool(*alone).value_or(false));
  }
  return error;
}

std::string streamOf(const Members& members) {
  std::string stream = textOf(members, "stream");
  return stream == "stderr" || stream == "system" ? stream : "stdout";
}

base::Result<LogsLine> logsOf(calls::CallId id, std::string_view raw, std::string_view line) {
  const auto elements = json::elements(raw);
  if (!elements || elements->size() > kMaxLogLinesPerCall) return invalid("logs that are no list", line);
  LogsLine logs{.call = id, .lines = {}};
  for (const std::string_view element : *elements) {
    const auto fields = json::members(element);
    if (!fields) return invalid("a log line that is no object", line);
    const auto time = json::find(*fields, "time");
    const double seconds = time ? json::asDouble(*time).value_or(0) : 0;
    constexpr double kMaxSeconds = 9e9;
    const double bounded = std::isfinite(seconds) ? std::clamp(seconds, 0.0, kMaxSeconds) : 0;
    logs.lines.push_back({.time = {static_cast<std::int64_t>(bounded * 1e9)},
                          .stream = streamOf(*fields),
                          .text = textOf(*fields, "text")});
  }
  return logs;
}

}  // namespace

base::Result<std::variant<ResultLine, LogsLine>> parseLine(std::string_view line) {
  if (!json::check(line)) return invalid("not JSON", line);
  const auto members = json::members(line);
  if (!members) return invalid("not an object", line);
  const auto id = idOf(*members);
  if (!id) return invalid("no id", line);
  if (const auto logs = json::find(*members, "logs")) {
    auto parsed = logsOf(*id, *logs, line);
    if (!parsed) return std::unexpected(parsed.error());
    return std::move(*parsed);
  }
  ResultLine result{.call = *id,
                    .outcome = {},
                    .queue = microsOf(*members, "queueUs"),
                    .exec = microsOf(*members, "execUs"),
                    .store = microsOf(*members, "storeUs")};
  const auto status = json::find(*members, "status");
  if (status == "\"Succeeded\"") {
    const auto output = json::find(*members, "output");
    if (!output) return invalid("a result without output", line);
    result.outcome = base::Payload(std::string(*output));
    return result;
  }
  if (status != "\"Failed\"") return invalid("no status", line);
  auto error = errorOf(*members, line);
  if (!error) return std::unexpected(error.error());
  result.outcome = std::unexpected(std::move(*error));
  return result;
}

base::Result<void> BatchStream::take(std::string_view line, Handler& handler) {
  if (line.empty()) return {};
  auto parsed = parseLine(line);
  if (!parsed) {
    failed_ = true;
    return std::unexpected(parsed.error());
  }
  auto* result = std::get_if<ResultLine>(&*parsed);
  const bool known = result != nullptr ? handler.onResult(std::move(*result))
                                       : handler.onLogs(std::move(std::get<LogsLine>(*parsed)));
  if (!known) {
    failed_ = true;
    return invalid("a call that is not in this batch, or has ended", line);
  }
  return {};
}

base::Result<void> BatchStream::feed(std::string_view data, Handler& handler) {
  if (failed_) return base::fail("InvalidLine", "the stream has failed before");
  while (!data.empty()) {
    const std::size_t end = data.find('\n');
    const std::string_view piece = data.substr(0, end);
    if (rest_.size() + piece.size() > kMaxLineBytes) {
      failed_ = true;
      return base::fail("InvalidLine", "a line of more than " + std::to_string(kMaxLineBytes) + " bytes");
    }
    if (end == std::string_view::npos) {
      rest_ += piece;
      return {};
    }
    data.remove_prefix(end + 1);
    std::string whole;
    if (!rest_.empty()) {
      whole = std::move(rest_);
      rest_.clear();
      whole += piece;
    }
    if (const auto taken = take(whole.empty() ? piece : whole, handler); !taken) return taken;
  }
  return {};
}

base::Result<void> BatchStream::end() const {
  if (failed_ || rest_.empty()) return {};
  return invalid("the stream ended inside a line", rest_);
}

}  // namespace faasbatch::pods
