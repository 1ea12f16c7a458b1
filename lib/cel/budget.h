// What an evaluation may cost, and how it fails.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <utility>

#include "lib/cel/value.h"

namespace faasbatch::cel {

// Why an evaluation, or a part of it, has no value. `&&` and `||` absorb a failure unless it is `fatal`: an
// evaluation that ran out of its budget ends.
struct Failure {
  std::string message;
  std::uint32_t offset = 0;  // in the source, in bytes
  bool fatal = false;
};

using Evaluated = std::expected<Value, Failure>;

inline std::unexpected<Failure> failure(std::uint32_t offset, std::string message) {
  return std::unexpected(Failure{std::move(message), offset, false});
}

inline constexpr std::size_t kTextBytesPerStep = 16;

// Steps that reading or writing so many bytes of text costs.
constexpr std::uint64_t textCost(std::size_t bytes) {
  return (bytes + kTextBytesPerStep - 1) / kTextBytesPerStep;
}

// The steps left. Every part of an evaluation charges before it works or allocates, so that the budget bounds
// time and memory alike: a step is at most one value made, or kTextBytesPerStep bytes read or written.
class Budget {
 public:
  explicit Budget(std::uint64_t steps) : total_(steps), left_(steps) {}

  bool charge(std::uint64_t steps) {
    if (steps > left_) {
      left_ = 0;
      return false;
    }
    left_ -= steps;
    return true;
  }

  std::uint64_t left() const { return left_; }

  std::unexpected<Failure> exceeded(std::uint32_t offset) const {
    return std::unexpected(
        Failure{"the evaluation costs more than " + std::to_string(total_) + " steps", offset, true});
  }

 private:
  std::uint64_t total_;
  std::uint64_t left_;
};

}  // namespace faasbatch::cel
