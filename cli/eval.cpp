// `faasbatch eval`: one expression, or a line of JSON each.
#include <array>
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>

#include "cli/commands.h"
#include "cli/io.h"
#include "cli/show.h"
#include "lib/cel/expression.h"
#include "lib/json/members.h"
#include "lib/json/write.h"

namespace faasbatch::cli {
namespace {

class InputOnly final : public cel::Activation {
 public:
  explicit InputOnly(cel::Value input) : input_(std::move(input)) {}
  std::optional<cel::Value> find(std::string_view variable) const override {
    return variable == "input" ? std::optional(input_) : std::nullopt;
  }

 private:
  cel::Value input_;
};

// The value as JSON text, or the error as text.
std::expected<std::string, std::string> evaluate(std::string_view text, std::string_view inputJson) {
  static constexpr std::array<std::string_view, 1> kVariables{"input"};
  const auto input = cel::Value::fromJson(inputJson);
  if (!input) return std::unexpected("input: " + input.error().message);
  const auto expression = cel::Expression::parse(text, kVariables);
  if (!expression) return std::unexpected(expression.error().describe());
  const auto value = expression->evaluate(InputOnly(*input));
  if (!value) return std::unexpected(value.error().describe());
  auto json = value->toJson();
  if (!json) return std::unexpected(json.error().message);
  return *json;
}

std::string answerLine(const std::string& line) {
  std::string out;
  json::Object object(out);
  const auto members = json::members(line);
  const auto raw = members ? json::find(*members, "expr") : std::nullopt;
  const auto text = raw ? json::asString(*raw) : std::nullopt;
  if (!text) {
    object.text("error", R"(a line is an object {"expr": "...", "input": ...})").end();
    return out;
  }
  const auto value = evaluate(*text, json::find(*members, "input").value_or("null"));
  if (value) {
    object.raw("value", *value);
  } else {
    object.text("error", value.error());
  }
  object.end();
  return out;
}

}  // namespace

int eval(const Arguments& arguments) {
  if (arguments.lines) {
    std::string line;
    while (std::getline(std::cin, line)) {
      if (!line.empty()) printLine(answerLine(line));
    }
    return 0;
  }
  std::string input = "null";
  if (!arguments.inputFile.empty()) {
    auto text = readAll(arguments.inputFile);
    if (!text) return failed(text.error());
    input = std::move(*text);
  }
  const auto value = evaluate(arguments.expression, input);
  if (!value) return failed(value.error());
  if (arguments.output == Output::kYaml) return show(arguments, *value);
  printLine(*value);
  return 0;
}

}  // namespace faasbatch::cli
