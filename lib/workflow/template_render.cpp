#include <algorithm>

#include "lib/json/members.h"
#include "lib/json/write.h"
#include "lib/workflow/template_part.h"

namespace faasbatch::workflow {
namespace {

using cel::ExpressionError;
using Kind = TemplatePart::Kind;

std::unexpected<ExpressionError> failAt(const TemplatePart& part, ExpressionError error) {
  if (!part.path.empty()) error.message = "in " + part.path + ": " + error.message;
  return std::unexpected(std::move(error));
}

std::expected<cel::Value, ExpressionError> evaluateExpression(const TemplatePart& part,
                                                              const cel::Activation& activation) {
  auto value = part.expression->evaluate(activation);
  if (!value) return failAt(part, std::move(value.error()));
  return value;
}

std::unexpected<ExpressionError> tooLarge(const TemplatePart& part) {
  return failAt(
      part, {.message = "the text has more than " + std::to_string(Template::kMaxRenderedBytes) + " bytes"});
}

// `before`: bytes that the text has already.
std::expected<std::string, ExpressionError> asJson(const TemplatePart& part, const cel::Value& value,
                                                   std::size_t before) {
  auto json = value.toJson(Template::kMaxRenderedBytes - std::min(before, Template::kMaxRenderedBytes));
  if (!json) return failAt(part, {.message = json.error().message});
  return std::move(*json);
}

// A value inside a longer string: strings as they are, and what JSON writes as a string (bytes, durations,
// timestamps) without its quotes; all else as JSON.
std::expected<void, ExpressionError> appendText(const TemplatePart& part, const cel::Activation& activation,
                                                std::string& out) {
  if (part.kind == Kind::kLiteral) {
    out += part.text;
    return {};
  }
  const auto value = evaluateExpression(part, activation);
  if (!value) return std::unexpected(value.error());
  if (value->kind() == cel::Value::Kind::kString) {
    if (out.size() + value->asString().size() > Template::kMaxRenderedBytes) return tooLarge(part);
    out += value->asString();
    return {};
  }
  const auto json = asJson(part, *value, out.size());
  if (!json) return std::unexpected(json.error());
  if (const auto text = json->starts_with('"') ? json::asString(*json) : std::nullopt) {
    out += *text;
  } else {
    out += *json;
  }
  return {};
}

std::expected<std::string, ExpressionError> text(const TemplatePart& part,
                                                 const cel::Activation& activation) {
  std::string out;
  for (const TemplatePart& piece : part.parts) {
    if (auto done = appendText(piece, activation, out); !done)
      return std::unexpected(std::move(done.error()));
  }
  return out;
}

std::expected<void, ExpressionError> renderContainer(const TemplatePart& part,
                                                     const cel::Activation& activation, std::string& out) {
  const bool map = part.kind == Kind::kMap;
  out += map ? '{' : '[';
  for (std::size_t i = 0; i < part.parts.size(); ++i) {
    if (i > 0) out += ',';
    if (map) {
      json::appendString(out, part.keys[i]);
      out += ':';
    }
    if (auto done = renderPart(part.parts[i], activation, out); !done) return done;
  }
  out += map ? '}' : ']';
  return {};
}

}  // namespace

std::expected<void, ExpressionError> renderPart(const TemplatePart& part, const cel::Activation& activation,
                                                std::string& out) {
  if (part.kind == Kind::kConstant) {
    out += part.text;
    return {};
  }
  if (part.kind == Kind::kList || part.kind == Kind::kMap) return renderContainer(part, activation, out);
  if (part.kind == Kind::kText) {
    const auto string = text(part, activation);
    if (!string) return std::unexpected(string.error());
    if (out.size() + string->size() > Template::kMaxRenderedBytes) return tooLarge(part);
    json::appendString(out, *string);
    return {};
  }
  const auto value = evaluateExpression(part, activation);
  if (!value) return std::unexpected(value.error());
  const auto json = asJson(part, *value, out.size());
  if (!json) return std::unexpected(json.error());
  out += *json;
  return {};
}

std::expected<cel::Value, ExpressionError> evaluatePart(const TemplatePart& part,
                                                        const cel::Activation& activation) {
  if (part.kind == Kind::kExpression) return evaluateExpression(part, activation);
  if (part.kind == Kind::kText) {
    auto string = text(part, activation);
    if (!string) return std::unexpected(std::move(string.error()));
    return cel::Value::string(std::move(*string));
  }
  if (part.kind == Kind::kConstant) {
    auto value = cel::Value::fromJson(part.text);
    if (!value) return std::unexpected(ExpressionError{.message = value.error().message});
    return std::move(*value);
  }
  std::vector<cel::Value> values;
  values.reserve(part.parts.size());
  for (const TemplatePart& inner : part.parts) {
    auto value = evaluatePart(inner, activation);
    if (!value) return value;
    values.push_back(std::move(*value));
  }
  if (part.kind == Kind::kList) return cel::Value::list(std::move(values));
  std::vector<std::pair<cel::Value, cel::Value>> entries;
  entries.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    entries.emplace_back(cel::Value::string(part.keys[i]), std::move(values[i]));
  }
  return cel::Value::map(std::move(entries));
}

}  // namespace faasbatch::workflow
