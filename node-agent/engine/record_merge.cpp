#include "node-agent/engine/record_merge.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "lib/json/members.h"
#include "lib/json/write.h"
#include "node-agent/engine/scope.h"

namespace faasbatch::engine {
namespace {

using json::Object;

// The entries of a list of steps. Empty where the text is not what this project writes.
std::vector<std::string_view> entries(std::string& array, const StepRecords& records) {
  array = '[' + records.json + ']';
  return json::elements(array).value_or(std::vector<std::string_view>());
}

std::string errorText(const ErrorText& error) {
  std::string out;
  Object(out).text("type", error.type).text("message", error.message).end();
  return out;
}

// A member of the entry replaced.
std::string with(std::string_view entry, std::string_view key, std::string_view value) {
  std::string out;
  Object object(out);
  for (const json::Member& member : json::members(entry).value_or(std::vector<json::Member>())) {
    object.raw(member.key, member.key == key ? value : member.value);
  }
  object.end();
  return out;
}

std::string_view member(std::string_view entry, std::string_view key) {
  const auto members = json::members(entry);
  return members ? json::find(*members, key).value_or("") : "";
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) {
    if (!out.empty()) out += ',';
    out += part;
  }
  return out;
}

constexpr std::string_view kRunning = R"("Running")";
constexpr std::string_view kPending = R"("Pending")";
constexpr std::string_view kFailed = R"("Failed")";

std::string closedEntry(std::string_view entry, const std::string& error) {
  const std::string_view status = member(entry, "status");
  if (status != kRunning && status != kPending) return std::string(entry);
  std::vector<std::string> attempts;
  for (const std::string_view attempt :
       json::elements(member(entry, "attempts")).value_or(std::vector<std::string_view>())) {
    const bool running = member(attempt, "status") == kRunning;
    attempts.push_back(running ? with(with(attempt, "status", kFailed), "error", error)
                               : std::string(attempt));
  }
  return with(with(entry, "status", kFailed), "attempts", '[' + joined(attempts) + ']');
}

// Which step an entry is of.
std::string identity(std::string_view entry) {
  return std::string(member(entry, "name")) + std::string(member(entry, "index"));
}

std::string added(std::string_view earlier, std::string_view later) {
  std::string_view before = member(earlier, "attempts");
  std::string_view after = member(later, "attempts");
  if (before.size() < 2 || after.size() < 2) return std::string(later);
  before = before.substr(1, before.size() - 2);
  after = after.substr(1, after.size() - 2);
  std::string attempts = "[";
  attempts.append(before).append(before.empty() || after.empty() ? "" : ",").append(after).append("]");
  return with(later, "attempts", attempts);
}

StepRecords listOf(const std::vector<std::string>& parts, bool truncated) {
  return {joined(parts), static_cast<std::uint32_t>(parts.size()), truncated};
}

}  // namespace

StepRecords closed(const StepRecords& records, const ErrorText& error) {
  std::string array;
  std::vector<std::string> parts;
  const std::string text = errorText(error);
  for (const std::string_view entry : entries(array, records)) parts.push_back(closedEntry(entry, text));
  return listOf(parts, records.truncated);
}

StepRecords merged(const StepRecords& earlier, const StepRecords& later) {
  if (earlier.count == 0) return later;
  if (later.count == 0) return earlier;
  std::string before;
  std::string after;
  std::vector<std::string> parts;
  std::multimap<std::string, std::size_t> places;  // a step of a group that was tried again is there twice
  for (const std::string_view entry : entries(before, earlier)) {
    places.emplace(identity(entry), parts.size());
    parts.emplace_back(entry);
  }
  for (const std::string_view entry : entries(after, later)) {
    const auto place = places.find(identity(entry));
    if (place == places.end()) {
      parts.emplace_back(entry);
      continue;
    }
    parts[place->second] = added(parts[place->second], entry);
    places.erase(place);
  }
  return listOf(parts, earlier.truncated || later.truncated);
}

StepRecords lostCall(const State& s, StepId id, std::uint32_t attempt, const std::string& agent) {
  if (!makesCalls(s, s.steps[id])) return {};
  std::string out;
  Object entry(out);
  entry.text("name", stepName(s, id)).raw("index", "[]").raw("status", kRunning).text("store", "Inline");
  std::string& attempts = entry.key("attempts");
  attempts += '[';
  Object one(attempts);
  one.number("number", attempt).raw("status", kRunning).text("node", agent);
  one.null("pod").null("batch").null("batchSize");
  one.text("startedAt", base::formatRfc3339(s.steps[id].readyAt)).null("receipt").null("error").end();
  attempts += ']';
  entry.end();
  return {std::move(out), 1, false};
}

}  // namespace faasbatch::engine
