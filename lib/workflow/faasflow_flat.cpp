// The flat form: a list of functions with their inputs, outputs and what comes next.
#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

#include "lib/json/quote_name.h"
#include "lib/workflow/faasflow.h"
#include "lib/workflow/names.h"
#include "lib/workflow/suggest.h"

namespace faasbatch::workflow::faasflow {
namespace {

constexpr std::string_view kVirtual = "VIRTUAL";
constexpr std::string_view kRunInput = "INPUT";
constexpr std::size_t kMaxJoinedEdges = 20'000;

// A function of the file; VIRTUAL ones among them.
struct Entry {
  const Tree* tree = nullptr;
  std::string name;
  std::string path;
  bool isVirtual = false;
  std::size_t function = 0;  // in the flow, where it is not virtual
  struct Arc {
    std::size_t from = 0;
    std::string condition;
  };
  std::vector<Arc> before;
};

class Reader {
 public:
  Reader(const Tree& file, Faults& faults) : file_(file), faults_(faults) {}

  Flow read() {
    // Two of the published files spell the key so.
    const Tree& list = at(file_, "functions").isList() ? at(file_, "functions") : at(file_, "fuctions");
    if (!list.isList()) {
      faults_.add("functions", "must be a list of functions");
      return {};
    }
    if (list.items.size() > kMaxFunctionsRead) {
      faults_.add("functions", "must be at most " + std::to_string(kMaxFunctionsRead));
      return {};
    }
    for (std::size_t i = 0; i < list.items.size(); ++i) readEntry(list.items[i], itemPath("functions", i));
    for (std::size_t i = 0; i < entries_.size(); ++i) readNext(i);
    if (!faults_.empty()) return {};
    for (std::size_t i = 0; i < entries_.size(); ++i) joinEdges(i);
    for (const auto& [target, source] : foreachEdges_) readLoop(target, source);
    for (const Entry& entry : entries_) readInputs(entry);
    readResults();
    return std::move(flow_);
  }

 private:
  void readEntry(const Tree& tree, std::string path) {
    Entry entry{.tree = &tree, .name = textAt(tree, "name"), .path = std::move(path)};
    entry.isVirtual = textAt(tree, "source") == kVirtual;
    if (entry.name.empty()) return faults_.add(entry.path + ".name", "is required");
    if (!byName_.try_emplace(entry.name, entries_.size()).second) {
      return faults_.add(entry.path + ".name", json::quoteName(entry.name) + " is given twice");
    }
    if (!entry.isVirtual) {
      entry.function = flow_.functions.size();
      Function function{.name = entry.name, .seconds = numberAt(tree, "runtime").value_or(0)};
      for (const tree::TreeMember& output : at(tree, "output").members) {
        function.outputs.push_back(readOutput(output, tree));
        producers_[output.key].push_back(entry.function);
      }
      flow_.functions.push_back(std::move(function));
    }
    entries_.push_back(std::move(entry));
  }

  static Output readOutput(const tree::TreeMember& member, const Tree& function) {
    Output output{.name = member.key};
    output.size = countAt(member.value, "size", kMaxOutputBytes).value_or(kDefaultOutputBytes);
    if (textAt(member.value, "type") == "keys") {
      output.keys = std::max<std::uint64_t>(1, countAt(function, "scale", kMaxKeys).value_or(kDefaultKeys));
    }
    return output;
  }

  std::optional<std::size_t> entryNamed(const std::string& name, const std::string& path) {
    const auto found = byName_.find(name);
    if (found != byName_.end()) return found->second;
    std::vector<std::string_view> names;
    names.reserve(entries_.size());
    for (const Entry& entry : entries_) names.push_back(entry.name);
    faults_.add(path, unknownName("function", name, names));
    return std::nullopt;
  }

