#include "lib/json/write.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "lib/json/utf8.h"

namespace faasbatch::json {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

void appendControl(std::string& out, unsigned char c) {
  static constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 0xF];
  }
}

bool isPlain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

template <class Number>
void appendNumber(std::string& out, Number value) {
  char digits[32];  // the shortest form of a double takes at most 24
  const auto written = std::to_chars(std::begin(digits), std::end(digits), value);
  out.append(digits, written.ptr);
}

}  // namespace

void appendString(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const auto plain =
        static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), isPlain) - text.begin());
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;

    const auto c = static_cast<unsigned char>(text.front());
    std::size_t taken = 1;
    if (c == '"' || c == '\\') {
      out += '\\';
      out += text.front();
    } else if (c < 0x20) {
      appendControl(out, c);
    } else if (const std::size_t length = utf8Length(text); length > 0) {
      out.append(text.substr(0, length));
      taken = length;
    } else {
      out += kReplacement;
    }
    text.remove_prefix(taken);
  }
  out += '"';
}

std::string quoted(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  appendString(out, text);
  return out;
}

std::string oneLine(std::string_view json) {
  std::string line(json);
  std::replace_if(line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return line;
}

std::string& Object::key(std::string_view key) {
  if (!first_) out_ += ',';
  first_ = false;
  appendString(out_, key);
  out_ += ':';
  return out_;
}

Object& Object::text(std::string_view name, std::string_view value) {
  appendString(key(name), value);
  return *this;
}

Object& Object::number(std::string_view name, std::int64_t value) {
  appendNumber(key(name), value);
  return *this;
}

Object& Object::number(std::string_view name, std::uint64_t value) {
  appendNumber(key(name), value);
  return *this;
}

Object& Object::number(std::string_view name, double value) {
  if (!std::isfinite(value)) return null(name);
  appendNumber(key(name), value);
  return *this;
}

Object& Object::boolean(std::string_view name, bool value) {
  key(name) += value ? "true" : "false";
  return *this;
}

Object& Object::null(std::string_view name) {
  key(name) += "null";
  return *this;
}

Object& Object::raw(std::string_view name, std::string_view json) {
  key(name) += json;
  return *this;
}

}  // namespace faasbatch::json
