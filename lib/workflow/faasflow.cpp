#include "lib/workflow/faasflow.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "lib/workflow/names.h"

namespace faasbatch::workflow::faasflow {
namespace {

// Words that CEL does not take as the name of a member.
bool keyword(std::string_view name) {
  return name == "in" || name == "true" || name == "false" || name == "null";
}

}  // namespace

Output& Flow::output(const Produced& produced) {
  std::vector<Output>& outputs = functions[produced.function].outputs;
  const auto found = std::ranges::find(outputs, produced.parameter, &Output::name);
  if (found != outputs.end()) return *found;
  return outputs.emplace_back(Output{.name = produced.parameter});
}

const Tree& at(const Tree& tree, std::string_view key) {
  static const Tree kNothing;
  const Tree* found = tree.find(key);
  return found == nullptr ? kNothing : *found;
}

std::string textAt(const Tree& tree, std::string_view key) {
  const Tree& found = at(tree, key);
  return found.isString() || found.kind == Tree::Kind::kNumber ? found.text : "";
}

std::optional<double> numberAt(const Tree& tree, std::string_view key) {
  const Tree& found = at(tree, key);
  if (found.kind != Tree::Kind::kNumber) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(found.text.data(), found.text.data() + found.text.size(), value);
  if (error != std::errc() || !std::isfinite(value) || value < 0) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> countAt(const Tree& tree, std::string_view key, std::uint64_t most) {
  const auto value = numberAt(tree, key);
  if (!value || *value > static_cast<double>(most)) return std::nullopt;
  return static_cast<std::uint64_t>(*value);
}

std::string celString(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "'";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\'' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string selectMember(const std::string& of, const std::string& name) {
  if (isIdentifier(name) && !keyword(name)) return of + "." + name;
  return of + "[" + celString(name) + "]";
}

std::string inputMember(const std::string& name, const std::string& otherwise) {
  const std::string key = celString(name);
  return "(type(input) == map && " + key + " in input ? input[" + key + "] : " + otherwise + ")";
}

std::vector<bool> maySkip(const Flow& flow) {
  enum class State : std::uint8_t { kUnknown, kAsked, kRuns, kMaySkip };
  std::vector<State> states(flow.functions.size(), State::kUnknown);
  // Depth first without recursion: a function is settled once the functions before it are.
  std::vector<std::size_t> stack;
  for (std::size_t start = 0; start < flow.functions.size(); ++start) {
    stack.push_back(start);
    while (!stack.empty()) {
      const std::size_t current = stack.back();
      const std::vector<Edge>& edges = flow.functions[current].edges;
      if (states[current] == State::kUnknown) {
        states[current] = State::kAsked;
        for (const Edge& edge : edges) {
          if (edge.from && states[*edge.from] == State::kUnknown) stack.push_back(*edge.from);
        }
        continue;
      }
      stack.pop_back();
      if (states[current] != State::kAsked) continue;
      const bool runs =
          edges.empty() || std::ranges::any_of(edges, [&](const Edge& edge) {
            return edge.condition.empty() && (!edge.from || states[*edge.from] != State::kMaySkip);
          });
      states[current] = runs ? State::kRuns : State::kMaySkip;
    }
  }
  std::vector<bool> result;
  result.reserve(states.size());
  for (const State state : states) result.push_back(state == State::kMaySkip);
  return result;
}

}  // namespace faasbatch::workflow::faasflow
