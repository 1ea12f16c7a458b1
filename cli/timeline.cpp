#include "cli/timeline.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

namespace faasbatch::cli {
namespace {

using Json = nlohmann::json;

struct Part {
  char mark;
  int colour;
  double ms;
};

struct Row {
  std::string label;
  double start = 0;  // ms since the run was created
  std::vector<Part> parts;
  std::string note;
};

constexpr std::size_t kMaxRows = 200;

// Milliseconds since the epoch of "2026-01-02T03:04:05.678901Z".
std::optional<double> parseTime(const Json& record, const char* key) {
  if (!record.contains(key) || !record[key].is_string()) return std::nullopt;
  const std::string text = record[key].get<std::string>();
  std::tm utc{};
  const char* rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &utc);
  if (!rest) return std::nullopt;
  const double fraction = *rest == '.' ? std::strtod(rest, nullptr) : 0;
  return (static_cast<double>(timegm(&utc)) + fraction) * 1000;
}

double number(const Json& object, const char* key) {
  return object.is_object() && object.contains(key) && object[key].is_number() ? object[key].get<double>()
                                                                               : 0;
}

std::string text(const Json& object, const char* key) {
  return object.is_object() && object.contains(key) && object[key].is_string()
             ? object[key].get<std::string>()
             : "";
}

std::string label(const Json& step, const Json& attempt) {
  std::string name = text(step, "name");
  if (step.contains("index") && step["index"].is_array()) {
    for (const Json& i : step["index"]) name += "[" + i.dump() + "]";
  }
  if (number(attempt, "number") > 1)
    name += " #" + std::to_string(static_cast<int>(number(attempt, "number")));
  return name;
}

Row rowOf(const Json& step, const Json& attempt, double createdAt) {
  const Json receipt = attempt.contains("receipt") ? attempt["receipt"] : Json::object();
  const double queue = number(receipt, "queue");
  const double window = number(receipt, "window");
  const double cold = number(receipt, "cold");
  const double run = number(receipt, "transport") + number(receipt, "exec") + number(receipt, "store");
  Row row;
  row.label = label(step, attempt);
  row.start =
      std::max(0.0, parseTime(attempt, "startedAt").value_or(createdAt) - createdAt - queue - window - cold);
  row.parts = {{'.', 33, queue}, {'~', 36, window}, {'*', 34, cold}, {'#', 32, run}};
  char note[64];
  std::snprintf(note, sizeof note, "%.1f ms", queue + window + cold + run);
  row.note = note;
  const std::string status = text(attempt, "status");
  if (status != "Succeeded") row.note += " " + status;
  return row;
}

// What no bar shows.
std::string waits(const Json& record) {
  const double wait = number(record.contains("receipt") ? record["receipt"] : Json(), "wait");
  if (wait < 0.05) return "";
  char line[80];
  std::snprintf(line, sizeof line, "%.1f ms of them it waited on purpose\n", wait);
  return line;
}

// The first line of what it failed with.
std::string failure(const Json& record) {
  if (!record.contains("error") || !record["error"].is_object()) return "";
  const Json& error = record["error"];
  const std::string message = text(error, "message");
  return "step \"" + text(error, "step") + "\": " + text(error, "type") + ": " +
         message.substr(0, message.find('\n')) + "\n";
}

void draw(std::string& out, const Row& row, std::size_t labelWidth, double scale, std::size_t bars,
          bool colour) {
  std::string shown = row.label.substr(0, labelWidth);
  out += shown + std::string(labelWidth - shown.size() + 1, ' ');
  const auto column = [&](double ms) { return static_cast<std::size_t>(std::lround(ms * scale)); };
  std::size_t at = std::min(column(row.start), bars);
  out.append(at, ' ');
  double time = row.start;
  bool any = false;
  for (const Part& part : row.parts) {
    time += part.ms;
    const std::size_t end = std::min(column(time), bars);
    std::size_t cells = end > at ? end - at : 0;
    if (!any && part.mark == '#' && cells == 0 && at < bars) cells = 1;  // everything that ran is seen
    if (cells == 0) continue;
    any = true;
    if (colour) out += "\033[" + std::to_string(part.colour) + "m";
    out.append(cells, part.mark);
    if (colour) out += "\033[0m";
    at += cells;
  }
  out.append(bars - std::min(at, bars) + 1, ' ');
  out += row.note + "\n";
}

}  // namespace

base::Result<std::string> drawTimeline(std::string_view text_, const TimelineStyle& style) {
  const Json record = Json::parse(text_, nullptr, false);
  const auto createdAt = record.is_object() ? parseTime(record, "createdAt") : std::nullopt;
  if (!createdAt || !record.contains("steps") || !record["steps"].is_array()) {
    return base::fail("InvalidRecord", "the server's answer is not an invocation's record");
  }
  std::vector<Row> rows;
  for (const Json& step : record["steps"]) {
    if (!step.contains("attempts")) continue;
    for (const Json& attempt : step["attempts"]) rows.push_back(rowOf(step, attempt, *createdAt));
  }
  double total = number(record.contains("receipt") ? record["receipt"] : Json(), "total");
  std::size_t labelWidth = 8;
  for (const Row& row : rows) {
    double end = row.start;
    for (const Part& part : row.parts) end += part.ms;
    total = std::max(total, end);
    labelWidth = std::max(labelWidth, std::min<std::size_t>(row.label.size(), 28));
  }
  constexpr std::size_t kNote = 22;
  const std::size_t bars =
      std::max<std::size_t>(style.width > labelWidth + kNote ? style.width - labelWidth - kNote : 0, 10);
  char head[160];
  std::snprintf(head, sizeof head, "%s  %s  %.1f ms   . queue  ~ window  * cold start  # run\n",
                text(record, "workflow").c_str(), text(record, "status").c_str(), total);
  std::string out = head + waits(record) + failure(record);
  for (std::size_t i = 0; i < rows.size() && i < kMaxRows; ++i) {
    draw(out, rows[i], labelWidth, total > 0 ? static_cast<double>(bars) / total : 0, bars, style.colour);
  }
  if (rows.size() > kMaxRows) out += "... and " + std::to_string(rows.size() - kMaxRows) + " more\n";
  return out;
}

}  // namespace faasbatch::cli
