#include "lib/workflow/dry_run_test.h"

#include <algorithm>
#include <stdexcept>

namespace faasbatch::workflow::testing {
namespace {

using cel::Value;

[[noreturn]] void fail(const std::string& message) { throw std::runtime_error(message); }

template <class T, class E>
T must(std::expected<T, E> result, const std::string& where) {
  if (result) return std::move(*result);
  fail(where + ": " + result.error().message);
}

const Value* member(const Value& map, std::string_view key) {
  return map.kind() == Value::Kind::kMap ? map.asMap().find(key) : nullptr;
}

Value stored(std::int64_t size) {
  return Value::map({{Value::string("stored"), Value::string("key")},
                     {Value::string("pieces"), Value::integer(1)},
                     {Value::string("size"), Value::integer(size)}});
}

// What one output's declaration makes.
Value made(const Value& spec) {
  if (const Value* keys = member(spec, "keys")) {
    std::vector<Value> list;
    for (std::int64_t i = 0; i < keys->asInt(); ++i)
      list.push_back(Value::string("key-" + std::to_string(i)));
    return Value::list(std::move(list));
  }
  const std::int64_t size = member(spec, "size")->asInt();
  if (member(spec, "stored") != nullptr) return stored(size);
  return Value::string(std::string(static_cast<std::size_t>(size), 'x'));
}

// As the synthetic function checks what it reads.
void checkRead(const Value& value, const Value& spec, const std::string& where) {
  if (value.kind() == Value::Kind::kList) {
    for (const Value& item : value.asList()) checkRead(item, spec, where);
    return;
  }
  const Value* size = member(spec, "size");
  if (size == nullptr || value.kind() == Value::Kind::kNull) return;
  const Value* bytes = member(value, "size");
  const std::int64_t got =
      bytes != nullptr ? bytes->asInt() : static_cast<std::int64_t>(value.asString().size());
  if (got != size->asInt())
    fail(where + ": has " + std::to_string(got) + " bytes, not " + std::to_string(size->asInt()));
}

}  // namespace

DryRun::DryRun(const Plan& plan, const std::string& input)
    : plan_(plan), input_(must(Value::fromJson(input), "input")) {
  std::vector<std::size_t> waiting;
  std::vector<NodeIndex> ready;
  for (const Node& node : plan.nodes) {
    waiting.push_back(node.predecessors.size());
    if (node.predecessors.empty()) ready.push_back(node.index);
  }
  for (std::size_t next = 0; next < ready.size(); ++next) {
    const Node& node = plan.nodes[ready[next]];
    runStep(node);
    for (const NodeIndex after : node.successors) {
      if (--waiting[after] == 0) ready.push_back(after);
    }
  }
  if (ready.size() != plan.nodes.size()) fail("some steps were never ready");
  output_ = plan.output ? must(must(plan.output->evaluate(*this), "output").toJson(), "output") : "";
}

std::optional<Value> DryRun::find(std::string_view variable) const {
  if (variable == "input") return input_;
  if (variable == "item") return item_;
  if (variable == "index") return Value::integer(index_);
  if (variable != "steps") return std::nullopt;
  std::vector<std::pair<Value, Value>> steps;
  for (const auto& [name, output] : outputs_) {
    steps.emplace_back(Value::string(name), Value::map({{Value::string("output"), output}}));
  }
  return Value::map(std::move(steps));
}

Value DryRun::evaluate(const Template& text) const { return must(text.evaluate(*this), "expression"); }

void DryRun::runStep(const Node& node) {
  if (node.when && !evaluate(*node.when).asBool()) {
    outputs_.insert_or_assign(node.name, Value::null());
    return;
  }
  ran_.push_back(node.name);
  if (!node.foreach) {
    outputs_.insert_or_assign(node.name, call(node));
    return;
  }
  const Value items = evaluate(node.foreach->items);
  std::vector<Value> outputs;
  for (const Value& item : items.asList()) {
    item_ = item;
    index_ = static_cast<std::int64_t>(outputs.size());
    outputs.push_back(call(node));
  }
  item_.reset();
  outputs_.insert_or_assign(node.name, Value::list(std::move(outputs)));
}

Value DryRun::call(const Node& node) {
  ++calls_;
  const base::Payload payload = must(node.input->render(*this), node.name);
  largestInput_ = std::max(largestInput_, payload.size());
  const Value event = must(Value::fromJson(payload.view()), node.name);
  for (const auto& [name, spec] : member(event, "inputs")->asMap().entries()) {
    checkRead(*member(spec, "value"), spec, node.name + "." + name.asString());
  }
  std::vector<std::pair<Value, Value>> outputs;
  for (const auto& [name, spec] : member(event, "outputs")->asMap().entries())
    outputs.emplace_back(name, made(spec));
  Value output = Value::map(std::move(outputs));
  largestOutput_ = std::max(largestOutput_, must(output.toJson(), node.name).size());
  return output;
}

}  // namespace faasbatch::workflow::testing
