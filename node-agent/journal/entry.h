// What waits to be written.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "node-agent/journal/journal.h"
#include "node-agent/journal/record_set.h"

namespace faasbatch::journal {

struct Begin {
  RunHead head;
  std::string events;  // lines
};
struct Append {
  std::string runId;
  std::string events;
};
struct Finish {
  SharedRun run;
};
struct PutManifest {
  StoredManifest manifest;
};
struct DeleteManifest {
  std::string nameSpace;
  std::string name;
};

struct Entry {
  std::variant<Begin, Append, Finish, PutManifest, DeleteManifest> what;
  Done done;              // empty: nobody waits
  std::size_t bytes = 0;  // in the limits

  // What a failed commit takes back, so that its caller may do something else. Events that happened stay.
  bool revocable() const {
    return done != nullptr && !std::holds_alternative<Append>(what) && !std::holds_alternative<Finish>(what);
  }
};

// Bytes an entry takes besides its text.
inline constexpr std::size_t kEntryOverhead = 256;

// One event a line; a line break inside an event (JSON between tokens) becomes a blank.
std::string joinLines(const std::vector<std::string>& events);
void eachLine(std::string_view text, const std::function<void(std::string_view)>& take);

}  // namespace faasbatch::journal
