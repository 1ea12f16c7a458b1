// What to do when a call's time is over: whose fault it was, and who is to go on. A pure function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace faasbatch::supervisor {

// A call at its deadline, and the worker it runs in.
struct OverrunFacts {
  std::uint32_t call = 0;
  bool ownProcess = false;
  std::size_t living = 0;  // calls in the worker that still get an outcome, this one among them
  // Where the worker has said that its loop does not turn: the call that holds it up, 0 for none it knows.
  std::optional<std::uint32_t> heldUpBy;
  std::optional<bool> answers;  // to a Ping; nothing: it was not asked
};

enum class Overrun {
  kTimeout,       // the call's own fault
  kTimeoutOfAll,  // the same, and no mate can go on: they are handed back
  kHandBack,      // a mate has held it up: it alone is handed back, others may still have time
  kHandBackAll,   // one of the calls has held all up, nobody knows which
  kAsk,           // send a Ping first
};

Overrun judgeOverrun(const OverrunFacts& facts);

}  // namespace faasbatch::supervisor
