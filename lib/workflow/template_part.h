// The inside of a Template: its JSON, with the strings that hold expressions cut and parsed.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "lib/cel/expression.h"
#include "lib/workflow/template.h"

namespace faasbatch::workflow {

using tree::Tree;

struct TemplatePart {
  enum class Kind : std::uint8_t {
    kConstant,    // `text` is its JSON
    kLiteral,     // inside kText only: `text` as it stands
    kExpression,  // `expression`
    kText,        // `parts`, one after the other
    kList,        // `parts`
    kMap          // `keys` and `parts`
  };
  Kind kind = Kind::kConstant;
  std::string text;
  std::string path;  // of its string: kExpression
  std::optional<cel::Expression> expression;
  std::vector<std::string> keys;
  std::vector<TemplatePart> parts;
};

// Cuts and parses; faults and uses are appended. A subtree without expressions becomes one constant.
TemplatePart parsePart(const Tree& tree, const std::string& path, std::vector<Template::Fault>& faults,
                       std::vector<Template::Use>& uses);

std::expected<void, cel::ExpressionError> renderPart(const TemplatePart& part,
                                                     const cel::Activation& activation, std::string& out);
std::expected<cel::Value, cel::ExpressionError> evaluatePart(const TemplatePart& part,
                                                             const cel::Activation& activation);

// See Template::whole().
std::optional<Template::Whole> wholePayload(const TemplatePart& part);

}  // namespace faasbatch::workflow
