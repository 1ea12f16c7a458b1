// Events that users see in `kubectl describe` and `kubectl events` (events.k8s.io/v1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "lib/base/loop.h"
#include "lib/kube/client.h"

namespace faasbatch::kube {

inline constexpr std::size_t kMaxEventsWaiting = 200;  // to be written; further ones are dropped
inline constexpr std::size_t kMaxEventsAtOnce = 4;

enum class EventType { kNormal, kWarning };

struct EventNote {
  ObjectReference regarding;
  EventType type = EventType::kNormal;
  std::string reason;  // CamelCase
  std::string action;  // CamelCase: what was done or tried
  std::string note;    // for people; cut at 1 kB
};

// Equal notes within ten minutes become one Event with a series (count, last time), written at most every
// thirty seconds; a token bucket per object (25, one more every five minutes) bounds what one object can
// cause. Events that cannot be written are dropped with a count: they are never why work waits. Loop thread
// only; `client` must outlive it.
class EventRecorder {
 public:
  // `controller` such as "faasbatch.io/operator", `instance` the pod's name.
  static std::unique_ptr<EventRecorder> make(base::Loop& loop, Client& client, std::string controller,
                                             std::string instance);
  virtual ~EventRecorder() = default;
  virtual void record(const EventNote& note) = 0;
  virtual std::uint64_t dropped() const = 0;  // notes that are in no Event
};

}  // namespace faasbatch::kube