  void readNext(std::size_t index) {
    const Tree& next = at(*entries_[index].tree, "next");
    const std::string path = entries_[index].path + ".next";
    const std::string type = textAt(next, "type");
    const std::vector<Tree>& nodes = at(next, "nodes").items;
    if (type == "switch") return readSwitch(index, at(next, "conditions").items, nodes, path);
    if (!type.empty() && type != "pass" && type != "parallel" && type != "foreach") {
      return faults_.add(path + ".type",
                         "must be pass, parallel, foreach or switch, not " + json::quoteName(type));
    }
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const auto target = entryNamed(nodes[i].text, itemPath(path + ".nodes", i));
      if (!target) continue;
      entries_[*target].before.push_back({index, ""});
      if (type == "foreach") foreachEdges_.emplace_back(*target, index);
    }
  }

  // The arm of the first condition that holds is chosen: each excludes those before it.
  void readSwitch(std::size_t index, const std::vector<Tree>& conditions, const std::vector<Tree>& nodes,
                  const std::string& path) {
    if (conditions.size() != nodes.size()) {
      return faults_.add(path + ".conditions", "there are " + std::to_string(conditions.size()) +
                                                   " conditions for " + std::to_string(nodes.size()) +
                                                   " nodes");
    }
    std::string noneBefore;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const auto target = entryNamed(nodes[i].text, itemPath(path + ".nodes", i));
      std::string fault;
      const bool otherwise = conditions[i].text == "default";
      const auto cel = otherwise ? std::optional<std::string>("true") : condition(conditions[i].text, fault);
      if (!cel) faults_.add(itemPath(path + ".conditions", i), fault);
      if (!target || !cel) continue;
      const std::string chosen =
          otherwise ? noneBefore : noneBefore + (noneBefore.empty() ? "" : " && ") + "(" + *cel + ")";
      entries_[*target].before.push_back({index, chosen});
      noneBefore += (noneBefore.empty() ? "!(" : " && !(") + *cel + ")";
    }
  }

  // The edges into a function, those through virtual ones joined to what lies before them.
  void joinEdges(std::size_t index) {
    if (entries_[index].isVirtual) return;
    std::set<std::pair<std::size_t, std::string>> seen;
    std::vector<Edge> edges;
    std::vector<Entry::Arc> open = entries_[index].before;
    while (!open.empty()) {
      const Entry::Arc arc = std::move(open.back());
      open.pop_back();
      if (!seen.emplace(arc.from, arc.condition).second) continue;
      if (seen.size() > kMaxJoinedEdges || arc.condition.size() > kMaxJoinedEdges) {
        return faults_.add(entries_[index].path, "too many ways through VIRTUAL functions lead here");
      }
      const Entry& from = entries_[arc.from];
      if (!from.isVirtual) {
        edges.push_back({from.function, arc.condition});
      } else if (from.before.empty()) {
        edges.push_back({std::nullopt, arc.condition});
      }
      if (!from.isVirtual) continue;
      for (const Entry::Arc& before : from.before) {
        const bool both = !before.condition.empty() && !arc.condition.empty();
        open.push_back({before.from, before.condition + (both ? " && " : "") + arc.condition});
      }
    }
    std::ranges::reverse(edges);
    flow_.functions[entries_[index].function].edges = std::move(edges);
  }

  // `target` runs once for each key of what comes before it: the keys that one of its own inputs names, else
  // those that the function before it puts out.
  void readLoop(std::size_t target, std::size_t source) {
    const Entry& entry = entries_[target];
    if (entry.isVirtual) return faults_.add(entry.path, "a VIRTUAL function cannot run once for each key");
    std::uint64_t count = countAt(*entry.tree, "split_ratio", kMaxKeys)
                              .value_or(countAt(*entry.tree, "scale", kMaxKeys).value_or(kDefaultKeys));
    count = std::max<std::uint64_t>(1, count);
    Loop loop{.count = count};
    if (const auto keys = keysFor(entry, source)) {
      Output& output = flow_.output(*keys);
      const bool first = loopKeys_.emplace(keys->function, keys->parameter).second;
      output.keys = first ? count : std::max(output.keys, count);
      loop.items = Value{.candidates = {*keys}};
    }
    flow_.functions[entry.function].loop = flow_.loops.size();
    flow_.loops.push_back(std::move(loop));
  }

