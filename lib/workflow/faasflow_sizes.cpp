// What travels inline and what through the store.
#include <algorithm>
#include <map>
#include <vector>

#include "lib/workflow/faasflow.h"

namespace faasbatch::workflow::faasflow {
namespace {

// How many values of that output one reader sees: all calls of a foreach, unless it runs in the same one.
std::uint64_t copies(const Flow& flow, const Produced& produced, const Function& reader) {
  const auto& loop = flow.functions[produced.function].loop;
  return !loop || loop == reader.loop ? 1 : flow.loops[*loop].count;
}

// The smallest outputs first, as long as they fit one answer.
void storeLargeOutputs(Function& function) {
  std::vector<Output*> outputs;
  for (Output& output : function.outputs) {
    if (output.keys == 0) outputs.push_back(&output);
  }
  std::ranges::stable_sort(outputs, {}, &Output::size);
  std::uint64_t sum = 0;
  for (Output* output : outputs) {
    output->stored = output->size > kMaxInlineBytes - sum;
    if (!output->stored) sum += output->size;
  }
}

// The largest inline inputs go to the store until the rest fits one call.
void storeLargeInputs(Flow& flow, const Function& reader) {
  std::vector<std::pair<std::uint64_t, Output*>> inputs;
  std::uint64_t sum = 0;
  for (const Input& input : reader.inputs) {
    for (const Produced& produced : input.value.candidates) {
      Output& output = flow.output(produced);
      if (output.stored || output.keys > 0) continue;
      inputs.emplace_back(output.size * copies(flow, produced, reader), &output);
      sum += inputs.back().first;
    }
  }
  std::ranges::stable_sort(inputs, std::ranges::greater{}, [](const auto& input) { return input.first; });
  for (const auto& [bytes, output] : inputs) {
    if (sum <= kMaxInlineBytes) break;
    if (!output->stored) sum -= bytes;
    output->stored = true;
  }
}

}  // namespace

void decideSizes(Flow& flow) {
  // Outputs that are named but not declared are made first: making one moves its neighbours.
  for (const Function& function : std::vector<Function>(flow.functions)) {
    for (const Input& input : function.inputs) {
      for (const Produced& produced : input.value.candidates) static_cast<void>(flow.output(produced));
    }
  }
  for (Function& function : flow.functions) storeLargeOutputs(function);
  std::map<std::pair<std::size_t, std::string>, bool> read;
  for (const Function& function : flow.functions) {
    storeLargeInputs(flow, function);
    for (const Input& input : function.inputs) {
      for (const Produced& produced : input.value.candidates)
        read[{produced.function, produced.parameter}] = true;
    }
  }
  for (const Result& result : flow.results) {
    for (const Produced& produced : result.value.candidates) {
      static_cast<void>(flow.output(produced));
      read[{produced.function, produced.parameter}] = true;
    }
  }
  for (std::size_t i = 0; i < flow.functions.size(); ++i) {
    for (Output& output : flow.functions[i].outputs)
      output.drop = output.stored && !read.contains({i, output.name});
  }
}

}  // namespace faasbatch::workflow::faasflow
