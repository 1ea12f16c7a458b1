// The hierarchical form: functions inside pass (one after the other), parallel, switch and foreach. It is
// unfolded into the same graph as the flat form: what matters to a function is what must have run before it.
#include <algorithm>
#include <map>

#include "lib/json/quote_name.h"
#include "lib/workflow/faasflow.h"
#include "lib/workflow/names.h"
#include "lib/workflow/suggest.h"

namespace faasbatch::workflow::faasflow {
namespace {

constexpr int kMaxDepth = 32;
using Scope = std::map<std::string, Value>;  // what LOCAL.name means

// How control comes into and leaves a part: the functions that must have run, and under which condition.
using Edges = std::vector<Edge>;

struct Place {
  Edges before;
  Scope scope;
  std::optional<std::size_t> loop;
  Scope loopInputs;  // of the foreach around, for a function that maps none of its own
  int depth = 0;
};

// What a part leaves behind.
struct Done {
  Edges after;
  Scope scope;
};

Edges onlyIf(const Edges& edges, const std::string& condition) {
  Edges result;
  const Edges& from = edges;
  if (from.empty()) return {{std::nullopt, condition}};
  for (const Edge& edge : from) {
    const bool both = !edge.condition.empty() && !condition.empty();
    result.push_back({edge.from, edge.condition + (both ? " && " : "") + condition});
  }
  return result;
}

class Reader {
 public:
  explicit Reader(Faults& faults) : faults_(faults) {}

  Flow read(const Tree& file) {
    const Done done = part(file, "", {});
    for (const tree::TreeMember& member : outputMappings(file, done.scope).members) {
      flow_.results.push_back({member.key, done.scope.at(member.key)});
    }
    return std::move(flow_);
  }

 private:
  // Any part: its inputs are mapped into its scope, its outputs out of it.
  Done part(const Tree& tree, const std::string& path, Place place) {
    if (++place.depth > kMaxDepth || flow_.functions.size() >= kMaxFunctionsRead) {
      faults_.add(path, "is nested too deep, or there are too many functions");
      return {};
    }
    const std::string type = textAt(tree, "type");
    Done done;
    if (type == "foreach") {
      done = foreach (tree, path, place);
    } else if (type == "function") {
      done = function(tree, path, place);
    } else {
      for (auto& [name, value] : mapped(tree, "inputMappings", place.scope, path))
        place.scope.insert_or_assign(name, value);
      if (type == "pass") {
        done = pass(tree, path, place);
      } else if (type == "parallel") {
        done = parallel(tree, path, place);
      } else if (type == "switch") {
        done = choose(tree, path, place);
      } else {
        faults_.add(path + ".type",
                    "must be function, pass, parallel, switch or foreach, not " + json::quoteName(type));
      }
    }
    if (at(tree, "outputMappings").isList()) done.scope = mapped(tree, "outputMappings", done.scope, path);
    return done;
  }

  static Tree outputMappings(const Tree& tree, const Scope& scope) {
    Tree names = Tree::map();
    for (const Tree& mapping : at(tree, "outputMappings").items) {
      const std::string target = textAt(mapping, "target");
      if (scope.contains(target) && names.find(target) == nullptr) names.add(target, {});
    }
    return names;
  }

  Scope mapped(const Tree& tree, std::string_view key, const Scope& scope, const std::string& path) {
    Scope result;
    const std::vector<Tree>& mappings = at(tree, key).items;
    for (std::size_t i = 0; i < mappings.size(); ++i) {
      const std::string where = itemPath(path + "." + std::string(key), i);
      result.insert_or_assign(textAt(mappings[i], "target"),
                              source(textAt(mappings[i], "source"), scope, where));
    }
    return result;
  }

  // INPUT.name, LOCAL.name, LOCAL.name[*], LOCAL[*].name: which of them are lists follows from who puts them
  // out.
  Value source(std::string text, const Scope& scope, const std::string& path) {
    for (auto at = text.find("[*]"); at != std::string::npos; at = text.find("[*]")) text.erase(at, 3);
    const auto dot = text.find('.');
    const std::string root = text.substr(0, dot);
    const std::string name = dot == std::string::npos ? "" : text.substr(dot + 1);
    if (root == "INPUT" && !name.empty()) return {.parameter = name};
    const auto found = scope.find(name);
    if (root == "LOCAL" && found != scope.end()) return found->second;
    std::vector<std::string_view> names;
    for (const auto& [known, value] : scope) names.push_back(known);
    faults_.add(path + ".source", root == "LOCAL"
                                      ? unknownName("local value", name, names)
                                      : "must be INPUT.NAME or LOCAL.NAME, not " + json::quoteName(text));
    return {.parameter = name};
  }

