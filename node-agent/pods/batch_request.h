// What the agent writes to a pod: the bodies of the runtime contract (docs/runtime-contract.md).
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/time.h"
#include "lib/workflow/function.h"
#include "node-agent/calls/call.h"

namespace faasbatch::pods {

// Appends one line of POST /v1/batch, with its line break. `timeLeft` is how long the call may still take,
// `slice` how long it may compute before its process gives way to others; nothing: it need not.
void appendCallLine(std::string& out, const calls::Call& call, base::Duration timeLeft,
                    std::optional<base::Duration> slice = std::nullopt);

// Whether the function's calls have time slices: with the batch policy SFS, in processes of their own.
bool hasTimeSlices(const workflow::FunctionSpec& spec);

// Where a pod finds `context.store`. What an init body says besides the function itself.
struct StoreAddress {
  std::string kind = "None";  // "Redis", "CouchDB", "Agent", "None"
  std::string url;
  std::string token = {};  // "Agent": to be shown there; may be empty
};

// The `store` of an init body, also the body of POST /v1/store. All keys of the function lie below its
// workflow's prefix.
std::string storeBody(const calls::FunctionKey& key, const StoreAddress& store);
std::string storePrefix(const calls::FunctionKey& key);  // "namespace/workflow/"

// Where a pod finds the Secret of a binding with a secretRef: its key `url` is the file `url` there.
std::string bindingFolder(std::string_view binding);

// How long a pod may take to load a function: as long as the function gives a call, within bounds, as imports
// are slow on the first call and not everybody who sets a short timeout has that in mind.
struct LoadTimes {
  base::Duration least = std::chrono::seconds(10);
  base::Duration most = std::chrono::seconds(60);
  base::Duration grace = std::chrono::seconds(5);  // for the pod to say itself that the time is over

  base::Duration of(const workflow::FunctionSpec& spec) const {
    return std::clamp(spec.timeout, least, most);
  }
};

// The body of POST /v1/init. `source` is its member of that name: node-agent/sources/sources.h.
std::string initBody(const calls::FunctionKey& key, const workflow::FunctionSpec& spec,
                     std::string_view source, const StoreAddress& store, const LoadTimes& times = {});

// The body of POST /v1/cancel.
std::string cancelBody(std::span<const calls::CallId> ids, base::Duration grace);

// Calls that run at once in one pod of the function.
std::uint32_t slotsOf(const workflow::FunctionSpec& spec);

}  // namespace faasbatch::pods
