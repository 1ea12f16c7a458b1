#include "lib/cel/parser.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "lib/cel/expression.h"
#include "lib/cel/lexer.h"
#include "lib/cel/macros.h"
#include "lib/cel/precedence.h"

namespace faasbatch::cel {
namespace {

using Parsed = std::expected<NodePtr, Failure>;
using Nodes = std::vector<NodePtr>;

int heightOf(const NodePtr& node) { return node == nullptr ? 0 : node->height; }

int heightOf(const Nodes& nodes) {
  int height = 0;
  for (const NodePtr& node : nodes) height = std::max(height, node->height);
  return height;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) {}

  Parsed parse() {
    advance();
    auto root = expression();
    if (root && (!at(TokenKind::kEnd) || broken_)) return unexpectedToken("an operator or the end");
    return root;
  }

 private:
  using Step = std::expected<void, Failure>;
  using Level = Parsed (Parser::*)();

  // Text that is no token ends the tokens; unexpectedToken() then tells why.
  void advance() {
    auto token = lexer_.next();
    if (token) {
      token_ = std::move(*token);
      return;
    }
    broken_ = std::move(token.error());
    token_ = Token{};
  }

  bool at(TokenKind kind) const { return token_.kind == kind; }

  std::unexpected<Failure> unexpectedToken(std::string_view expected) const {
    if (broken_) return std::unexpected(*broken_);
    const std::string found = at(TokenKind::kEnd) ? "the end" : "\"" + std::string(token_.source) + "\"";
    return failure(token_.offset, "expected " + std::string(expected) + ", found " + found);
  }

  Step expect(TokenKind kind, std::string_view what) {
    if (!at(kind)) return unexpectedToken(what);
    advance();
    return {};
  }

  static std::unexpected<Failure> tooDeep(std::uint32_t offset) {
    return failure(offset, "the expression is nested deeper than " + std::to_string(Expression::kMaxNesting) +
                               " levels");
  }

  template <class Data>
  static Parsed node(std::uint32_t offset, int below, Data data) {
    if (below >= Expression::kMaxNesting) return tooDeep(offset);
    return makeNode(offset, below + 1, std::move(data));
  }

  Parsed expression();
  Parsed conditional();
  Parsed logic(TokenKind op, Level operand);
  Parsed disjunction() { return logic(TokenKind::kOr, &Parser::conjunction); }
  Parsed conjunction() { return logic(TokenKind::kAnd, &Parser::relation); }
  Parsed chain(std::span<const OperatorToken> operators, Level operand);
  Parsed relation() { return chain(kRelations, &Parser::sum); }
  Parsed sum() { return chain(kSums, &Parser::product); }
  Parsed product() { return chain(kProducts, &Parser::unary); }
  Parsed unary();
  Parsed negation();
  Parsed member();
  Parsed suffixes(NodePtr operand);
  Parsed selection(NodePtr operand);
  Parsed index(NodePtr operand);
  Parsed primary();
  Parsed literal();
  Parsed number(bool negative, std::uint32_t offset);
  Parsed name();
  Parsed call(std::uint32_t offset, Call call);
  Parsed parenthesis();
  Parsed list();
  Parsed map();
  std::expected<Nodes, Failure> expressions(TokenKind closing, bool trailingComma);