  Done function(const Tree& tree, const std::string& path, const Place& place) {
    const std::size_t index = flow_.functions.size();
    Function function{.name = textAt(tree, "name"), .seconds = numberAt(tree, "runtime").value_or(0)};
    if (function.name.empty()) faults_.add(path + ".name", "is required");
    function.edges = place.before;
    function.loop = place.loop;
    const bool own = at(tree, "inputMappings").isList();
    for (auto& [name, value] : own ? mapped(tree, "inputMappings", place.scope, path) : place.loopInputs) {
      function.inputs.push_back({name, value});
    }
    Done done{.after = {{index, ""}}};
    for (const Tree& output : at(tree, "output").items) {
      function.outputs.push_back({.name = output.text});
      done.scope.insert_or_assign(output.text,
                                  Value{.candidates = {{index, output.text}}, .parameter = output.text});
    }
    flow_.functions.push_back(std::move(function));
    return done;
  }

  Done pass(const Tree& tree, const std::string& path, Place place) {
    Done all{.after = place.before};
    const std::vector<Tree>& steps = at(tree, "steps").items;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      Done done = part(steps[i], itemPath(path + ".steps", i), place);
      for (auto& [name, value] : done.scope) {
        place.scope.insert_or_assign(name, value);
        all.scope.insert_or_assign(name, std::move(value));
      }
      place.before = done.after;
      all.after = std::move(done.after);
    }
    return all;
  }

  Done parallel(const Tree& tree, const std::string& path, const Place& place) {
    Done all;
    const std::vector<Tree>& branches = at(tree, "branches").items;
    for (std::size_t i = 0; i < branches.size(); ++i) {
      Done done = part(branches[i], itemPath(path + ".branches", i), place);
      for (auto& [name, value] : done.scope) all.scope.insert_or_assign(name, std::move(value));
      all.after.insert(all.after.end(), done.after.begin(), done.after.end());
    }
    if (branches.empty()) all.after = place.before;
    return all;
  }

  // A value that several arms make is that of the arm that ran; where none of them did, what it was before.
  Done choose(const Tree& tree, const std::string& path, const Place& place) {
    Done all;
    const std::vector<Tree>& choices = at(tree, "choices").items;
    std::string noneBefore;
    for (std::size_t i = 0; i < choices.size(); ++i) {
      const std::string where = itemPath(path + ".choices", i);
      const std::string text = textAt(choices[i], "condition");
      std::string fault;
      const bool otherwise = text == "default";
      const auto cel = otherwise ? std::optional<std::string>("true") : condition(text, fault);
      if (!cel) {
        faults_.add(where + ".condition", fault);
        continue;
      }
      Place arm = place;
      arm.before =
          onlyIf(place.before,
                 otherwise ? noneBefore : noneBefore + (noneBefore.empty() ? "(" : " && (") + *cel + ")");
      Done done = part(at(choices[i], "go"), where + ".go", arm);
      for (const auto& [name, value] : done.scope) addCandidates(all.scope[name], value);
      all.after.insert(all.after.end(), done.after.begin(), done.after.end());
      noneBefore += (noneBefore.empty() ? "!(" : " && !(") + *cel + ")";
      if (otherwise) break;
    }
    const bool hasDefault = noneBefore.ends_with("!(true)");
    if (!hasDefault) {
      const Edges none = onlyIf(place.before, noneBefore);
      all.after.insert(all.after.end(), none.begin(), none.end());
    }
    for (auto& [name, value] : all.scope) {
      if (const auto before = place.scope.find(name); before != place.scope.end())
        addCandidates(value, before->second);
    }
    return all;
  }

  static void addCandidates(Value& to, const Value& from) {
    to.candidates.insert(to.candidates.end(), from.candidates.begin(), from.candidates.end());
    to.parameter = from.parameter;
  }

  // Each function of the task runs once for each item. Which input the items go through is the first mapping.
  Done foreach (const Tree& tree, const std::string& path, Place place) {
    if (place.loop) {
      faults_.add(path, "a foreach inside a foreach is not supported");
      return {};
    }
    place.loopInputs = mapped(tree, "inputMappings", place.scope, path);
    Loop loop;
    if (!at(tree, "inputMappings").items.empty()) {
      Value& items = place.loopInputs.at(textAt(at(tree, "inputMappings").items.front(), "target"));
      loop.items = items;
      for (const Produced& produced : items.candidates) flow_.output(produced).keys = loop.count;
      items = {.item = true};
    }
    place.loop = flow_.loops.size();
    flow_.loops.push_back(std::move(loop));
    for (const auto& [name, value] : place.loopInputs) place.scope.insert_or_assign(name, value);
    return part(at(tree, "task"), path + ".task", std::move(place));
  }

  Faults& faults_;
  Flow flow_;
};

}  // namespace

Flow readHierarchical(const Tree& file, Faults& faults) { return Reader(faults).read(file); }

}  // namespace faasbatch::workflow::faasflow
