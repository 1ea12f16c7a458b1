// Source text to tokens (language definition, "Syntax").
#pragma once

#include <cstddef>
#include <expected>
#include <string_view>

#include "lib/cel/budget.h"
#include "lib/cel/token.h"

namespace faasbatch::cel {

// Reads one token after the other; keeps no state but the place. The text must outlive the lexer and its
// tokens.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  // The next token; kEnd at the end, again and again.
  std::expected<Token, Failure> next();

 private:
  void skipBlanks();
  Token make(TokenKind kind, std::size_t bytes);
  std::expected<Token, Failure> number();
  std::expected<Token, Failure> literal(std::size_t prefixBytes);
  std::expected<Token, Failure> word();
  std::expected<Token, Failure> quotedIdentifier();
  std::expected<Token, Failure> symbol();
  std::unexpected<Failure> fail(std::size_t offset, std::string message) const;

  std::string_view rest() const { return text_.substr(at_); }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace faasbatch::cel
