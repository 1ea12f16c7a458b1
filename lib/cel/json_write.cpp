// Value::toJson.
#include <array>
#include <charconv>
#include <cmath>
#include <set>
#include <string>

#include "lib/base/base64.h"
#include "lib/cel/map.h"
#include "lib/cel/number_text.h"
#include "lib/cel/time_text.h"
#include "lib/cel/value.h"

namespace faasbatch::cel {
namespace {

using Kind = Value::Kind;
using Written = base::Result<void>;

void writeText(std::string_view text, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

void writeBase64(std::string_view bytes, std::string& out) {
  out += '"';
  base::appendBase64(out, bytes);
  out += '"';
}

// The shortest text that reads back as the same double, never one that reads back as an int.
Written writeDouble(double number, std::string& out) {
  if (!std::isfinite(number))
    return base::fail("ExpressionFailed",
                      "JSON has no number for " + doubleText(number) + "; convert it with string()");
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  const std::string_view written(text.data(), static_cast<std::size_t>(end - text.data()));
  out += written;
  if (written.find_first_of(".e") == std::string_view::npos) out += ".0";
  return {};
}

// Of a string: what it has at least.
std::size_t textBytes(const Value& value) {
  const bool text = value.kind() == Kind::kString || value.kind() == Kind::kBytes;
  return text ? value.asString().size() : 0;
}

Written tooLarge(std::size_t maxBytes) {
  return base::fail("ExpressionFailed",
                    "the value has more than " + std::to_string(maxBytes) + " bytes as JSON");
}

std::string keyText(const Value& key) {
  switch (key.kind()) {
    case Kind::kBool:
      return key.asBool() ? "true" : "false";
    case Kind::kInt:
      return std::to_string(key.asInt());
    case Kind::kUint:
      return std::to_string(key.asUint());
    default:
      return key.asString();
  }
}

Written write(const Value& value, std::size_t maxBytes, std::string& out);

Written writeList(const Value& list, std::size_t maxBytes, std::string& out) {
  out += '[';
  bool first = true;
  for (const Value& item : list.asList()) {
    if (!first) out += ',';
    first = false;
    if (Written done = write(item, maxBytes, out); !done) return done;
  }
  out += ']';
  return {};
}

Written writeMap(const MapValue& map, std::size_t maxBytes, std::string& out) {
  std::set<std::string> names;  // of the keys that are no strings, and then of all
  bool textOnly = true;
  for (const auto& [key, value] : map.entries()) textOnly = textOnly && key.kind() == Kind::kString;
  out += '{';
  bool first = true;
  for (const auto& [key, value] : map.entries()) {
    if (!first) out += ',';
    first = false;
    const std::string name = keyText(key);
    if (!textOnly && !names.insert(name).second)
      return base::fail("ExpressionFailed",
                        "two keys of the map are \"" + name + "\" in JSON; make all keys strings");
    writeText(name, out);
    out += ':';
    if (Written done = write(value, maxBytes, out); !done) return done;
  }
  out += '}';
  return {};
}

// Recursion is bounded by what made the value: kMaxJsonDepth and Expression::kMaxNesting.
Written write(const Value& value, std::size_t maxBytes, std::string& out) {
  if (out.size() + textBytes(value) > maxBytes) return tooLarge(maxBytes);
  switch (value.kind()) {
    case Kind::kNull:
      out += "null";
      return {};
    case Kind::kBool:
      out += value.asBool() ? "true" : "false";
      return {};
    case Kind::kInt:
      out += std::to_string(value.asInt());
      return {};
    case Kind::kUint:
      out += std::to_string(value.asUint());
      return {};
    case Kind::kDouble:
      return writeDouble(value.asDouble(), out);
    case Kind::kString:
      writeText(value.asString(), out);
      return {};
    case Kind::kBytes:
      writeBase64(value.asString(), out);
      return {};
    case Kind::kList:
      return writeList(value, maxBytes, out);
    case Kind::kMap:
      return writeMap(value.asMap(), maxBytes, out);
    case Kind::kDuration:
      writeText(durationText(value.asDurationNs()), out);
      return {};
    case Kind::kTimestamp:
      writeText(timestampText(value.asTimestampSeconds(), value.asTimestampNanos()), out);
      return {};
    case Kind::kType:
      return base::fail("ExpressionFailed",
                        "JSON has no value for the type " + value.asString() + "; convert it with string()");
  }
  return {};
}

}  // namespace

base::Result<std::string> Value::toJson(std::size_t maxBytes) const {
  std::string out;
  Written done = write(*this, maxBytes, out);
  if (done && out.size() > maxBytes) done = tooLarge(maxBytes);
  if (!done) return std::unexpected(std::move(done.error()));
  return out;
}

}  // namespace faasbatch::cel
