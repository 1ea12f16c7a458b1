// Properties of compile() over random manifests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "lib/tree/tree.h"
#include "lib/workflow/compile_test_support.h"

namespace faasbatch::workflow {
namespace {

using Random = std::mt19937;

int pick(Random& random, int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); }

// A random workflow, and what must come of it: the edges of each list, by names.
struct Made {
  Tree steps = Tree::list();
  std::set<std::pair<std::string, std::string>> edges;  // (before, after)
};

class Maker {
 public:
  explicit Maker(Random& random) : random_(random) {}

  Made make() {
    made_.steps = list(1, {});
    return std::move(made_);
  }

 private:
  // A step that may be named, and the step of its own list that comes to hold the reference.
  struct Known {
    std::string name;
    std::string holder;  // filled in for what lies around
  };

  // Steps refer only to those before them in the order made; the list is shuffled afterwards, as its order
  // says nothing.
  Tree list(int depth, const std::vector<Known>& around) {
    Tree steps = Tree::list();
    std::vector<std::string> before;
    for (int i = 1 + pick(random_, 5); i > 0; --i) {
      const std::string name = (pick(random_, 4) == 0 ? "s-" : "s") + std::to_string(next_++);
      steps.items.push_back(step(name, depth, before, around));
      before.push_back(name);
    }
    std::ranges::shuffle(steps.items, random_);
    return steps;
  }

  // One or two references from the step `name` to steps before it, or around it.
  Tree references(const std::string& name, const std::vector<std::string>& before,
                  const std::vector<Known>& around) {
    Tree all = Tree::list();
    for (int i = pick(random_, 3); i > 0; --i) {
      const std::size_t count = before.size() + around.size();
      if (count == 0) break;
      const auto at = static_cast<std::size_t>(pick(random_, static_cast<int>(count)));
      const std::string target = at < before.size() ? before[at] : around[at - before.size()].name;
      made_.edges.emplace(target, at < before.size() ? name : around[at - before.size()].holder);
      const bool bracket = target.contains('-') || pick(random_, 2) == 0;
      all.items.push_back(Tree::string(bracket ? "${steps['" + target + "'].output}"
                                               : "x ${steps." + target + ".output.y} y"));
    }
    return all;
  }

  Tree step(const std::string& name, int depth, const std::vector<std::string>& before,
            const std::vector<Known>& around) {
    Tree step = Tree::map();
    step.add("name", Tree::string(name));
    std::vector<Known> inside = around;
    for (const std::string& known : before) inside.push_back({known, name});
    const int kind = depth >= 4 ? 0 : pick(random_, 6);
    if (kind <= 2) {
      step.add("function", Tree::string("f"));
      step.add("input", references(name, before, around));
    } else if (kind == 3) {
      step.add("steps", list(depth + 1, inside));
    } else if (kind == 4) {
      Tree arms = Tree::list();
      for (int i = 1 + pick(random_, 2); i > 0; --i) {
        Tree arm = Tree::map();
        arm.add("when", Tree::boolean(pick(random_, 2) == 0));
        arm.add("steps", list(depth + 1, inside));
        arms.items.push_back(std::move(arm));
      }
      step.add("switch", std::move(arms));
    } else {
      step.add("wait", Tree::string("1s"));
      Tree arm = Tree::map();
      arm.add("steps", list(depth + 1, inside));
      step.add("catch", Tree::list()).items.push_back(std::move(arm));
    }
    if (!before.empty() && pick(random_, 3) == 0) {
      step.add("after", Tree::list()).items.push_back(Tree::string(before.back()));
      made_.edges.emplace(before.back(), name);
    }
    return step;
  }

  Random& random_;
  Made made_;
  int next_ = 0;
};

std::string manifestOf(const Tree& steps) {
  auto object = *tree::parseJson(
      R"({"apiVersion": "faasbatch.io/v1alpha1", "kind": "FunctionWorkflow", "metadata": {"name": "x"},
    "spec": {"functions": [{"name": "f", "handler": "m.f", "source": {"inline": "x"}}]}})");
  object.find("spec")->add("steps", steps);
  return toJson(object);
}

