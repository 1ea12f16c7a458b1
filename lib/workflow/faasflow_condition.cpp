// Conditions: a recursive descent over Python's expressions as far as FaaSFlow uses them.
#include <array>
#include <cctype>
#include <utility>

#include "lib/json/quote_name.h"
#include "lib/workflow/faasflow.h"
#include "lib/workflow/suggest.h"

namespace faasbatch::workflow::faasflow {
namespace {

constexpr int kMaxDepth = 32;
constexpr std::size_t kMaxConditionBytes = 4096;

// CEL, and what it stands for: conditions are booleans, names take their default by where they stand.
struct Term {
  std::string text;
  bool boolean = false;
  std::string asFlag;  // of a name: its text where a truth value is asked for
};

std::string flag(const Term& term) {
  if (term.boolean) return term.text;
  return "!(" + (term.asFlag.empty() ? term.text : term.asFlag) + " in [false, 0, '', null])";
}

class Translator {
 public:
  explicit Translator(std::string_view text) : text_(text) {}

  std::optional<std::string> translate(std::string& fault) {
    const Term term = either(0);
    skipBlanks();
    if (fault_.empty() && at_ < text_.size()) refuse();
    fault = fault_;
    if (!fault_.empty()) return std::nullopt;
    return flag(term);
  }

 private:
  void skipBlanks() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }

  void refuse() {
    if (fault_.empty())
      fault_ = "cannot be understood at " + json::quoteName(text_.substr(std::min(at_, text_.size())));
  }

  static bool wordCharacter(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

  bool accept(std::string_view token) {
    skipBlanks();
    const std::string_view rest = text_.substr(at_);
    if (!rest.starts_with(token)) return false;
    const bool word = wordCharacter(token.front());
    if (word && rest.size() > token.size() && wordCharacter(rest[token.size()])) return false;
    at_ += token.size();
    return true;
  }

  Term either(int depth) {
    Term left = both(depth);
    while (fault_.empty() && (accept("or") || accept("||")))
      left = {flag(left) + " || " + flag(both(depth)), true, ""};
    return left;
  }

  Term both(int depth) {
    Term left = negation(depth);
    while (fault_.empty() && (accept("and") || accept("&&"))) {
      const Term right = negation(depth);
      left = {"(" + flag(left) + ") && (" + flag(right) + ")", true, ""};
    }
    return left;
  }

  Term negation(int depth) {
    skipBlanks();
    const bool bang = text_.substr(at_).starts_with('!') && !text_.substr(at_).starts_with("!=");
    if (bang || accept("not")) {
      if (bang) ++at_;
      if (depth >= kMaxDepth) refuse();
      if (!fault_.empty()) return {};
      return {"!(" + flag(negation(depth + 1)) + ")", true, ""};
    }
    return comparison(depth);
  }

  Term comparison(int depth) {
    Term left = sum(depth);
    for (const std::string_view op : {"<=", ">=", "==", "!=", "<", ">"}) {
      if (!fault_.empty() || !accept(op)) continue;
      return {left.text + " " + std::string(op) + " " + sum(depth).text, true, ""};
    }
    return left;
  }

  Term sum(int depth) {
    Term left = operand(depth);
    while (fault_.empty()) {
      std::string_view found;
      for (const std::string_view op : {"+", "-", "*", "/", "%"}) {
        if (found.empty() && accept(op)) found = op;
      }
      if (found.empty()) break;
      left = {left.text + " " + std::string(found) + " " + operand(depth).text, false, ""};
    }
    return left;
  }

  Term operand(int depth) {
    skipBlanks();
    if (!fault_.empty() || at_ >= text_.size()) {
      refuse();
      return {};
    }
    const char c = text_[at_];
    if (c == '(') return parenthesis(depth);
    if (c == '\'' || c == '"') return literal(c);
    if (std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '-') return number();
    if (wordCharacter(c)) return name();
    refuse();
    return {};
  }

  Term parenthesis(int depth) {
    if (depth >= kMaxDepth) {
      refuse();
      return {};
    }
    ++at_;
    Term inner = either(depth + 1);
    if (!accept(")")) refuse();
    inner.text = "(" + inner.text + ")";
    return inner;
  }

  Term literal(char quote) {
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) {
      refuse();
      return {};
    }
    const std::string_view inner = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return {celString(inner), false, ""};
  }

  Term number() {
    const std::size_t begin = at_++;
    bool point = false;
    while (at_ < text_.size() &&
           (std::isdigit(static_cast<unsigned char>(text_[at_])) != 0 || (text_[at_] == '.' && !point))) {
      point = point || text_[at_] == '.';
      ++at_;
    }
    std::string text(text_.substr(begin, at_ - begin));
    if (text == "-") refuse();
    if (text.ends_with('.')) text += '0';
    return {text, false, ""};
  }

  Term name() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && (wordCharacter(text_[at_]) || text_[at_] == '.')) ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (word == "True" || word == "true") return {"true", true, ""};
    if (word == "False" || word == "false" || word == "default")
      return {word == "default" ? "true" : "false", true, ""};
    if (word == "None" || word == "null") return {"null", false, ""};
    constexpr std::string_view kInput = "INPUT.";
    if (!word.starts_with(kInput) || word.size() == kInput.size()) return {"0", false, "false"};
    const std::string member(word.substr(kInput.size()));
    return {inputMember(member, "0"), false, inputMember(member, "false")};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string fault_;
};

}  // namespace

std::optional<std::string> condition(std::string_view python, std::string& fault) {
  if (python.size() > kMaxConditionBytes) {
    fault = "is longer than " + std::to_string(kMaxConditionBytes) + " bytes";
    return std::nullopt;
  }
  return Translator(python).translate(fault);
}

}  // namespace faasbatch::workflow::faasflow
