// Writing JSON text piece by piece, without a tree.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace faasbatch::json {

// Appends `text` as a JSON string with quotes. Bytes that are not UTF-8 become U+FFFD: logs may hold
// anything.
void appendString(std::string& out, std::string_view text);
std::string quoted(std::string_view text);

// The same value on one line: line breaks between tokens become blanks (inside strings JSON has none).
std::string oneLine(std::string_view json);

// An array: `write(out, item)` appends exactly one value for each of `items`.
template <class Items, class Write>
void appendList(std::string& out, const Items& items, Write write) {
  out += '[';
  bool first = true;
  for (const auto& item : items) {
    if (!first) out += ',';
    first = false;
    write(out, item);
  }
  out += ']';
}
template <class Texts>
void appendTexts(std::string& out, const Texts& texts) {
  appendList(out, texts, [](std::string& to, std::string_view text) { appendString(to, text); });
}
template <class Integers>
void appendNumbers(std::string& out, const Integers& numbers) {
  appendList(out, numbers, [](std::string& to, std::integral auto number) { to += std::to_string(number); });
}

// Objects: `Object o(out); o.text("name", v).number("n", 3).raw("x", json); o.end();` Commas are kept for
// you.
class Object {
 public:
  explicit Object(std::string& out) : out_(out) { out_ += '{'; }
  Object& text(std::string_view key, std::string_view value);
  Object& number(std::string_view key, std::int64_t value);
  Object& number(std::string_view key, std::uint64_t value);
  template <std::integral Integer>
  Object& number(std::string_view key, Integer value) {
    if constexpr (std::signed_integral<Integer>) return number(key, static_cast<std::int64_t>(value));
    return number(key, static_cast<std::uint64_t>(value));
  }
  Object& number(std::string_view key, double value);  // shortest form that reads back; not finite: null
  Object& boolean(std::string_view key, bool value);
  Object& null(std::string_view key);
  Object& raw(std::string_view key, std::string_view json);
  // Writes the key; the caller then appends exactly one value to the same string.
  std::string& key(std::string_view key);
  void end() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

}  // namespace faasbatch::json
