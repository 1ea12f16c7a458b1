#include "lib/json/check.h"

#include <cmath>
#include <cstdlib>
#include <string>

#include "lib/json/bytes.h"
#include "lib/json/utf8.h"

namespace faasbatch::json {
namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// One pass over a text. Each of the functions takes one thing that must come next and says whether it did;
// where it did not, `at_` is the byte that is wrong.
class Checker {
 public:
  Checker(std::string_view text, std::size_t maxDepth)
      : begin_(text.data()), at_(begin_), end_(begin_ + text.size()), maxDepth_(maxDepth) {}

  // One value and nothing more but space.
  bool document();

  bool tooDeep() const { return tooDeep_; }
  bool tooLarge() const { return tooLarge_; }
  bool atEnd() const { return at_ == end_; }
  std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }

 private:
  bool next(char c) { return at_ < end_ && *at_ == c; }
  bool take(char c) {
    if (!next(c)) return false;
    ++at_;
    return true;
  }
  void space() {
    while (at_ < end_ && isSpace(*at_)) ++at_;
  }

  bool open(char bracket);
  bool beforeValue();
  bool afterValue();
  bool key();
  bool scalar();
  bool word(std::string_view word);
  bool string();
  bool otherScripts();
  bool escape();
  bool hex4(unsigned& unit);
  bool digits();
  bool number();

  const char* begin_;
  const char* at_;
  const char* end_;
  std::size_t maxDepth_;
  std::string open_;  // the brackets around `at_`, outermost first
  bool tooDeep_ = false;
  bool tooLarge_ = false;
};

bool Checker::document() {
  do {
    if (!beforeValue()) return false;
  } while (!open_.empty());
  space();
  return at_ == end_;
}

// Takes opening brackets and keys up to a scalar or an empty list or object, that too, and then all up to
// where the next value begins.
bool Checker::beforeValue() {
  space();
  if (at_ == end_) return false;
  if (*at_ != '{' && *at_ != '[') return scalar() && afterValue();
  if (!open(*at_)) return false;
  space();
  const bool object = open_.back() == '{';
  if (next(object ? '}' : ']')) return afterValue();
  return !object || key();
}

bool Checker::open(char bracket) {
  if (open_.size() == maxDepth_) {
    tooDeep_ = true;
    return false;
  }
  open_ += bracket;
  ++at_;
  return true;
}

// Closing brackets, and a comma with the key that follows it.
bool Checker::afterValue() {
  while (!open_.empty()) {
    space();
    const bool object = open_.back() == '{';
    if (take(',')) {
      space();
      return !object || key();
    }
    if (!take(object ? '}' : ']')) return false;
    open_.pop_back();
  }
  return true;
}

bool Checker::key() {
  if (!next('"') || !string()) return false;
  space();
  return take(':');
}

bool Checker::scalar() {
  switch (*at_) {
    case '"':
      return string();
    case 't':
      return word("true");
    case 'f':
      return word("false");
    case 'n':
      return word("null");
    default:
      return number();
  }
}

bool Checker::word(std::string_view word) {
  for (const char c : word) {
    if (!take(c)) return false;
  }
  return true;
}

bool Checker::string() {
  ++at_;
  while (true) {
    at_ = skipUntil<bytes::noPlainText>(at_, end_);
    if (at_ == end_) return false;
    if (*at_ == '"') {
      ++at_;
      return true;
    }
    if (*at_ == '\\') {
      if (!escape()) return false;
      continue;
    }
    if (!otherScripts()) return false;
  }
}

// Characters beyond ASCII, which come one behind the other, and those of two bytes most. False at what is
// none of UTF-8, or a control character.
bool Checker::otherScripts() {
  const auto byte = [this](std::ptrdiff_t i) { return static_cast<unsigned char>(at_[i]); };
  while (at_ < end_ && byte(0) >= 0x80) {
    if (end_ - at_ >= 2 && byte(0) >= 0xC2 && byte(0) <= 0xDF && (byte(1) & 0xC0) == 0x80) {
      at_ += 2;
      continue;
    }
    const std::size_t length = utf8Length({at_, static_cast<std::size_t>(end_ - at_)});
    if (length == 0) return false;
    at_ += length;
  }
  return at_ == end_ || byte(0) >= 0x20;
}

// A surrogate comes as a pair, the high one first.
bool Checker::escape() {
  ++at_;
  if (at_ == end_) return false;
  if (*at_ != 'u') {
    if (std::string_view("\"\\/bfnrt").find(*at_) == std::string_view::npos) return false;
    ++at_;
    return true;
  }
  ++at_;
  unsigned unit = 0;
  if (!hex4(unit)) return false;
  if (unit < 0xD800 || unit > 0xDFFF) return true;
  if (unit > 0xDBFF) return false;
  return take('\\') && take('u') && hex4(unit) && unit >= 0xDC00 && unit <= 0xDFFF;
}

bool Checker::hex4(unsigned& unit) {
  unit = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    if (at_ == end_) return false;
    const char c = *at_;
    const char lower = static_cast<char>(c | 0x20);
    if (isDigit(c)) {
      unit = (unit * 16) + static_cast<unsigned>(c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      unit = (unit * 16) + static_cast<unsigned>(lower - 'a' + 10);
    } else {
      return false;
    }
  }
  return true;
}

// At least one.
bool Checker::digits() {
  if (at_ == end_ || !isDigit(*at_)) return false;
  at_ = skipUntil<bytes::noDigit>(at_ + 1, end_);
  return true;
}

// As RFC 8259 has it; and not larger than a double can be, since later readers make one of it.
bool Checker::number() {
  const char* const begin = at_;
  if (*at_ == '-') ++at_;
  const char* const whole = at_;
  if (!take('0') && !digits()) return false;
  bool large = at_ - whole > 200;
  if (take('.') && !digits()) return false;
  if (next('e') || next('E')) {
    ++at_;
    const bool negative = next('-');
    if (negative || next('+')) ++at_;
    const char* const exponent = at_;
    if (!digits()) return false;
    large = large || (!negative && at_ - exponent > 2);
  }
  // 200 digits and an exponent of two are below 1e308.
  if (!large || std::isfinite(std::strtod(std::string(begin, at_).c_str(), nullptr))) return true;
  tooLarge_ = true;
  at_ = begin;
  return false;
}

base::Result<void> invalid(std::string_view what, std::size_t offset) {
  return base::fail("InvalidJson", std::string(what) + " at byte " + std::to_string(offset));
}

}  // namespace

base::Result<void> check(std::string_view text, std::size_t maxDepth) {
  Checker checker(text, maxDepth);
  if (checker.document()) return {};
  if (checker.tooDeep()) {
    return base::fail("InvalidJson",
                      "nested deeper than " + std::to_string(maxDepth) + " arrays and objects");
  }
  if (checker.tooLarge()) return invalid("a number beyond 1.8e308, which no double holds,", checker.offset());
  if (checker.atEnd()) return invalid("not JSON: unexpected end", text.size());
  if (text[checker.offset()] == '\0') return invalid("not JSON: a NUL byte", checker.offset());
  if (checker.offset() == 0 && text.starts_with("\xEF\xBB\xBF"))
    return invalid("not JSON: a byte order mark", 0);
  return invalid("not JSON: unexpected input", checker.offset());
}

}  // namespace faasbatch::json
