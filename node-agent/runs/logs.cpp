#include "node-agent/runs/logs.h"

#include "lib/json/write.h"

namespace faasbatch::runs {
namespace {

void appendLine(std::string& out, const std::string& step, const std::vector<std::uint32_t>& index,
                std::uint32_t attempt, const calls::LogLine& line) {
  json::Object object(out);
  object.text("time", base::formatRfc3339(line.time)).text("step", step);
  json::appendNumbers(object.key("index"), index);
  object.number("attempt", static_cast<std::int64_t>(attempt))
      .text("stream", line.stream)
      .text("text", line.text)
      .end();
  out += '\n';
}

}  // namespace

void RunLog::add(const std::string& step, const std::vector<std::uint32_t>& index, std::uint32_t attempt,
                 const calls::LogLine& line) {
  if (full_) return;
  if (text_.size() + line.text.size() > kMaxRunLogBytes) {
    full_ = true;
    const std::string bound = std::to_string(kMaxRunLogBytes >> 20);
    appendLine(
        text_, step, index, attempt,
        {line.time, "system", "the log of this run has reached " + bound + " MiB; the rest is not kept\n"});
    return;
  }
  appendLine(text_, step, index, attempt, line);
}

void RunLog::addLines(std::string_view lines) {
  if (full_ || text_.size() + lines.size() > kMaxRunLogBytes) {
    full_ = true;  // that agent's own log may say so too
    return;
  }
  text_ += lines;
}

}  // namespace faasbatch::runs
