#include "lib/telemetry/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <memory>

#include "lib/base/time.h"
#include "lib/json/write.h"
#include "lib/telemetry/log_line.h"

namespace faasbatch::telemetry {
namespace {

std::atomic<Level> minimum{Level::kInfo};

// The line is formatted here; spdlog's part is the one write under a lock. Never destroyed: threads may log
// until the end.
spdlog::logger& sink() {
  static auto* logger = [] {
    auto* made = new spdlog::logger("faasbatch", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->set_level(spdlog::level::trace);
    made->set_error_handler([](const std::string&) {});
    return made;
  }();
  return *logger;
}

std::string_view levelName(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarning:
      return "warning";
    case Level::kError:
      return "error";
  }
  return "info";
}

struct WriteValue {
  json::Object& object;
  std::string_view key;
  void operator()(std::string_view v) const { object.text(key, v); }
  void operator()(std::int64_t v) const { object.number(key, v); }
  void operator()(double v) const { object.number(key, v); }
  void operator()(bool v) const { object.boolean(key, v); }
};

}  // namespace

std::string formatLine(base::Instant time, Level level, std::string_view message,
                       std::initializer_list<Field> fields) {
  std::string line;
  json::Object object(line);
  object.text("time", base::formatRfc3339(time)).text("level", levelName(level)).text("message", message);
  for (const Field& field : fields) std::visit(WriteValue{object, field.key}, field.value);
  object.end();
  return line;
}

void log(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (level < minimum.load(std::memory_order_relaxed)) return;
  try {
    sink().log(spdlog::level::info,
               spdlog::string_view_t(formatLine(base::SystemClock().now(), level, message, fields)));
  } catch (...) {
    return;  // a line that cannot be written is dropped
  }
}

void setLevel(Level level) { minimum.store(level, std::memory_order_relaxed); }

}  // namespace faasbatch::telemetry
