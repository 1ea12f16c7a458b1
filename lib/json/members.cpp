#include "lib/json/members.h"

#include "lib/json/bytes.h"
#include "lib/json/unescape.h"

namespace faasbatch::json {
namespace {

// Walks over a text and never past its end.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  void skipSpace() {
    while (at_ < text_.size() && isSpace(text_[at_])) ++at_;
  }

  // Skips space and then `c`, if it comes next.
  bool take(char c) {
    skipSpace();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool atEnd() {
    skipSpace();
    return at_ == text_.size();
  }

  // A string with its quotes; empty where none begins here or none ends.
  std::string_view string() {
    skipSpace();
    const std::size_t begin = at_;
    if (at_ == text_.size() || text_[at_] != '"' || !skipString()) return {};
    return text_.substr(begin, at_ - begin);
  }

  // Any value; empty where none begins here or its brackets or quotes do not close.
  std::string_view value() {
    skipSpace();
    const std::size_t begin = at_;
    if (at_ == text_.size()) return {};
    const char first = text_[at_];
    if (first == '"') return string();
    if (first == '{' || first == '[')
      return skipBrackets() ? text_.substr(begin, at_ - begin) : std::string_view();
    while (at_ < text_.size() && !isSpace(text_[at_]) &&
           std::string_view(",:]}[{\"").find(text_[at_]) == text_.npos) {
      ++at_;
    }
    return text_.substr(begin, at_ - begin);
  }

  base::Result<void> fail(std::string_view expected) const {
    return base::fail("InvalidJson", "expected " + std::string(expected) + " at byte " + std::to_string(at_));
  }

 private:
  static bool isSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

  // From the opening quote to behind the closing one.
  bool skipString() {
    ++at_;
    while (skipTo<bytes::quoteOrBackslash>()) {
      if (text_[at_++] == '"') return true;
      if (at_ == text_.size()) return false;
      ++at_;
    }
    return false;
  }

  // From an opening bracket to behind the one that closes it.
  bool skipBrackets() {
    std::size_t open = 0;
    while (skipTo<bytes::quoteOrBracket>()) {
      const char c = text_[at_];
      if (c == '"') {
        if (!skipString()) return false;
        continue;
      }
      ++at_;
      if (c == '[' || c == '{') {
        ++open;
      } else if (--open == 0) {
        return true;
      }
    }
    return false;
  }

  // Whether one of those bytes comes at all; then `at_` is where.
  template <std::uint64_t (*stops)(std::uint64_t)>
  bool skipTo() {
    const char* const end = text_.data() + text_.size();
    at_ = static_cast<std::size_t>(skipUntil<stops>(text_.data() + at_, end) - text_.data());
    return at_ < text_.size();
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// `[ item , item ... ]` with any brackets; `item` takes one item from the scanner.
template <class Item>
base::Result<void> scanList(Scanner& scanner, char open, char close, const char* kind, Item item) {
  if (!scanner.take(open)) return scanner.fail(kind);
  if (!scanner.take(close)) {
    do {
      if (auto taken = item(); !taken) return taken;
    } while (scanner.take(','));
    if (!scanner.take(close)) return scanner.fail("',' or the closing bracket");
  }
  if (!scanner.atEnd()) return scanner.fail("nothing more");
  return {};
}

}  // namespace

base::Result<std::vector<Member>> members(std::string_view text) {
  Scanner scanner(text);
  std::vector<Member> found;
  const auto scanned = scanList(scanner, '{', '}', "an object", [&]() -> base::Result<void> {
    const std::string_view quotedKey = scanner.string();
    if (quotedKey.empty()) return scanner.fail("a key");
    auto key = unescape(quotedKey.substr(1, quotedKey.size() - 2));
    if (!key) return scanner.fail("a key of valid escapes");
    if (!scanner.take(':')) return scanner.fail("':'");
    const std::string_view value = scanner.value();
    if (value.empty()) return scanner.fail("a value");
    found.push_back({std::move(*key), value});
    return {};
  });
  if (!scanned) return std::unexpected(scanned.error());
  return found;
}

std::optional<std::string_view> find(const std::vector<Member>& members, std::string_view key) {
  for (auto member = members.rbegin(); member != members.rend(); ++member) {
    if (member->key == key) return member->value;
  }
  return std::nullopt;
}

base::Result<std::vector<std::string_view>> elements(std::string_view text) {
  Scanner scanner(text);
  std::vector<std::string_view> found;
  const auto scanned = scanList(scanner, '[', ']', "an array", [&]() -> base::Result<void> {
    const std::string_view value = scanner.value();
    if (value.empty()) return scanner.fail("a value");
    found.push_back(value);
    return {};
  });
  if (!scanned) return std::unexpected(scanned.error());
  return found;
}

}  // namespace faasbatch::json
