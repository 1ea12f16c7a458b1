#include "node-agent/pods/pod_state.h"

namespace faasbatch::pods {

std::string_view name(PodState state) {
  switch (state) {
    case PodState::kStarting:
      return "Starting";
    case PodState::kGeneric:
      return "Generic";
    case PodState::kSpecialising:
      return "Specialising";
    case PodState::kWarm:
      return "Warm";
    case PodState::kBusy:
      return "Busy";
    case PodState::kDraining:
      return "Draining";
    case PodState::kQuarantined:
      return "Quarantined";
    case PodState::kGone:
      return "Gone";
  }
  return "Gone";
}

std::optional<PodState> next(PodState state, PodEvent event) {
  using enum PodState;
  if (state == kGone) return std::nullopt;
  switch (event) {
    case PodEvent::kAnswers:
      return state == kStarting ? std::optional(kGeneric) : std::nullopt;
    case PodEvent::kAssigned:
      return state == kGeneric ? std::optional(kSpecialising) : std::nullopt;
    case PodEvent::kLoaded:
      return state == kSpecialising ? std::optional(kWarm) : std::nullopt;
    case PodEvent::kCallsBegan:
      return isReady(state) ? std::optional(kBusy) : std::nullopt;
    case PodEvent::kIdled:
      return state == kBusy ? std::optional(kWarm) : std::nullopt;
    case PodEvent::kDrain:
      return state == kQuarantined ? kQuarantined : kDraining;
    case PodEvent::kMisbehaved:
      return kQuarantined;
    case PodEvent::kGone:
      return kGone;
  }
  return std::nullopt;
}

}  // namespace faasbatch::pods
