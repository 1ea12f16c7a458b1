// Idempotency keys that other agents may know. Where there are several agents, calls with one key meet at one
// of them as long as all see the same agents; while they do not, the agents ask one another.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace faasbatch::runs {

struct KeyName {
  std::string nameSpace;
  std::string workflow;
  std::string function;  // empty: of the workflow as a whole
  std::string key;

  // Tells keys apart: its parts with a NUL behind each.
  std::string joined() const;
};

enum class KeyState {
  kUnknown,
  kAsking,  // a call with it waits for what others say; it begins a run if nobody knows the key
  kKnown,   // a run belongs to it
};

// Loop thread only.
class KeyPeers {
 public:
  virtual ~KeyPeers() = default;
  // Asks all other agents. `done`, never from inside the call, with the node of one that knows the key, or
  // asks as well and comes before this one; nothing: this agent may begin a run for it. One that does not
  // answer in time is taken not to know it.
  virtual void ask(const KeyName& name, std::move_only_function<void(std::optional<std::string>)> done) = 0;
};

}  // namespace faasbatch::runs
