// What the engine itself costs: evaluating and folding, without any shell.
//
//   engine_engine_bench        prints microseconds a step for a DAG of 1 700 steps and a foreach of 1 000
//   items
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <deque>
#include <string>
#include <vector>

#include "lib/workflow/manifest.h"
#include "node-agent/engine/engine.h"

namespace {

using namespace faasbatch;
using namespace faasbatch::engine;

constexpr const char* kHead =
    "apiVersion: faasbatch.io/v1alpha1\nkind: FunctionWorkflow\nmetadata: {name: bench}\nspec:\n"
    "  functions: [{name: f, runtime: Python, handler: m.h, source: {inline: x}}]\n";

workflow::PlanPtr planOf(const std::string& spec) {
  auto compiled = workflow::compile(kHead + spec);
  if (compiled) return compiled->plan;
  for (const auto& fault : compiled.error())
    std::fprintf(stderr, "%s: %s\n", fault.path.c_str(), fault.message.c_str());
  std::exit(1);
}

// Runs to the end with calls that answer at once; gives the number of calls.
std::size_t drive(const PlanSetPtr& plans, const base::Payload& input) {
  Run run;
  std::size_t calls = 0;
  std::deque<Command> todo;
  const calls::Where where{"local", "pod-1", "batch-1", 1};
  const auto give = [&](decltype(Event::what) what) {
    for (Command& command : apply(run, {{static_cast<std::int64_t>(calls)}, std::move(what)}))
      todo.push_back(std::move(command));
  };
  Accepted accepted{.id = "0190f5f0-0000-7000-8000-000000000000", .plans = plans};
  accepted.input = {.payload = input, .size = input.size()};
  accepted.deadline = base::Instant::never();
  give(std::move(accepted));
  while (!todo.empty()) {
    const Command command = std::move(todo.front());
    todo.pop_front();
    if (const auto* trigger = std::get_if<Trigger>(&command)) {
      give(StepReady{trigger->step, evaluate(run, trigger->step, {}, {})});
    } else if (const auto* dispatch = std::get_if<Dispatch>(&command)) {
      ++calls;
      give(AttemptStarted{dispatch->step, dispatch->attempt, where});
      AttemptEnded ended{.step = dispatch->step, .attempt = dispatch->attempt, .where = where};
      ended.outcome = OutputRef{.payload = dispatch->input, .size = dispatch->input.size()};
      give(std::move(ended));
    }
  }
  if (run.status() != RunStatus::kSucceeded) {
    std::fprintf(stderr, "the run failed: %s: %s\n", run.error().type.c_str(), run.error().message.c_str());
    std::exit(1);
  }
  return calls;
}

void measure(const char* what, const std::string& spec, const std::string& inputText, int rounds) {
  auto plans = std::make_shared<PlanSet>();
  plans->main = planOf(spec);
  const base::Payload input(inputText);
  std::vector<double> times;
  std::size_t calls = 0;
  for (int i = 0; i < rounds; ++i) {
    const auto began = std::chrono::steady_clock::now();
    calls = drive(plans, input);
    times.push_back(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began).count());
  }
  std::ranges::sort(times);
  std::printf("%-44s %6zu steps  %8.2f us a step (median of %d)\n", what, calls,
              times[times.size() / 2] / static_cast<double>(calls), rounds);
}

std::string dag(int steps, bool expressions) {
  std::string spec = "  steps:\n";
  for (int i = 0; i < steps; ++i) {
    spec += "  - {name: s" + std::to_string(i) + ", function: f";
    const auto before = [&](int distance) { return "s" + std::to_string(i - distance); };
    if (expressions && i >= 10) {
      spec += ", input: {a: \"${steps." + before(10) + ".output.a}\", b: \"${steps." + before(7) +
              ".output.a + 1}\"}";
    } else if (i >= 10) {
      spec += ", after: [" + before(10) + ", " + before(7) + "]";
    } else {
      spec += ", input: {a: " + std::to_string(i) + "}";
    }
    spec += "}\n";
  }
  return spec;
}

std::string numbers(int n) {
  std::string out = "[";
  for (int i = 0; i < n; ++i) out += (i ? "," : "") + std::to_string(i);
  return out + "]";
}

}  // namespace

int main() {
  measure("one step", "  steps: [{name: s, function: f}]\n", "{}", 20'000);
  measure(
      "chain of 10",
      "  steps:\n  - {name: s0, function: f}\n" +
          [] {
            std::string rest;
            for (int i = 1; i < 10; ++i) {
              rest += "  - {name: s" + std::to_string(i) + ", function: f, input: \"${steps.s" +
                      std::to_string(i - 1) + ".output}\"}\n";
            }
            return rest;
          }(),
      "{\"a\":1}", 2'000);
  measure("DAG of 1 700, edges only", dag(1700, false), "{\"a\":1}", 30);
  measure("DAG of 1 700, expressions", dag(1700, true), "{\"a\":1}", 30);
  measure("foreach of 1 000, ${item}",
          "  steps: [{name: e, foreach: {items: \"${input}\"}, function: f, input: \"${item}\"}]\n",
          numbers(1000), 30);
  measure("foreach of 1 000, {x: ${item}, all: size}",
          "  steps: [{name: e, foreach: {items: \"${input}\"}, function: f, input: {x: \"${item}\", n: "
          "\"${size(input)}\"}}]\n",
          numbers(1000), 30);
  measure("foreach of 100 000, ${item}",
          "  steps: [{name: e, foreach: {items: \"${input}\"}, function: f, input: \"${item}\"}]\n",
          numbers(100'000), 3);
}
