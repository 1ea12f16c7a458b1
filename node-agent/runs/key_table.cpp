#include "node-agent/runs/key_table.h"

namespace faasbatch::runs {

std::string KeyName::joined() const {
  std::string name;
  for (const std::string_view part : {nameSpace, workflow, function, key}) name.append(part).append(1, '\0');
  return name;
}

KeyName keyName(const Invocation& invocation) {
  return {invocation.nameSpace, invocation.workflow, invocation.function.value_or(""),
          invocation.idempotencyKey};
}

std::string KeyTable::name(const Invocation& invocation) { return keyName(invocation).joined(); }

std::string KeyTable::name(const journal::RunHead& head) {
  return KeyName{head.nameSpace, head.workflow, head.function, head.idempotencyKey}.joined();
}

KeyTable::Entry* KeyTable::find(const std::string& name) {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : &found->second;
}

base::Error mismatch(std::string_view key) {
  return {"IdempotencyMismatch",
          "the Idempotency-Key \"" + std::string(key) +
              "\" was used with another input in the last 24 hours: use a new key for a new input"};
}

}  // namespace faasbatch::runs