// The invariants of a plan that plan.h states.
void checkInvariants(const Plan& plan) {
  ASSERT_FALSE(plan.blocks.empty());
  EXPECT_FALSE(plan.blocks[0].owner.has_value());
  for (const Node& node : plan.nodes) {
    EXPECT_TRUE(std::ranges::is_sorted(node.predecessors));
    EXPECT_EQ(std::ranges::adjacent_find(node.predecessors), node.predecessors.end());
    for (const NodeIndex before : node.predecessors) {
      EXPECT_EQ(plan.nodes[before].block, node.block) << "edges join steps of one list";
      EXPECT_EQ(std::ranges::count(plan.nodes[before].successors, node.index), 1);
    }
    EXPECT_EQ(std::ranges::count(plan.blocks[node.block].nodes, node.index), 1);
  }
  for (BlockIndex i = 0; i < plan.blocks.size(); ++i) {
    EXPECT_EQ(plan.blocks[i].last, plan.blocks[i].nodes.back());
    for (const NodeIndex node : plan.blocks[i].nodes) EXPECT_EQ(plan.nodes[node].block, i);
  }
}

// Whether every step can be put behind all it waits for.
bool topological(const Plan& plan) {
  std::vector<std::size_t> waiting;
  std::vector<NodeIndex> ready;
  for (const Node& node : plan.nodes) {
    waiting.push_back(node.predecessors.size());
    if (node.predecessors.empty()) ready.push_back(node.index);
  }
  for (std::size_t i = 0; i < ready.size(); ++i) {
    for (const NodeIndex after : plan.nodes[ready[i]].successors) {
      if (--waiting[after] == 0) ready.push_back(after);
    }
  }
  return ready.size() == plan.nodes.size();
}

TEST(PlanProperty, HasExactlyTheEdgesOfItsReferences) {
  Random random(1);
  for (int round = 0; round < 400; ++round) {
    const Made made = Maker(random).make();
    const std::string manifest = manifestOf(made.steps);
    const auto compiled = compile(manifest);
    ASSERT_TRUE(compiled.has_value())
        << compiled.error().front().path << ": " << compiled.error().front().message << manifest;
    const Plan& plan = *compiled->plan;
    checkInvariants(plan);
    EXPECT_TRUE(topological(plan));
    std::set<std::pair<std::string, std::string>> edges;
    for (const Node& node : plan.nodes) {
      for (const NodeIndex before : node.predecessors) edges.emplace(plan.nodes[before].name, node.name);
    }
    EXPECT_EQ(edges, made.edges) << manifest;
    // Compiling what was given back is the same.
    EXPECT_EQ(compile(compiled->object)->object, compiled->object);
  }
}

TEST(PlanProperty, ACycleIsAlwaysFoundAndNeverInvented) {
  Random random(2);
  for (int round = 0; round < 400; ++round) {
    const int n = 2 + pick(random, 8);
    std::vector<std::set<int>> before(n);
    for (int i = pick(random, 2 * n); i > 0; --i) {
      const int a = pick(random, n);
      const int b = pick(random, n);
      if (a != b) before[b].insert(a);
    }
    std::vector<std::vector<bool>> reaches(n, std::vector<bool>(n));
    for (int b = 0; b < n; ++b) {
      for (const int a : before[b]) reaches[a][b] = true;
    }
    for (int k = 0; k < n; ++k) {
      for (int a = 0; a < n; ++a) {
        for (int b = 0; b < n; ++b) reaches[a][b] = reaches[a][b] || (reaches[a][k] && reaches[k][b]);
      }
    }
    bool cyclic = false;
    std::string spec = "steps:";
    for (int b = 0; b < n; ++b) {
      cyclic = cyclic || reaches[b][b];
      spec += "\n- {name: s" + std::to_string(b) + ", function: f, after: [";
      for (const int a : before[b]) spec += "s" + std::to_string(a) + ",";
      spec += "]}";
    }
    const auto faults = testing::faultsOf(testing::manifestWith(spec));
    EXPECT_EQ(!faults.empty(), cyclic) << spec;
    for (const std::string& fault : faults) EXPECT_THAT(fault, ::testing::HasSubstr("in a cycle: s"));
  }
}

