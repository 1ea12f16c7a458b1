#include "lib/cel/macros.h"

#include <algorithm>
#include <array>
#include <string>

namespace faasbatch::cel {
namespace {

using Macro = Comprehension::Macro;

struct MacroForm {
  std::string_view name;
  Macro macro;
  std::size_t maxArguments;
  std::string_view usage;
};

constexpr std::array<MacroForm, 6> kComprehensions = {{
    {"all", Macro::kAll, 2, "list.all(x, condition)"},
    {"exists", Macro::kExists, 2, "list.exists(x, condition)"},
    {"exists_one", Macro::kExistsOne, 2, "list.exists_one(x, condition)"},
    {"existsOne", Macro::kExistsOne, 2, "list.existsOne(x, condition)"},
    {"map", Macro::kMap, 3, "list.map(x, value) or list.map(x, condition, value)"},
    {"filter", Macro::kFilter, 2, "list.filter(x, condition)"},
}};

constexpr std::array<std::string_view, 7> kNames = {"has",       "all", "exists", "exists_one",
                                                    "existsOne", "map", "filter"};

std::unexpected<Failure> misuse(std::uint32_t offset, std::string_view name, std::string_view usage) {
  return failure(offset, std::string(name) + "() is used as " + std::string(usage));
}

std::expected<Node::Data, Failure> expandHas(std::uint32_t offset, Call call) {
  Select* select = call.arguments.size() == 1 ? std::get_if<Select>(&call.arguments[0]->data) : nullptr;
  if (select == nullptr || select->test) return misuse(offset, "has", "has(x.field)");
  select->test = true;
  return std::move(call.arguments[0]->data);
}

std::expected<Node::Data, Failure> expandComprehension(std::uint32_t offset, const MacroForm& form,
                                                       Call call) {
  const std::size_t count = call.arguments.size();
  if (count < 2 || count > form.maxArguments) return misuse(offset, form.name, form.usage);
  auto* const variable = std::get_if<Name>(&call.arguments[0]->data);
  if (variable == nullptr || variable->absolute)
    return failure(call.arguments[0]->offset, "the first argument of " + std::string(form.name) +
                                                  "() is the name of a variable, as in " +
                                                  std::string(form.usage));
  Comprehension loop{form.macro, std::move(call.target), std::move(variable->text), 0, nullptr, nullptr};
  if (form.macro == Macro::kMap) loop.transform = std::move(call.arguments.back());
  if (form.macro != Macro::kMap || count == 3) loop.predicate = std::move(call.arguments[1]);
  return loop;
}

}  // namespace

std::span<const std::string_view> macroNames() { return kNames; }

std::expected<Node::Data, Failure> expandMacro(std::uint32_t offset, Call call) {
  if (call.target == nullptr) {
    if (call.name == "has") return expandHas(offset, std::move(call));
    return call;
  }
  const auto* const form = std::ranges::find(kComprehensions, call.name, &MacroForm::name);
  if (form == kComprehensions.end()) return call;
  return expandComprehension(offset, *form, std::move(call));
}

}  // namespace faasbatch::cel
