// Collects the faults of a manifest, bounded.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lib/workflow/manifest.h"

namespace faasbatch::workflow {

class Faults {
 public:
  void add(std::string path, std::string message) {
    ++count_;
    if (faults_.size() < kMaxFaults) faults_.push_back({std::move(path), std::move(message)});
  }
  bool empty() const { return count_ == 0; }
  std::size_t count() const { return count_; }
  // Whether a further fault would only be counted: then its message need not be made.
  bool full() const { return faults_.size() >= kMaxFaults; }

  // In the order found; a last one says how many more there are.
  std::vector<Fault> take() {
    if (count_ > faults_.size())
      faults_.push_back({"", "and " + std::to_string(count_ - faults_.size()) + " more"});
    return std::move(faults_);
  }

 private:
  std::vector<Fault> faults_;
  std::size_t count_ = 0;
};

}  // namespace faasbatch::workflow
