// Nanoseconds that parsing and evaluating expressions take: `cel_cel_bench [MILLISECONDS per row]`.
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "lib/cel/expression.h"

namespace {

using faasbatch::cel::Activation;
using faasbatch::cel::Expression;
using faasbatch::cel::Value;
using Clock = std::chrono::steady_clock;

class Variables final : public Activation {
 public:
  Variables() : input_(Value::fromJson(kInput).value()) {}
  std::optional<Value> find(std::string_view variable) const override {
    return variable == "input" ? std::optional(input_) : std::nullopt;
  }

 private:
  static constexpr std::string_view kInput =
      R"({"amount": 120, "customer": {"name": "Ada", "tags": ["new", "eu"]}, "items": [1,2,3,4,5,6,7,8,9,10]})";
  Value input_;
};

// Calls until the time is over, in growing batches so that the clock costs nothing.
template <class Call>
double nanosecondsOf(std::chrono::milliseconds time, Call call) {
  std::size_t calls = 0;
  const auto start = Clock::now();
  for (std::size_t batch = 1; Clock::now() - start < time; batch *= 2) {
    for (std::size_t i = 0; i < batch; ++i) call();
    calls += batch;
  }
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count() / static_cast<double>(calls);
}

bool row(std::string_view name, std::string_view text, std::chrono::milliseconds time) {
  static constexpr std::array<std::string_view, 1> kVariables = {"input"};
  const Variables variables;
  const auto expression = Expression::parse(text, kVariables);
  if (!expression || !expression->evaluate(variables)) return false;
  const double parse = nanosecondsOf(time, [text] { (void)Expression::parse(text, kVariables); });
  const double evaluate = nanosecondsOf(time, [&] { (void)expression->evaluate(variables); });
  std::printf("%-12s %10.0f ns %10.0f ns   %.*s\n", std::string(name).c_str(), parse, evaluate,
              static_cast<int>(text.size()), text.data());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kRows = {{
      {"constant", "1"},
      {"field", "input.customer.name"},
      {"condition", "input.amount > 100 && input.customer.name != ''"},
      {"membership", "'eu' in input.customer.tags"},
      {"text", "'Hello, ' + input.customer.name + '!'"},
      {"matches", "input.customer.name.matches('^[A-Z][a-z]+$')"},
      {"map of 10", "input.items.map(x, x * 2)"},
      {"filter of 10", "input.items.filter(x, x % 2 == 0)"},
  }};
  const std::chrono::milliseconds time(argc > 1 ? std::strtol(argv[1], nullptr, 10) : 200);
  std::printf("%-12s %13s %13s\n", "", "parse", "evaluate");
  for (const auto& [name, text] : kRows)
    if (!row(name, text, time)) return 1;
  return 0;
}
