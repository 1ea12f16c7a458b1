#include "runtime/protocol/heads.h"

#include <cmath>

#include "lib/json/check.h"
#include "lib/json/members.h"
#include "lib/json/write.h"

namespace faasbatch::protocol {
namespace {

constexpr int kHeadDepth = 8;
constexpr double kMaxMicros = 1e15;  // thirty years

std::string_view cut(std::string_view text, std::size_t bytes) { return text.substr(0, bytes); }

// The end of a traceback says what went wrong.
std::string_view cutFront(std::string_view text, std::size_t bytes) {
  return text.size() > bytes ? text.substr(text.size() - bytes) : text;
}

base::Result<std::vector<json::Member>> parse(std::string_view text) {
  if (auto checked = json::check(text, kHeadDepth); !checked)
    return base::fail("BadFrame", checked.error().message);
  auto members = json::members(text);
  if (!members) return base::fail("BadFrame", members.error().message);
  return members;
}

std::int64_t micros(std::string_view raw) {
  const double value = json::asDouble(raw).value_or(0);
  return value > 0 && value < kMaxMicros ? static_cast<std::int64_t>(value) : 0;
}

double seconds(std::string_view raw) {
  const double value = json::asDouble(raw).value_or(0);
  return std::isfinite(value) && value > 0 ? value : 0;
}

std::string text(std::string_view raw) { return json::asString(raw).value_or(std::string()); }

Stream toStream(std::string_view raw) {
  if (raw == "\"stderr\"") return Stream::kStderr;
  return raw == "\"system\"" ? Stream::kSystem : Stream::kStdout;
}

std::optional<CallError> toError(std::string_view raw) {
  if (raw == "null") return std::nullopt;
  CallError error;
  const auto members = json::members(raw);
  if (!members) {
    error = {"InvalidOutput", "the worker reported an error that is no object", "", false};
    return error;
  }
  for (const auto& member : *members) {
    if (member.key == "type") error.type = text(member.value);
    if (member.key == "message") error.message = text(member.value);
    if (member.key == "traceback") error.traceback = text(member.value);
  }
  if (error.type.empty()) error.type = "Error";
  return error;
}

}  // namespace

const char* streamName(Stream stream) {
  switch (stream) {
    case Stream::kStderr:
      return "stderr";
    case Stream::kSystem:
      return "system";
    case Stream::kStdout:
      break;
  }
  return "stdout";
}

std::string encodeCallHead(const CallHead& head) {
  std::string out;
  json::Object object(out);
  object.text("i", head.invocation).text("r", head.run).text("s", head.step).raw("x", head.index);
  object.number("a", head.attempt).number("t", head.timeoutSeconds).end();
  return out;
}

std::string encodeResultHead(const ResultHead& head) {
  std::string out;
  json::Object object(out);
  object.number("q", head.queueUs).number("e", head.execUs).number("o", head.storeUs);
  if (head.error) appendError(object.key("error"), *head.error);
  object.end();
  return out;
}

std::string encodeLogHead(const LogHead& head) {
  std::string out;
  json::Object object(out);
  object.number("t", head.time).text("f", streamName(head.stream)).end();
  return out;
}

std::string encodeErrorHead(const CallError& error) {
  std::string out;
  json::Object object(out);
  appendError(object.key("error"), error);
  object.end();
  return out;
}

base::Result<CallHead> decodeCallHead(std::string_view head) {
  const auto members = parse(head);
  if (!members) return std::unexpected(members.error());
  CallHead call;
  for (const auto& [key, value] : *members) {
    if (key == "i") call.invocation = text(value);
    if (key == "r") call.run = text(value);
    if (key == "s") call.step = text(value);
    if (key == "x" && value.starts_with('[')) call.index = value;
    if (key == "a") call.attempt = json::asInt(value).value_or(1);
    if (key == "t") call.timeoutSeconds = seconds(value);
  }
  return call;
}

base::Result<ResultHead> decodeResultHead(std::string_view head) {
  const auto members = parse(head);
  if (!members) return std::unexpected(members.error());
  ResultHead result;
  for (const auto& [key, value] : *members) {
    if (key == "q") result.queueUs = micros(value);
    if (key == "e") result.execUs = micros(value);
    if (key == "o") result.storeUs = micros(value);
    if (key == "error") result.error = toError(value);
  }
  return result;
}

base::Result<LogHead> decodeLogHead(std::string_view head) {
  const auto members = parse(head);
  if (!members) return std::unexpected(members.error());
  LogHead log;
  for (const auto& [key, value] : *members) {
    if (key == "t") log.time = seconds(value);
    if (key == "f") log.stream = toStream(value);
  }
  return log;
}

std::optional<std::int64_t> headNumber(std::string_view head, std::string_view key) {
  const auto members = parse(head);
  if (!members) return std::nullopt;
  const auto raw = json::find(*members, key);
  return raw ? json::asInt(*raw) : std::nullopt;
}

std::optional<CallError> headError(std::string_view head) {
  const auto members = parse(head);
  if (!members) return std::nullopt;
  const auto raw = json::find(*members, "error");
  return raw ? toError(*raw) : std::nullopt;
}

void appendError(std::string& out, const CallError& error) {
  json::Object object(out);
  object.text("type", cut(error.type, kMaxErrorTypeBytes))
      .text("message", cut(error.message, kMaxErrorTextBytes));
  if (!error.traceback.empty()) object.text("traceback", cutFront(error.traceback, kMaxErrorTextBytes));
  if (error.alone) object.boolean("alone", true);
  object.end();
}

}  // namespace faasbatch::protocol
