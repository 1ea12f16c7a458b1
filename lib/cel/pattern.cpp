#include "lib/cel/pattern.h"

#include <re2/re2.h>

#include <algorithm>
#include <utility>

#include "lib/cel/budget.h"

namespace faasbatch::cel {

struct Pattern::Compiled {
  re2::RE2 program;
  Compiled(std::string_view source, const re2::RE2::Options& options)
      : program(re2::StringPiece(source.data(), source.size()), options) {}
};

Pattern::Pattern(std::unique_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
Pattern::~Pattern() = default;

std::expected<std::shared_ptr<const Pattern>, std::string> Pattern::compile(std::string_view source) {
  if (source.size() > kMaxBytes)
    return std::unexpected("a regular expression of " + std::to_string(source.size()) + " bytes; at most " +
                           std::to_string(kMaxBytes) + " are allowed");
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxMemory);
  auto compiled = std::make_unique<const Compiled>(source, options);
  if (!compiled->program.ok()) return std::unexpected("bad regular expression: " + compiled->program.error());
  return std::shared_ptr<const Pattern>(new Pattern(std::move(compiled)));
}

bool Pattern::matches(std::string_view text) const {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), compiled_->program);
}

// An automaton reads a byte in constant time; where it outgrows its memory every instruction is tried on
// every byte.
std::uint64_t Pattern::searchCost(std::size_t textBytes) const {
  constexpr std::uint64_t kInstructionsPerStep = 4;
  return 1 + textCost(textBytes) * (1 + instructions() / kInstructionsPerStep);
}

std::uint64_t Pattern::compileCost() const {
  constexpr std::uint64_t kBase = 100;
  return kBase + compiled_->program.pattern().size() + instructions();
}

std::uint64_t Pattern::instructions() const {
  return static_cast<std::uint64_t>(std::max(compiled_->program.ProgramSize(), 0));
}

}  // namespace faasbatch::cel
