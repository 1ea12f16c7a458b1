#include "lib/json/write.h"
#include "lib/tree/tree.h"
#include "lib/workflow/names.h"
#include "lib/workflow/template_part.h"
#include "lib/workflow/template_split.h"

namespace faasbatch::workflow {
namespace {

using Kind = TemplatePart::Kind;

std::string describe(Position position, const std::string& message) {
  return "at " + std::to_string(position.line) + ":" + std::to_string(position.column) + ": " + message;
}

// The place of an error inside the whole string: the expression begins at `start`.
Position inString(Position start, const cel::ExpressionError& error) {
  if (error.line == 1) return {start.line, start.column + error.column - 1};
  return {start.line + error.line - 1, error.column};
}

TemplatePart constant(const Tree& tree) { return {.kind = Kind::kConstant, .text = toJson(tree)}; }

std::optional<TemplatePart> parseExpression(const Piece& piece, const std::string& path,
                                            std::vector<Template::Fault>& faults,
                                            std::vector<Template::Use>& uses) {
  auto parsed = cel::Expression::parse(piece.text, expressionVariables());
  if (!parsed) {
    const Position position = inString(piece.start, parsed.error());
    faults.push_back({path, describe(position, parsed.error().message), piece.text});
    return std::nullopt;
  }
  for (const cel::Reference& reference : parsed->references()) uses.push_back({path, reference, piece.text});
  return TemplatePart{.kind = Kind::kExpression, .path = path, .expression = std::move(*parsed)};
}

TemplatePart parseString(const Tree& tree, const std::string& path, std::vector<Template::Fault>& faults,
                         std::vector<Template::Use>& uses) {
  auto pieces = splitTemplate(tree.text);
  if (!pieces) {
    faults.push_back({path, describe(pieces.error().position, pieces.error().message), ""});
    return constant(tree);
  }
  if (pieces->empty()) return constant(tree);
  if (pieces->size() == 1 && !pieces->front().expression) return constant(Tree::string(pieces->front().text));
  TemplatePart text{.kind = Kind::kText};
  for (Piece& piece : *pieces) {
    if (!piece.expression) {
      text.parts.push_back({.kind = Kind::kLiteral, .text = std::move(piece.text)});
    } else if (auto part = parseExpression(piece, path, faults, uses)) {
      if (pieces->size() == 1) return std::move(*part);
      text.parts.push_back(std::move(*part));
    }
  }
  return text;
}

// The JSON of a list or map whose parts are constant.
void appendJoined(std::string& out, const TemplatePart& part) {
  const bool map = part.kind == Kind::kMap;
  out += map ? '{' : '[';
  for (std::size_t i = 0; i < part.parts.size(); ++i) {
    if (i > 0) out += ',';
    if (map) {
      json::appendString(out, part.keys[i]);
      out += ':';
    }
    out += part.parts[i].text;
  }
  out += map ? '}' : ']';
}

bool allConstant(const TemplatePart& part) {
  for (const TemplatePart& inner : part.parts) {
    if (inner.kind != Kind::kConstant) return false;
  }
  return true;
}

}  // namespace

TemplatePart parsePart(const Tree& tree, const std::string& path, std::vector<Template::Fault>& faults,
                       std::vector<Template::Use>& uses) {
  if (tree.isString()) return parseString(tree, path, faults, uses);
  if (!tree.isList() && !tree.isMap()) return constant(tree);
  TemplatePart part{.kind = tree.isList() ? Kind::kList : Kind::kMap};
  for (std::size_t i = 0; i < tree.items.size(); ++i) {
    part.parts.push_back(parsePart(tree.items[i], itemPath(path, i), faults, uses));
  }
  for (const tree::TreeMember& member : tree.members) {
    // A path inside a template begins with "." even at its top, so that it can be put behind the template's
    // own.
    const std::string inner =
        path.empty() ? memberPath("$", member.key).substr(1) : memberPath(path, member.key);
    part.keys.push_back(member.key);
    part.parts.push_back(parsePart(member.value, inner, faults, uses));
  }
  if (!allConstant(part)) return part;
  // Joined from its parts, not written from the tree: in them "$${" has become "${".
  TemplatePart whole{.kind = Kind::kConstant};
  appendJoined(whole.text, part);
  return whole;
}

std::optional<Template::Whole> wholePayload(const TemplatePart& part) {
  if (part.kind != Kind::kExpression || part.expression->references().size() != 1) return std::nullopt;
  const cel::Reference& reference = part.expression->references().front();
  std::string_view text = part.expression->text();
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (text == reference.variable) {
    if (text == "input" || text == "item" || text == "last" || text == "output")
      return Template::Whole{std::string(text), ""};
    return std::nullopt;
  }
  if (reference.variable != "steps" || !reference.member) return std::nullopt;
  const std::string& step = *reference.member;
  if (text == "steps." + step + ".output" || text == "steps['" + step + "'].output" ||
      text == "steps[\"" + step + "\"].output") {
    return Template::Whole{"steps", step};
  }
  return std::nullopt;
}

}  // namespace faasbatch::workflow
