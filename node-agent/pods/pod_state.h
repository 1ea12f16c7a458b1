// The life of a pod, as a state machine without a pool around it.
//
//   Starting ──> Generic ──> Specialising ──> Warm <──> Busy          any ──> Draining ──> Gone
//       └─────────(asked for by a function)──────┘                    any ──> Quarantined ──> Gone
//
// Starting      the provider is bringing it up
// Generic       its runtime answers, no code of a user is loaded
// Specialising  it loads the code of a function
// Warm, Busy    it takes calls; Busy has some
// Draining      takes no new calls and ends when idle: an old version, idle for too long, or making room
// Quarantined   the same, because it misbehaved; ended by force after a grace
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace faasbatch::pods {

enum class PodState { kStarting, kGeneric, kSpecialising, kWarm, kBusy, kDraining, kQuarantined, kGone };
inline constexpr std::size_t kPodStates = 8;

enum class PodEvent {
  kAnswers,     // its runtime answers
  kAssigned,    // it is to load a function
  kLoaded,      // the function's code is loaded
  kCallsBegan,  // it has calls now
  kIdled,       // it has none any more
  kDrain,
  kMisbehaved,
  kGone,
};
inline constexpr std::size_t kPodEvents = 8;

std::string_view name(PodState state);

// Nothing where the event cannot happen in that state.
std::optional<PodState> next(PodState state, PodEvent event);

// Takes calls now / will take calls when it has come up.
constexpr bool isReady(PodState s) { return s == PodState::kWarm || s == PodState::kBusy; }
constexpr bool isComing(PodState s) { return s == PodState::kStarting || s == PodState::kSpecialising; }
constexpr bool isLeaving(PodState s) { return s == PodState::kDraining || s == PodState::kQuarantined; }

}  // namespace faasbatch::pods