  Lexer lexer_;
  Token token_;
  std::optional<Failure> broken_;
  int depth_ = 0;  // of expression() within itself
};

Parsed Parser::expression() {
  if (depth_ >= Expression::kMaxNesting) return tooDeep(token_.offset);
  ++depth_;
  auto parsed = conditional();
  --depth_;
  return parsed;
}

// Also the whole chain of `c ? v : c ? v : v`.
Parsed Parser::conditional() {
  const std::uint32_t offset = token_.offset;
  std::vector<Conditional::Branch> branches;
  int below = 0;
  while (true) {
    auto operand = disjunction();
    if (!operand) return operand;
    below = std::max(below, heightOf(*operand));
    if (!at(TokenKind::kQuestion)) {
      if (branches.empty()) return operand;
      return node(offset, below, Conditional{std::move(branches), std::move(*operand)});
    }
    advance();
    auto value = disjunction();
    if (!value) return value;
    below = std::max(below, heightOf(*value));
    if (auto read = expect(TokenKind::kColon, "\":\""); !read)
      return std::unexpected(std::move(read.error()));
    branches.push_back({std::move(*operand), std::move(*value)});
  }
}

Parsed Parser::logic(TokenKind op, Level operand) {
  auto first = (this->*operand)();
  if (!first || !at(op)) return first;
  const std::uint32_t offset = token_.offset;
  Nodes operands;
  operands.push_back(std::move(*first));
  while (at(op)) {
    advance();
    auto next = (this->*operand)();
    if (!next) return next;
    operands.push_back(std::move(*next));
  }
  const int below = heightOf(operands);
  return node(offset, below, Logic{op == TokenKind::kAnd, std::move(operands)});
}

Parsed Parser::chain(std::span<const OperatorToken> operators, Level operand) {
  const auto here = [&] { return std::ranges::find(operators, token_.kind, &OperatorToken::token); };
  auto first = (this->*operand)();
  if (!first || here() == operators.end()) return first;
  const std::uint32_t start = token_.offset;
  Chain parsed{std::move(*first), {}};
  int below = heightOf(parsed.first);
  for (auto op = here(); op != operators.end(); op = here()) {
    const std::uint32_t offset = token_.offset;
    advance();
    auto next = (this->*operand)();
    if (!next) return next;
    below = std::max(below, heightOf(*next));
    parsed.links.push_back({op->op, offset, std::move(*next)});
  }
  return node(start, below, std::move(parsed));
}

Parsed Parser::unary() {
  if (at(TokenKind::kMinus)) return negation();
  if (!at(TokenKind::kNot)) return member();
  const std::uint32_t offset = token_.offset;
  std::size_t times = 0;
  for (; at(TokenKind::kNot); ++times) advance();
  auto operand = member();
  if (!operand) return operand;
  const int below = heightOf(*operand);
  return node(offset, below, Unary{Unary::Operator::kNot, times, std::move(*operand)});
}

// The last minus before a number belongs to it, so that the least int can be written.
Parsed Parser::negation() {
  const std::uint32_t offset = token_.offset;
  std::uint32_t last = offset;
  std::size_t times = 0;
  for (; at(TokenKind::kMinus); ++times) {
    last = token_.offset;
    advance();
  }
  const bool isNumber = at(TokenKind::kInt) || at(TokenKind::kDouble);
  auto operand = isNumber ? number(true, last) : primary();
  if (operand) operand = suffixes(std::move(*operand));
  if (isNumber) --times;
  if (!operand || times == 0) return operand;
  const int below = heightOf(*operand);
  return node(offset, below, Unary{Unary::Operator::kNegate, times, std::move(*operand)});
}

Parsed Parser::member() {
  auto operand = primary();
  if (!operand) return operand;
  return suffixes(std::move(*operand));
}

Parsed Parser::suffixes(NodePtr operand) {
  while (at(TokenKind::kDot) || at(TokenKind::kLeftBracket)) {
    auto next = at(TokenKind::kDot) ? selection(std::move(operand)) : index(std::move(operand));
    if (!next) return next;
    operand = std::move(*next);
  }
  return operand;
}

Parsed Parser::selection(NodePtr operand) {
  advance();
  const std::uint32_t offset = token_.offset;
  const bool quoted = at(TokenKind::kQuotedIdentifier);
  if (!quoted && !at(TokenKind::kIdentifier)) return unexpectedToken("the name of a field");
  std::string field = std::exchange(token_.text, {});
  advance();
  if (!quoted && at(TokenKind::kLeftParen))
    return call(offset, Call{std::move(field), std::move(operand), {}});
  const int below = heightOf(operand);
  return node(offset, below, Select{std::move(operand), std::move(field)});
}

Parsed Parser::index(NodePtr operand) {
  const std::uint32_t offset = token_.offset;
  advance();
  auto inner = expression();
  if (!inner) return inner;
  if (auto read = expect(TokenKind::kRightBracket, "\"]\""); !read)
    return std::unexpected(std::move(read.error()));
  const int below = std::max(heightOf(operand), heightOf(*inner));
  return node(offset, below, Index{std::move(operand), std::move(*inner)});
}

Parsed Parser::primary() {
  switch (token_.kind) {
    case TokenKind::kLeftParen:
      return parenthesis();
    case TokenKind::kLeftBracket:
      return list();
    case TokenKind::kLeftBrace:
      return map();
    case TokenKind::kDot:
    case TokenKind::kIdentifier:
      return name();
    case TokenKind::kInt:
    case TokenKind::kDouble:
      return number(false, token_.offset);
    default:
      return literal();
  }
}

Parsed Parser::literal() {
  const std::uint32_t offset = token_.offset;
  Value value;
  switch (token_.kind) {
    case TokenKind::kUint:
      value = Value::unsignedInteger(token_.integer);
      break;
    case TokenKind::kString:
      value = Value::string(std::exchange(token_.text, {}));
      break;
    case TokenKind::kBytes:
      value = Value::bytes(std::exchange(token_.text, {}));
      break;
    case TokenKind::kTrue:
    case TokenKind::kFalse:
      value = Value::boolean(at(TokenKind::kTrue));
      break;
    case TokenKind::kNull:
      break;
    default:
      return unexpectedToken("an expression");
  }
  advance();
  return node(offset, 0, Constant{std::move(value)});
}

Parsed Parser::number(bool negative, std::uint32_t offset) {
  const Token number = token_;
  advance();
  if (number.kind == TokenKind::kDouble)
    return node(offset, 0, Constant{Value::real(negative ? -number.real : number.real)});
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (number.integer > kMax + (negative ? 1 : 0))
    return failure(offset, "the number " + std::string(negative ? "-" : "") + std::string(number.source) +
                               " does not fit an int; a uint ends in \"u\"");
  return node(
      offset, 0,
      Constant{Value::integer(static_cast<std::int64_t>(negative ? 0 - number.integer : number.integer))});
}

Parsed Parser::name() {
  const std::uint32_t offset = token_.offset;
  const bool absolute = at(TokenKind::kDot);
  if (absolute) advance();
  if (!at(TokenKind::kIdentifier)) return unexpectedToken("a name");
  if (std::ranges::find(kReserved, token_.text) != kReserved.end())
    return failure(token_.offset,
                   "\"" + token_.text + "\" is a reserved word and names no variable or function");
  std::string text = std::exchange(token_.text, {});
  advance();
  if (at(TokenKind::kLeftBrace))
    return failure(token_.offset,
                   "messages such as \"" + text + "{...}\" are not supported; use a map {\"field\": value}");
  if (at(TokenKind::kLeftParen)) return call(offset, Call{std::move(text), nullptr, {}, absolute});
  return node(offset, 0, Name{std::move(text), absolute});
}

Parsed Parser::call(std::uint32_t offset, Call call) {
  advance();
  auto arguments = expressions(TokenKind::kRightParen, false);
  if (!arguments) return std::unexpected(std::move(arguments.error()));
  call.arguments = std::move(*arguments);
  const int below = std::max(heightOf(call.target), heightOf(call.arguments));
  auto expanded = expandMacro(offset, std::move(call));
  if (!expanded) return std::unexpected(std::move(expanded.error()));
  return node(offset, below, std::move(*expanded));
}

Parsed Parser::parenthesis() {
  advance();
  auto inner = expression();
  if (!inner) return inner;
  if (auto read = expect(TokenKind::kRightParen, "\")\""); !read)
    return std::unexpected(std::move(read.error()));
  return inner;
}

Parsed Parser::list() {
  const std::uint32_t offset = token_.offset;
  advance();
  auto items = expressions(TokenKind::kRightBracket, true);
  if (!items) return std::unexpected(std::move(items.error()));
  const int below = heightOf(*items);
  return node(offset, below, ListLiteral{std::move(*items)});
}

Parsed Parser::map() {
  const std::uint32_t offset = token_.offset;
  advance();
  MapLiteral literal;
  int below = 0;
  while (!at(TokenKind::kRightBrace)) {
    auto key = expression();
    if (!key) return key;
    if (auto read = expect(TokenKind::kColon, "\":\""); !read)
      return std::unexpected(std::move(read.error()));
    auto value = expression();
    if (!value) return value;
    below = std::max({below, heightOf(*key), heightOf(*value)});
    literal.entries.emplace_back(std::move(*key), std::move(*value));
    if (!at(TokenKind::kComma)) break;
    advance();
  }
  if (auto read = expect(TokenKind::kRightBrace, "\",\" or \"}\""); !read)
    return std::unexpected(std::move(read.error()));
  return node(offset, below, std::move(literal));
}

std::expected<Nodes, Failure> Parser::expressions(TokenKind closing, bool trailingComma) {
  Nodes parsed;
  while (!at(closing)) {
    auto item = expression();
    if (!item) return std::unexpected(std::move(item.error()));
    parsed.push_back(std::move(*item));
    if (!at(TokenKind::kComma)) break;
    advance();
    if (!trailingComma && at(closing)) return unexpectedToken("an expression");
  }
  const bool bracket = closing == TokenKind::kRightBracket;
  if (auto read = expect(closing, bracket ? "\",\" or \"]\"" : "\",\" or \")\""); !read)
    return std::unexpected(std::move(read.error()));
  return parsed;
}

}  // namespace

std::expected<NodePtr, Failure> parseSyntax(std::string_view text) { return Parser(text).parse(); }

}  // namespace faasbatch::cel
