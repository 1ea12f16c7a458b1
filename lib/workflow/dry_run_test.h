// Runs a plan of synthetic functions as far as its expressions go: no process is started, each call's output
// is made from what its input says it puts out.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/cel/map.h"
#include "lib/workflow/plan.h"

namespace faasbatch::workflow::testing {

class DryRun final : public cel::Activation {
 public:
  // `input` is JSON. Throws std::runtime_error where an expression fails or a call reads what nobody has put
  // out.
  DryRun(const Plan& plan, const std::string& input);

  const std::vector<std::string>& ran() const {
    return ran_;
  }  // steps that were not skipped, in an order of their edges
  std::size_t calls() const { return calls_; }
  std::string output() const { return output_; }
  std::size_t largestInput() const { return largestInput_; }
  std::size_t largestOutput() const { return largestOutput_; }

  std::optional<cel::Value> find(std::string_view variable) const override;

 private:
  void runStep(const Node& node);
  cel::Value call(const Node& node);
  cel::Value evaluate(const Template& text) const;

  const Plan& plan_;
  cel::Value input_;
  std::map<std::string, cel::Value> outputs_;
  std::optional<cel::Value> item_;
  std::int64_t index_ = 0;
  std::vector<std::string> ran_;
  std::size_t calls_ = 0;
  std::string output_;
  std::size_t largestInput_ = 0;
  std::size_t largestOutput_ = 0;
};

}  // namespace faasbatch::workflow::testing