constexpr std::string_view kRich = R"(apiVersion: faasbatch.io/v1alpha1
kind: FunctionWorkflow
metadata: {name: rich, labels: {a: b}}
spec:
  functions:
  - {name: f, handler: m.f, source: {inline: "def f(e): return e"}, concurrency: {mode: Threads, limit: 3}, retry: {limit: 2}}
  - {name: g, runtime: Native, handler: run, source: {path: /g.so}, env: [{name: A, value: b}], bindings: [{name: c, redis: {url: u}}]}
  steps:
  - {name: a, function: f, input: {x: "${input.x} and ${run.id}", y: ["$${z}", 1.5]}, timeout: 5s}
  - name: b-c
    foreach: {items: "${steps.a.output}", maxConcurrency: 3}
    steps: [{name: b1, function: g, input: "${item}"}, {name: b2, wait: 1s, after: [b1]}]
    catch: [{on: [X], steps: [{name: rescue, fail: {type: Y, message: "${error.message}"}}]}]
  - {name: d, switch: [{when: "${steps['b-c'].output[0] == 1}", steps: [{name: d1, function: f}]}, {steps: [{name: d2, function: g}]}]}
  - {name: e, repeat: {until: "${output > 3}", limit: 4, delay: 1s}, workflow: other, input: "${last}", when: true}
  output: ["${steps.d.output}", "${steps.e.output}"]
  timeout: 1h
)";

// Every node of a tree, for changing one of them.
void collect(Tree& tree, std::vector<Tree*>& all) {
  all.push_back(&tree);
  for (Tree& item : tree.items) collect(item, all);
  for (tree::TreeMember& member : tree.members) collect(member.value, all);
}

void mutate(Random& random, Tree& root) {
  std::vector<Tree*> all;
  collect(root, all);
  Tree& target = *all[static_cast<std::size_t>(pick(random, static_cast<int>(all.size())))];
  const Tree other = *all[static_cast<std::size_t>(pick(random, static_cast<int>(all.size())))];
  switch (pick(random, 7)) {
    case 0:
      target = Tree{};
      break;
    case 1:
      target = Tree::number(std::to_string(pick(random, 2000) - 1000));
      break;
    case 2:
      target = Tree::string(std::string(static_cast<std::size_t>(pick(random, 4)), '$') + "{x");
      break;
    case 3:
      if (!target.members.empty())
        target.members.erase(target.members.begin() + pick(random, static_cast<int>(target.members.size())));
      if (!target.items.empty())
        target.items.erase(target.items.begin() + pick(random, static_cast<int>(target.items.size())));
      break;
    case 4:
      if (target.isMap() && target.find("name2") == nullptr) target.add("name2", other);
      if (target.isList()) target.items.push_back(other);
      break;
    case 5:
      if (!target.text.empty())
        target.text[static_cast<std::size_t>(pick(random, static_cast<int>(target.text.size())))] =
            static_cast<char>(32 + pick(random, 95));
      break;
    default:
      if (toJson(root).size() < 100'000) target = other;
  }
}

TEST(PlanProperty, MutationsOfAManifestGiveFaultsOrAPlan) {
  ASSERT_THAT(testing::faultsOf(kRich), ::testing::IsEmpty());
  const auto compiled = compile(kRich);
  Random random(3);
  int plans = 0;
  for (int round = 0; round < 3000; ++round) {
    Tree tree = *tree::parseJson(compiled->object);
    for (int i = 1 + pick(random, 3); i > 0; --i) mutate(random, tree);
    const auto result = compile(toJson(tree));
    if (result) {
      ++plans;
      checkInvariants(*result->plan);
    } else {
      ASSERT_FALSE(result.error().empty());
      for (const Fault& fault : result.error()) EXPECT_FALSE(fault.message.empty()) << fault.path;
    }
  }
  EXPECT_GT(plans, 50) << "too few of the mutations leave a manifest right for the test to say much";
  EXPECT_LT(plans, 2900);
}

TEST(PlanProperty, MutatedTextGivesFaultsOrAPlan) {
  Random random(4);
  for (int round = 0; round < 3000; ++round) {
    std::string text(kRich);
    for (int i = 1 + pick(random, 4); i > 0; --i) {
      const auto at = static_cast<std::size_t>(pick(random, static_cast<int>(text.size())));
      static constexpr std::string_view kBytes = "{}[]:,-&*!|>'\"%@`#?~ \n\t${x0\x01\xff";
      if (pick(random, 3) == 0) {
        text.erase(at, static_cast<std::size_t>(1 + pick(random, 10)));
      } else {
        text.insert(at, 1, kBytes[static_cast<std::size_t>(pick(random, static_cast<int>(kBytes.size())))]);
      }
    }
    const auto result = compile(text);
    if (result) {
      checkInvariants(*result->plan);
    } else {
      ASSERT_FALSE(result.error().empty());
    }
  }
}

}  // namespace
}  // namespace faasbatch::workflow
