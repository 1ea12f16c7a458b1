// For tests: random workflows, in which every kind of step stands inside every other.
#pragma once

#include <random>
#include <string>
#include <vector>

namespace faasbatch::engine {

// YAML of `steps` for planOf(). Functions whose name ends in "r" are retried; groups may be too.
class RandomPlan {
 public:
  explicit RandomPlan(std::uint32_t seed) : rng_(seed) {}

  std::string spec() { return "  steps:\n" + list("  ", 0, {}); }

 private:
  std::uint32_t pick(std::uint32_t n) { return static_cast<std::uint32_t>(rng_() % n); }
  bool chance(std::uint32_t percent) { return pick(100) < percent; }

  // Names a step of the list or of one around it, or what a loop around it gives.
  std::string expression(const std::vector<std::string>& seen) {
    const std::uint32_t loops = item_ ? 3 : 1;
    const std::uint32_t n = pick(static_cast<std::uint32_t>(seen.size()) + loops);
    if (n < seen.size()) return "${steps." + seen[n] + ".output}";
    if (!item_) return "${input}";
    const std::vector<std::string> values{"${item}", "${index}", "${input}"};
    return values[n - seen.size()];
  }

  std::string list(const std::string& indent, int depth, std::vector<std::string> seen) {
    std::string out;
    const std::uint32_t count = 1 + pick(4);
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::string name = "s" + std::to_string(++names_);
      out += step(indent, depth, name, seen);
      seen.push_back(name);
    }
    return out;
  }

  std::string step(const std::string& indent, int depth, const std::string& name,
                   const std::vector<std::string>& seen) {
    std::string out = indent + "- name: " + name + "\n";
    const std::string in = indent + "  ";
    if (!seen.empty() && chance(20))
      out += in + "after: [" + seen[pick(static_cast<std::uint32_t>(seen.size()))] + "]\n";
    if (chance(15)) out += in + "when: \"${" + (chance(50) ? "true" : "false") + "}\"\n";
    const bool leaf = depth >= 3 || names_ > 40;
    const std::uint32_t kind = leaf ? pick(2) : pick(5);
    const bool item = item_;
    if (kind != 1 && kind != 3 && chance(40)) out += loop(in);
    if (kind == 0)
      out += in + "function: " + (chance(30) ? "fr" : "f") + "\n" + in + "input: [" + quoted(seen) + "]\n";
    if (kind == 1) out += in + "wait: " + std::to_string(pick(5)) + "ms\n";
    if (kind == 2) out += in + "steps:\n" + list(in, depth + 1, seen);
    item_ = item;
    if (kind == 3) out += choice(in, depth, seen);
    if (kind == 4) out += in + "workflow: inner\n" + in + "input: [" + quoted(seen) + "]\n";
    if (kind == 2 && chance(30)) out += in + "retry: {limit: 1, backoff: {initial: 2ms}}\n";
    if (!leaf && chance(30)) {
      out += in + "catch:\n" + in + "- on: [\"*\"]\n" + in + "  steps:\n" + list(in + "  ", depth + 1, seen);
    }
    return out;
  }

  std::string quoted(const std::vector<std::string>& seen) {
    return "\"" + expression(seen) + "\", " + std::to_string(pick(1000));
  }

  std::string loop(const std::string& in) {
    if (chance(30))
      return in + "repeat: {until: \"${index >= " + std::to_string(pick(3)) + "}\", delay: 1ms}\n";
    item_ = true;
    const std::string bound = chance(50) ? ", maxConcurrency: 2" : "";
    return in + "foreach: {items: \"${" + (chance(80) ? "[1, 2, 3]" : "[]") + "}\"" + bound + "}\n";
  }

  std::string choice(const std::string& in, int depth, const std::vector<std::string>& seen) {
    std::string out = in + "switch:\n";
    out += in + "- when: \"${" + (chance(50) ? "true" : "false") + "}\"\n" + in + "  steps:\n" +
           list(in + "  ", depth + 1, seen);
    if (chance(50)) out += in + "- steps:\n" + list(in + "  ", depth + 1, seen);
    return out;
  }

  std::mt19937 rng_;
  int names_ = 0;
  bool item_ = false;
};

}  // namespace faasbatch::engine
