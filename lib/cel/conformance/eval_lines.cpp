// For the conformance and differential tests: evaluates one expression a line. In:
//   {"expr": "...", "checked": true, "variables": ["a", ...], "bindings": {"a": TYPED, ...}}
// out, line by line: {"value": TYPED} or {"error": "..."}. TYPED: see typed_json.h.
#include <exception>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "lib/cel/conformance/typed_json.h"
#include "lib/cel/expression.h"

namespace faasbatch::cel {
namespace {

using nlohmann::json;

class Bindings final : public Activation {
 public:
  explicit Bindings(const json& typed) {
    for (const auto& [name, value] : typed.items()) values_.emplace(name, fromTypedJson(value));
  }

  std::optional<Value> find(std::string_view variable) const override {
    const auto found = values_.find(variable);
    return found == values_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  std::map<std::string, Value, std::less<>> values_;
};

json answer(const json& request) {
  const auto text = request.at("expr").get<std::string>();
  const auto names = request.value("variables", std::vector<std::string>());
  const std::vector<std::string_view> variables(names.begin(), names.end());
  const auto expression = request.value("checked", true) ? Expression::parse(text, variables)
                                                         : Expression::parseUnchecked(text, variables);
  if (!expression) return {{"error", expression.error().describe()}};
  const auto value = expression->evaluate(Bindings(request.value("bindings", json::object())));
  if (!value) return {{"error", value.error().describe()}};
  return {{"value", toTypedJson(*value)}};
}

}  // namespace
}  // namespace faasbatch::cel

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    try {
      std::cout << faasbatch::cel::answer(nlohmann::json::parse(line)).dump() << '\n' << std::flush;
    } catch (const std::exception& problem) {
      std::cerr << "bad request: " << problem.what() << ": " << line << '\n';
      return 1;
    }
  }
  return 0;
}
