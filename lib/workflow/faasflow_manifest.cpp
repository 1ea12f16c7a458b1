// From the graph to a FunctionWorkflow.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>
#include <unordered_map>

#include "lib/workflow/duration.h"
#include "lib/workflow/faasflow.h"
#include "lib/workflow/names.h"
#include "lib/workflow/synthetic_function.h"

namespace faasbatch::workflow::faasflow {
namespace {

constexpr std::chrono::seconds kDataTime(120);  // for reading and writing, beside the run time
constexpr std::chrono::minutes kRunTime(15);
constexpr std::size_t kMaxConditionBytes = 32 * 1024;

// A valid step name like `name` that is not taken yet.
std::string stepName(const std::string& name, std::set<std::string>& taken) {
  std::string valid;
  for (const char c : name.substr(0, kMaxStepNameBytes - 5)) {
    const std::string one(1, c);
    valid += c == '-' || checkStepName("a" + one).empty() ? one : "_";
  }
  if (!checkStepName(valid).empty()) valid.insert(0, "_");
  std::string unique = valid;
  for (int i = 2; !taken.insert(unique).second; ++i) unique = valid + "_" + std::to_string(i);
  return unique;
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

base::Duration seconds(double value) {
  const double bounded = std::min(std::ceil(value), 86'400.0 * 300);
  return std::chrono::seconds(static_cast<std::int64_t>(bounded));
}

Tree expression(const std::string& cel) { return Tree::string("${" + cel + "}"); }

class Writer {
 public:
  Writer(const Flow& flow, double timeScale, Faults& faults)
      : flow_(flow), timeScale_(timeScale), faults_(faults), maySkip_(maySkip(flow)) {
    std::set<std::string> taken;
    for (const Function& function : flow.functions) names_.push_back(stepName(function.name, taken));
    findLastReaders();
  }

  Tree steps() {
    Tree list = Tree::list();
    for (std::size_t i = 0; i < flow_.functions.size(); ++i) list.items.push_back(step(i));
    return list;
  }

  Tree output() const {
    Tree map = Tree::map();
    for (const Result& result : flow_.results) {
      if (map.find(result.name) == nullptr)
        map.add(result.name, expression(value(result.value, std::nullopt, "null")));
    }
    return map;
  }

  base::Duration longest() const {
    double most = 0;
    for (const Function& function : flow_.functions) most = std::max(most, function.seconds * timeScale_);
    return seconds(most) + kDataTime;
  }

  base::Duration total() const {
    double sum = 0;
    for (const Function& function : flow_.functions) sum += function.seconds * timeScale_;
    return seconds(sum) + kRunTime;
  }

 private:
  std::string outputOf(std::size_t function) const {
    return selectMember("steps", names_[function]) + ".output";
  }

  // One candidate's value, as `reader` sees it: its own turn's where both run in one foreach, the list of all
  // otherwise.
  std::string member(const Produced& produced, std::optional<std::size_t> reader) const {
    const auto& loop = flow_.functions[produced.function].loop;
    const std::string output = outputOf(produced.function);
    if (!loop) return selectMember(output, produced.parameter);
    const bool same = reader && flow_.functions[*reader].loop == loop;
    if (same) return selectMember(output + "[index]", produced.parameter);
    return output + ".map(x, " + selectMember("x", produced.parameter) + ")";
  }

  std::string value(const Value& value, std::optional<std::size_t> reader,
                    const std::string& otherwise) const {
    if (value.item) return "item";
    if (value.candidates.empty()) return inputMember(value.parameter, otherwise);
    std::string cel;
    std::string closing;
    for (const Produced& produced : value.candidates) {
      if (!maySkip_[produced.function]) return cel.append(member(produced, reader)).append(closing);
      cel += "(" + outputOf(produced.function) + " != null ? " + member(produced, reader) + " : ";
      closing += ")";
    }
    return cel + otherwise + closing;
  }

  Tree input(std::size_t index, const Input& input) const {
    Tree map = Tree::map();
    map.add("value", expression(value(input.value, index, "null")));
    std::set<std::uint64_t> sizes;
    bool drop = !input.value.candidates.empty();
    for (const Produced& produced : input.value.candidates) {
      const Output& output = outputFor(produced);
      sizes.insert(output.keys > 0 ? UINT64_MAX : output.size);
      const auto last = lastReaders_.find({produced.function, produced.parameter});
      drop = drop && output.stored && last != lastReaders_.end() && last->second == index;
    }
    if (sizes.size() == 1 && *sizes.begin() != UINT64_MAX)
      map.add("size", Tree::number(std::to_string(*sizes.begin())));
    if (drop) map.add("drop", Tree::boolean(true));
    return map;
  }

  const Output& outputFor(const Produced& produced) const {
    const auto& outputs = flow_.functions[produced.function].outputs;
    return *std::ranges::find(outputs, produced.parameter, &Output::name);
  }

  static Tree output(const Output& output) {
    Tree map = Tree::map();
    if (output.keys > 0) {
      map.add("keys", Tree::number(std::to_string(output.keys)));
      return map;
    }
    map.add("size", Tree::number(std::to_string(output.size)));
    if (output.stored) map.add("stored", Tree::boolean(true));
    if (output.drop) map.add("drop", Tree::boolean(true));
    return map;
  }

  Tree event(std::size_t index) const {
    const Function& function = flow_.functions[index];
    Tree inputs = Tree::map();
    for (const Input& one : function.inputs) {
      if (inputs.find(one.name) == nullptr) inputs.add(one.name, input(index, one));
    }
    Tree outputs = Tree::map();
    for (const Output& one : function.outputs) outputs.add(one.name, output(one));
    Tree event = Tree::map();
    event.add("seconds", Tree::number(number(function.seconds * timeScale_)));
    event.add("inputs", std::move(inputs));
    event.add("outputs", std::move(outputs));
    return event;
  }

  // Empty where the function always runs.
  std::string when(std::size_t index) {
    if (!maySkip_[index]) return {};
    std::string cel;
    std::set<std::string> seen;
    for (const Edge& edge : flow_.functions[index].edges) {
      std::string chosen = edge.from && maySkip_[*edge.from] ? outputOf(*edge.from) + " != null" : "";
      if (!edge.condition.empty()) chosen += (chosen.empty() ? "" : " && ") + edge.condition;
      if (!seen.insert(chosen).second) continue;
      cel += (cel.empty() ? "" : " || ") + chosen;
    }
    if (cel.size() > kMaxConditionBytes)
      faults_.add(flow_.functions[index].name, "its conditions are too long");
    return cel;
  }

  Tree loopItems(std::size_t index) const {
    const Loop& loop = flow_.loops[*flow_.functions[index].loop];
    if (loop.items) return expression(value(*loop.items, std::nullopt, "[]"));
    Tree list = Tree::list();
    for (std::uint64_t i = 0; i < loop.count; ++i) list.items.push_back(Tree::number(std::to_string(i)));
    return list;
  }

  Tree step(std::size_t index) {
    const Function& function = flow_.functions[index];
    Tree step = Tree::map();
    step.add("name", Tree::string(names_[index]));
    step.add("function", Tree::string("synthetic"));
    if (const std::string condition = when(index); !condition.empty())
      step.add("when", expression(condition));
    Tree after = Tree::list();
    std::set<std::size_t> seen;
    for (const Edge& edge : function.edges) {
      if (edge.from && seen.insert(*edge.from).second)
        after.items.push_back(Tree::string(names_[*edge.from]));
    }
    if (!after.items.empty()) step.add("after", std::move(after));
    if (function.loop) {
      Tree foreach = Tree::map();
      foreach
        .add("items", loopItems(index));
      step.add("foreach", std::move(foreach));
    }
    step.add("input", event(index));
    return step;
  }

  // A stored output is dropped by the reader that certainly runs after all others, if there is one and it
  // reads it once.
  void findLastReaders() {
    std::map<std::pair<std::size_t, std::string>, std::set<std::size_t>> readers;
    for (std::size_t i = 0; i < flow_.functions.size(); ++i) {
      for (const Input& input : flow_.functions[i].inputs) {
        for (const Produced& produced : input.value.candidates)
          readers[{produced.function, produced.parameter}].insert(i);
      }
    }
    for (const Result& result : flow_.results) {
      for (const Produced& produced : result.value.candidates)
        readers.erase({produced.function, produced.parameter});
    }
    for (const auto& [output, indices] : readers) {
      if (indices.size() != 1) continue;
      const std::size_t reader = *indices.begin();
      const auto& inputs = flow_.functions[reader].inputs;
      const auto reads = std::ranges::count_if(inputs, [&](const Input& input) {
        return std::ranges::any_of(input.value.candidates, [&](const Produced& produced) {
          return produced.function == output.first && produced.parameter == output.second;
        });
      });
      const bool each =
          flow_.functions[reader].loop && flow_.functions[reader].loop != flow_.functions[output.first].loop;
      if (reads == 1 && !each) lastReaders_.emplace(output, reader);
    }
  }

  const Flow& flow_;
  double timeScale_;
  Faults& faults_;
  std::vector<bool> maySkip_;
  std::vector<std::string> names_;
  std::map<std::pair<std::size_t, std::string>, std::size_t> lastReaders_;
};

Tree syntheticFunction(base::Duration timeout) {
  Tree source = Tree::map();
  source.add("inline", Tree::string(std::string(syntheticSource())));
  Tree function = Tree::map();
  function.add("name", Tree::string("synthetic"));
  function.add("runtime", Tree::string("Python"));
  function.add("handler", Tree::string("synthetic.handler"));
  function.add("source", std::move(source));
  function.add("timeout", Tree::string(formatDuration(timeout)));
  return function;
}

}  // namespace

Tree manifest(const Flow& flow, const std::string& name, double timeScale, Faults& faults) {
  Writer writer(flow, timeScale, faults);
  Tree functions = Tree::list();
  functions.items.push_back(
      syntheticFunction(std::min<base::Duration>(writer.longest(), std::chrono::hours(24))));
  Tree spec = Tree::map();
  spec.add("functions", std::move(functions));
  spec.add("steps", writer.steps());
  if (!flow.results.empty()) spec.add("output", writer.output());
  spec.add("timeout", Tree::string(formatDuration(writer.total())));
  Tree metadata = Tree::map();
  metadata.add("name", Tree::string(name));
  Tree object = Tree::map();
  object.add("apiVersion", Tree::string("faasbatch.io/v1alpha1"));
  object.add("kind", Tree::string("FunctionWorkflow"));
  object.add("metadata", std::move(metadata));
  object.add("spec", std::move(spec));
  return object;
}

}  // namespace faasbatch::workflow::faasflow
