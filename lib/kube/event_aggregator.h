// Which notes become Events, which are counted in a series, and which are too many. Pure: no client, no
// clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "lib/base/time.h"
#include "lib/kube/event_recorder.h"

namespace faasbatch::kube {

inline constexpr base::Duration kEventSeriesTime = std::chrono::minutes(10);
inline constexpr base::Duration kEventWriteEvery = std::chrono::seconds(30);
inline constexpr std::uint32_t kEventBurst = 25;  // writes of one object
inline constexpr base::Duration kEventRefill = std::chrono::minutes(5);
inline constexpr std::size_t kMaxEventSeries =
    2000;  // remembered; the one not heard of for longest goes first
inline constexpr std::size_t kMaxNoteBytes = 1024;
inline constexpr std::size_t kMaxEventWordBytes = 128;  // of reason and action

// What is to be sent.
struct EventWrite {
  enum class Kind { kCreate, kSeries };
  Kind kind = Kind::kCreate;
  ObjectKey key;
  std::string json;  // the Event, or a merge patch of its series
};

// A token bucket.
struct EventBudget {
  std::uint32_t tokens = kEventBurst;
  base::Instant since;  // when the next token began to fill
};

class EventAggregator {
 public:
  EventAggregator(std::string controller, std::string instance)
      : controller_(std::move(controller)), instance_(std::move(instance)) {}

  // A note: written at once where it is new and its object has not caused too much; otherwise counted.
  std::optional<EventWrite> record(const EventNote& note, base::Instant now);
  // A series that has grown and may be written now; ask until there is none.
  std::optional<EventWrite> due(base::Instant now);
  base::Instant next() const;  // when due() may have something; never() where nothing waits

  // The Event could not be written, or is gone: the next equal note makes a new one.
  void forget(const ObjectKey& event);

  std::uint64_t dropped() const { return dropped_; }  // notes that are in no Event and no series
  std::size_t size() const { return series_.size(); }

 private:
  using Subject = std::tuple<std::string, ObjectKey, std::string>;  // kind, key, uid
  using Key = std::tuple<Subject, EventType, std::string, std::string, std::string>;
  struct Series {
    ObjectKey event;
    std::int64_t count = 1;
    std::int64_t written = 1;
    base::Instant lastAt;
    base::Instant writtenAt;
  };

  EventBudget& budget(const Subject& subject, base::Instant now);
  base::Instant writableAt(const Key& key, const Series& series) const;
  void makeRoom(base::Instant now);
  std::string eventJson(const EventNote& note, const ObjectKey& event, base::Instant now) const;

  std::string controller_;
  std::string instance_;
  std::map<Key, Series> series_;
  std::map<Subject, EventBudget> budgets_;  // full ones are left out
  std::uint64_t sequence_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace faasbatch::kube
