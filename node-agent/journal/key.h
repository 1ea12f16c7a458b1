// What an idempotency key belongs to.
#pragma once

#include <compare>
#include <string>

#include "node-agent/journal/journal.h"

namespace faasbatch::journal {

struct KeyName {
  std::string nameSpace;
  std::string workflow;
  std::string function;
  std::string key;
  friend auto operator<=>(const KeyName&, const KeyName&) = default;

  static KeyName of(const RunHead& head) {
    return {head.nameSpace, head.workflow, head.function, head.idempotencyKey};
  }
};

}  // namespace faasbatch::journal
