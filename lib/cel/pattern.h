// Regular expressions of `matches`: RE2 syntax, time linear in the text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace faasbatch::cel {

// Compiled once; thread-safe to use.
class Pattern {
 public:
  static constexpr std::size_t kMaxBytes = 4 * 1024;      // of the regular expression
  static constexpr std::int64_t kMaxMemory = 512 * 1024;  // of the program and its automata; RE2 divides it
  static constexpr std::size_t kMaxPerExpression = 64;  // constant ones, which stay as long as the expression
  static constexpr std::uint64_t kRefusalCost = 20'000;  // steps: a refusal may come after much work

  // Fails with what is wrong with the pattern.
  static std::expected<std::shared_ptr<const Pattern>, std::string> compile(std::string_view source);

  ~Pattern();
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;

  // Whether a part of the text matches.
  bool matches(std::string_view text) const;

  // Steps a search of so many bytes costs at worst.
  std::uint64_t searchCost(std::size_t textBytes) const;

  // Steps compiling it has cost.
  std::uint64_t compileCost() const;

 private:
  struct Compiled;
  explicit Pattern(std::unique_ptr<const Compiled> compiled);
  std::uint64_t instructions() const;

  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace faasbatch::cel
