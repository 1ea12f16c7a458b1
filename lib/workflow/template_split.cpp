#include "lib/workflow/template_split.h"

#include <cctype>

namespace faasbatch::workflow {
namespace {

bool wordCharacter(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Whether the quote at `at` follows a raw prefix: r or R, alone or with b or B.
bool rawPrefix(std::string_view text, std::size_t at, std::size_t begin) {
  std::size_t start = at;
  while (start > begin && wordCharacter(text[start - 1])) --start;
  const std::string_view word = text.substr(start, at - start);
  const auto is = [](char c, char l) { return (c | 0x20) == l; };
  if (word.size() == 1) return is(word[0], 'r');
  return word.size() == 2 &&
         ((is(word[0], 'r') && is(word[1], 'b')) || (is(word[0], 'b') && is(word[1], 'r')));
}

// One past the end of the literal whose quote is at `at`. A literal in single quotes ends at a line break at
// the latest (it is a syntax error there, which the parser of expressions reports better).
std::size_t skipLiteral(std::string_view text, std::size_t at, bool raw) {
  const char quote = text[at];
  const std::string triple(3, quote);
  const bool isTriple = quote != '`' && text.substr(at).starts_with(triple);
  std::size_t i = at + (isTriple ? 3 : 1);
  while (i < text.size()) {
    if (text[i] == '\\' && !raw) {
      i += 2;
    } else if (isTriple ? text.substr(i).starts_with(triple) : text[i] == quote) {
      return i + (isTriple ? 3 : 1);
    } else if (!isTriple && text[i] == '\n') {
      return i;
    } else {
      ++i;
    }
  }
  return text.size();
}

// The place of the "}" that closes the expression which begins at `begin`, or npos.
std::size_t findClose(std::string_view text, std::size_t begin) {
  int depth = 0;
  std::size_t i = begin;
  while (i < text.size()) {
    const char c = text[i];
    if (c == '"' || c == '\'' || c == '`') {
      i = skipLiteral(text, i, c == '`' || rawPrefix(text, i, begin));
      continue;
    }
    if (c == '/' && text.substr(i).starts_with("//")) {
      i = std::min(text.find('\n', i), text.size());
      continue;
    }
    if (c == '{') ++depth;
    if (c == '}' && depth-- == 0) return i;
    ++i;
  }
  return std::string_view::npos;
}

}  // namespace

Position positionAt(std::string_view text, std::size_t offset) {
  Position position;
  for (const char c : text.substr(0, offset)) {
    if (c == '\n') {
      ++position.line;
      position.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      ++position.column;
    }
  }
  return position;
}

std::expected<std::vector<Piece>, SplitError> splitTemplate(std::string_view text) {
  std::vector<Piece> pieces;
  std::string literal;
  const auto flush = [&] {
    if (!literal.empty()) pieces.push_back({.text = std::move(literal)});
    literal.clear();
  };
  std::size_t i = 0;
  while (i < text.size()) {
    const std::size_t dollar = text.find('$', i);
    literal += text.substr(i, dollar - i);
    if (dollar == std::string_view::npos) break;
    const std::string_view rest = text.substr(dollar);
    if (rest.starts_with("$${")) {
      literal += "${";
      i = dollar + 3;
    } else if (rest.starts_with("${")) {
      const std::size_t begin = dollar + 2;
      const std::size_t close = findClose(text, begin);
      if (close == std::string_view::npos) {
        return std::unexpected(
            SplitError{"the expression that begins here with ${ is not closed by }, or a string "
                       "literal in it is not ended",
                       positionAt(text, dollar)});
      }
      flush();
      pieces.push_back({true, std::string(text.substr(begin, close - begin)), positionAt(text, begin)});
      i = close + 1;
    } else {
      literal += '$';
      i = dollar + 1;
    }
  }
  flush();
  return pieces;
}

}  // namespace faasbatch::workflow
