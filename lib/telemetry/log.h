// Logs: a constant message plus key/values, as JSON lines on stderr. Secrets never appear in them.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace faasbatch::telemetry {

enum class Level { kDebug, kInfo, kWarning, kError };

struct Field {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, double, bool> value;
  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const std::string& v) : key(k), value(std::string_view(v)) {}
  Field(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  Field(std::string_view k, bool v) : key(k), value(v) {}
  Field(std::string_view k, double v) : key(k), value(v) {}
  template <class Int>
    requires std::is_integral_v<Int>
  Field(std::string_view k, Int v) : key(k), value(static_cast<std::int64_t>(v)) {}
};

// Any thread. Never throws; a line that cannot be written is dropped.
void log(Level level, std::string_view message, std::initializer_list<Field> fields = {});
inline void info(std::string_view m, std::initializer_list<Field> f = {}) { log(Level::kInfo, m, f); }
inline void warning(std::string_view m, std::initializer_list<Field> f = {}) { log(Level::kWarning, m, f); }
inline void error(std::string_view m, std::initializer_list<Field> f = {}) { log(Level::kError, m, f); }

// Lines below `level` are not written. Default kInfo.
void setLevel(Level level);

}  // namespace faasbatch::telemetry
