#include "lib/kube/event_aggregator.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "lib/json/shorten.h"
#include "lib/json/write.h"

namespace faasbatch::kube {
namespace {

constexpr std::size_t kMaxNamePrefix = 200;  // an Event's name has at most 253 characters

std::string hex(std::uint64_t value) {
  std::array<char, 16> digits{};
  const auto written = std::to_chars(digits.begin(), digits.end(), value, 16);
  return {digits.begin(), written.ptr};
}

void appendReference(std::string& out, const ObjectReference& reference) {
  json::Object object(out);
  object.text("apiVersion", reference.apiVersion).text("kind", reference.kind);
  if (!reference.key.nameSpace.empty()) object.text("namespace", reference.key.nameSpace);
  object.text("name", reference.key.name);
  if (!reference.uid.empty()) object.text("uid", reference.uid);
  object.end();
}

void refill(EventBudget& budget, base::Instant now) {
  if (budget.tokens >= kEventBurst) {
    budget.since = now;
    return;
  }
  const auto more = std::max<std::int64_t>(0, (now - budget.since) / kEventRefill);
  budget.since = budget.since + more * kEventRefill;
  budget.tokens = static_cast<std::uint32_t>(std::min<std::int64_t>(kEventBurst, budget.tokens + more));
}

}  // namespace

EventBudget& EventAggregator::budget(const Subject& subject, base::Instant now) {
  EventBudget& found = budgets_.try_emplace(subject, EventBudget{.since = now}).first->second;
  refill(found, now);
  return found;
}

std::optional<EventWrite> EventAggregator::record(const EventNote& note, base::Instant now) {
  const Subject subject{note.regarding.kind, note.regarding.key, note.regarding.uid};
  const Key key{subject, note.type, note.reason, note.action,
                std::string(json::beginningOf(note.note, kMaxNoteBytes))};
  if (const auto found = series_.find(key); found != series_.end()) {
    Series& series = found->second;
    if (now - series.lastAt < kEventSeriesTime) {
      ++series.count;
      series.lastAt = now;
      return std::nullopt;  // due() writes it
    }
    series_.erase(found);
  }
  EventBudget& left = budget(subject, now);
  if (left.tokens == 0) {
    ++dropped_;
    return std::nullopt;
  }
  --left.tokens;
  makeRoom(now);
  const std::string name = std::string(json::beginningOf(note.regarding.key.name, kMaxNamePrefix)) + "." +
                           hex(static_cast<std::uint64_t>(now.ns)) + hex(++sequence_ & 0xFFF);
  const std::string& nameSpace = note.regarding.key.nameSpace;
  const ObjectKey event{nameSpace.empty() ? "default" : nameSpace, name};
  series_.emplace(key, Series{.event = event, .lastAt = now, .writtenAt = now});
  return EventWrite{.kind = EventWrite::Kind::kCreate, .key = event, .json = eventJson(note, event, now)};
}

base::Instant EventAggregator::writableAt(const Key& key, const Series& series) const {
  if (series.count == series.written) return base::Instant::never();
  const auto budget = budgets_.find(std::get<0>(key));
  const bool empty = budget != budgets_.end() && budget->second.tokens == 0;
  const base::Instant token = empty ? budget->second.since + kEventRefill : base::Instant{0};
  return std::max(series.writtenAt + kEventWriteEvery, token);
}

std::optional<EventWrite> EventAggregator::due(base::Instant now) {
  for (auto& [key, series] : series_) {
    if (writableAt(key, series) > now) continue;
    EventBudget& left = budget(std::get<0>(key), now);
    if (left.tokens == 0) continue;
    --left.tokens;
    series.written = series.count;
    series.writtenAt = now;
    EventWrite write{.kind = EventWrite::Kind::kSeries, .key = series.event};
    json::Object object(write.json);
    json::Object(object.key("series"))
        .number("count", series.count)
        .text("lastObservedTime", base::formatRfc3339(series.lastAt))
        .end();
    object.end();
    return write;
  }
  return std::nullopt;
}

base::Instant EventAggregator::next() const {
  base::Instant earliest = base::Instant::never();
  for (const auto& [key, series] : series_) earliest = std::min(earliest, writableAt(key, series));
  return earliest;
}

void EventAggregator::forget(const ObjectKey& event) {
  std::erase_if(series_, [&](const auto& entry) { return entry.second.event == event; });
}

// Lets go of what is over: series that would not be continued, budgets that are full again.
void EventAggregator::makeRoom(base::Instant now) {
  if (series_.size() < kMaxEventSeries && budgets_.size() < kMaxEventSeries) return;
  std::erase_if(series_, [now](const auto& entry) {
    return now - entry.second.lastAt >= kEventSeriesTime && entry.second.count == entry.second.written;
  });
  std::erase_if(budgets_, [now](const auto& entry) {
    EventBudget left = entry.second;
    refill(left, now);
    return left.tokens >= kEventBurst;
  });
  while (series_.size() >= kMaxEventSeries) {
    const auto oldest =
        std::ranges::min_element(series_, {}, [](const auto& entry) { return entry.second.lastAt; });
    dropped_ += static_cast<std::uint64_t>(oldest->second.count - oldest->second.written);
    series_.erase(oldest);
  }
  while (budgets_.size() > kMaxEventSeries) budgets_.erase(budgets_.begin());
}

std::string EventAggregator::eventJson(const EventNote& note, const ObjectKey& event,
                                       base::Instant now) const {
  std::string out;
  json::Object object(out);
  object.text("apiVersion", kEvents.apiVersion()).text("kind", kEvents.kind);
  json::Object(object.key("metadata")).text("namespace", event.nameSpace).text("name", event.name).end();
  object.text("eventTime", base::formatRfc3339(now))
      .text("reportingController", controller_)
      .text("reportingInstance", json::beginningOf(instance_, kMaxEventWordBytes))
      .text("action", json::beginningOf(note.action, kMaxEventWordBytes))
      .text("reason", json::beginningOf(note.reason, kMaxEventWordBytes))
      .text("type", note.type == EventType::kNormal ? "Normal" : "Warning");
  appendReference(object.key("regarding"), note.regarding);
  object.text("note", json::beginningOf(note.note, kMaxNoteBytes)).end();
  return out;
}

}  // namespace faasbatch::kube
