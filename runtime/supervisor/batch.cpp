#include "runtime/supervisor/batch.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

#include "lib/json/check.h"
#include "lib/json/members.h"

namespace faasbatch::supervisor {
namespace {

base::Result<std::string> textOf(const json::Member& member, std::size_t maxBytes) {
  auto text = json::asString(member.value);
  if (!text) return base::fail("InvalidRequest", member.key + " is not a string");
  if (text->size() > maxBytes)
    return base::fail("InvalidRequest", member.key + " has more than " + std::to_string(maxBytes) + " bytes");
  return std::move(*text);
}

base::Result<void> setText(std::string& out, const json::Member& member, std::size_t maxBytes) {
  auto text = textOf(member, maxBytes);
  if (!text) return std::unexpected(text.error());
  out = std::move(*text);
  return {};
}

base::Result<void> setTimeout(Invocation& call, const json::Member& member) {
  const auto millis = json::asDouble(member.value);
  if (!millis || !(*millis >= 0))
    return base::fail("InvalidRequest", "timeoutMs is not a number of 0 or more");
  const double most = base::toMillis(kMaxTimeout);
  call.timeout = base::Duration(static_cast<std::int64_t>(std::min(*millis, most) * 1e6));
  call.head.timeoutSeconds = static_cast<double>(call.timeout.count()) / 1e9;
  return {};
}

base::Result<void> setSlice(Invocation& call, const json::Member& member) {
  const auto micros = json::asInt(member.value);
  if (!micros || *micros < 0) return base::fail("InvalidRequest", "sliceUs is not an integer of 0 or more");
  call.slice = std::chrono::microseconds(std::min<std::int64_t>(
      *micros, std::chrono::duration_cast<std::chrono::microseconds>(kMaxTimeout).count()));
  return {};
}

base::Result<void> setMember(Invocation& call, const json::Member& member) {
  if (member.key == "id") return setText(call.id, member, kMaxIdBytes);
  if (member.key == "invocation") return setText(call.head.invocation, member, kMaxNameBytes);
  if (member.key == "run") return setText(call.head.run, member, kMaxNameBytes);
  if (member.key == "step") return setText(call.head.step, member, kMaxNameBytes);
  if (member.key == "timeoutMs") return setTimeout(call, member);
  if (member.key == "sliceUs") return setSlice(call, member);
  if (member.key == "input") call.input = member.value;
  if (member.key == "isolate") call.isolate = member.value == "true";
  if (member.key == "attempt") call.head.attempt = json::asInt(member.value).value_or(1);
  if (member.key == "index") {
    if (!member.value.starts_with('[') || member.value.size() > kMaxNameBytes)
      return base::fail("InvalidRequest", "index is not a short array");
    call.head.index = member.value;
  }
  return {};
}

base::Result<Invocation> parseLine(std::string_view line) {
  if (auto checked = json::check(line); !checked)
    return base::fail("InvalidRequest", checked.error().message);
  const auto members = json::members(line);
  if (!members) return base::fail("InvalidRequest", members.error().message);
  Invocation call;
  call.input = "null";
  call.timeout = kMaxTimeout;
  call.head.timeoutSeconds = static_cast<double>(kMaxTimeout.count()) / 1e9;
  for (const auto& member : *members) {
    if (auto set = setMember(call, member); !set) return std::unexpected(set.error());
  }
  if (call.id.empty()) return base::fail("InvalidRequest", "id is missing");
  return call;
}

}  // namespace

base::Result<std::vector<Invocation>> parseBatch(std::string_view body) {
  std::vector<Invocation> calls;
  std::size_t number = 0;
  while (!body.empty()) {
    ++number;
    const std::size_t end = body.find('\n');
    const std::string_view line = body.substr(0, end);
    body = end == std::string_view::npos ? std::string_view() : body.substr(end + 1);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (calls.size() == kMaxBatchCalls)
      return base::fail("InvalidRequest",
                        "more than " + std::to_string(kMaxBatchCalls) + " invocations in a batch");
    auto call = parseLine(line);
    if (!call)
      return base::fail("InvalidRequest", "line " + std::to_string(number) + ": " + call.error().message);
    calls.push_back(std::move(*call));
  }
  if (calls.empty())
    return base::fail("InvalidRequest", "the body holds no invocation: send one JSON object a line");
  return calls;
}

}  // namespace faasbatch::supervisor
