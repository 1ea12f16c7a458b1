#include "runtime/supervisor/lines.h"

#include <cstdio>

#include "lib/json/write.h"

namespace faasbatch::supervisor {
namespace {

json::Object& begin(json::Object& line, std::string_view id, std::string_view status, const Times& times) {
  return line.text("id", id)
      .text("status", status)
      .number("queueUs", times.queueUs)
      .number("execUs", times.execUs)
      .number("storeUs", times.storeUs);
}

}  // namespace

std::string millisText(base::Duration d) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g ms", base::toMillis(d));
  return text;
}

void appendSucceeded(std::string& out, std::string_view id, const Times& times, std::string_view output) {
  json::Object line(out);
  begin(line, id, "Succeeded", times);
  if (output.find_first_of("\r\n") == std::string_view::npos) {
    line.raw("output", output);
  } else {
    line.raw("output", json::oneLine(output));
  }
  line.end();
  out += '\n';
}

void appendFailed(std::string& out, std::string_view id, const Times& times,
                  const protocol::CallError& error) {
  json::Object line(out);
  begin(line, id, "Failed", times);
  protocol::appendError(line.key("error"), error);
  line.end();
  out += '\n';
}

void appendLog(std::string& out, std::string_view id, const protocol::LogHead& log, std::string_view text) {
  json::Object line(out);
  line.text("id", id);
  std::string& list = line.key("logs");
  list += '[';
  json::Object entry(list);
  entry.number("time", log.time).text("stream", protocol::streamName(log.stream)).text("text", text).end();
  list += ']';
  line.end();
  out += '\n';
}

}  // namespace faasbatch::supervisor