  std::optional<Produced> keysFor(const Entry& entry, std::size_t source) {
    for (const tree::TreeMember& input : at(*entry.tree, "input").members) {
      if (textAt(input.value, "type") != "key") continue;
      const Tree& value = at(input.value, "value");
      const auto found = byName_.find(textAt(value, "function"));
      if (found == byName_.end() || entries_[found->second].isVirtual) continue;
      return Produced{entries_[found->second].function, textAt(value, "parameter")};
    }
    if (entries_[source].isVirtual) return std::nullopt;
    const std::size_t function = entries_[source].function;
    for (const Output& output : flow_.functions[function].outputs) {
      if (output.keys > 0) return Produced{function, output.name};
    }
    return std::nullopt;
  }

  void readInputs(const Entry& entry) {
    if (entry.isVirtual) return;
    for (const tree::TreeMember& member : at(*entry.tree, "input").members) {
      const std::string path = memberPath(entry.path + ".input", member.key);
      Value value = readValue(at(member.value, "value"), entry.function, path);
      Function& function = flow_.functions[entry.function];
      if (function.loop && textAt(member.value, "type") == "key") value = {.item = true};
      function.inputs.push_back({member.key, std::move(value)});
    }
  }

  // The workflows made from traces name the run's input as the source of everything: a parameter that is no
  // global input and that exactly one function before this one puts out is taken from there.
  Value readValue(const Tree& value, std::size_t reader, const std::string& path) {
    const std::string function = textAt(value, "function");
    const std::string parameter = textAt(value, "parameter");
    if (function == kRunInput) {
      const auto found = producers_.find(parameter);
      const bool hidden = at(file_, "global_input").find(parameter) == nullptr && found != producers_.end() &&
                          found->second.size() == 1 && comesBefore(found->second.front(), reader);
      if (!hidden) return {.parameter = parameter};
      return {.candidates = {{found->second.front(), parameter}}, .parameter = parameter};
    }
    const auto entry = entryNamed(function, path + ".value.function");
    if (!entry || entries_[*entry].isVirtual) return {.parameter = parameter};
    const Produced produced{entries_[*entry].function, parameter};
    static_cast<void>(flow_.output(produced));
    return {.candidates = {produced}, .parameter = parameter};
  }

  bool comesBefore(std::size_t function, std::size_t reader) const {
    std::vector<bool> seen(flow_.functions.size());
    std::vector<std::size_t> open{reader};
    while (!open.empty()) {
      const std::size_t current = open.back();
      open.pop_back();
      for (const Edge& edge : flow_.functions[current].edges) {
        if (!edge.from || seen[*edge.from]) continue;
        if (*edge.from == function) return true;
        seen[*edge.from] = true;
        open.push_back(*edge.from);
      }
    }
    return false;
  }

  void readResults() {
    for (const tree::TreeMember& member : at(file_, "global_output").members) {
      const Tree& value = at(member.value, "value");
      const std::string path = memberPath("global_output", member.key);
      Result result{.name = member.key};
      if (value.isList()) {
        for (const Tree& choice : value.items) {
          const Value one = readValue(choice, 0, path);
          result.value.candidates.insert(result.value.candidates.end(), one.candidates.begin(),
                                         one.candidates.end());
        }
      } else {
        result.value = readValue(value, 0, path);
      }
      flow_.results.push_back(std::move(result));
    }
  }

  const Tree& file_;
  Faults& faults_;
  Flow flow_;
  std::vector<Entry> entries_;
  std::unordered_map<std::string, std::size_t> byName_;
  std::unordered_map<std::string, std::vector<std::size_t>> producers_;  // by the name of the output
  std::vector<std::pair<std::size_t, std::size_t>> foreachEdges_;        // target, source
  std::set<std::pair<std::size_t, std::string>> loopKeys_;  // outputs that a foreach goes through
};

}  // namespace

Flow readFlat(const Tree& file, Faults& faults) { return Reader(file, faults).read(); }

}  // namespace faasbatch::workflow::faasflow
