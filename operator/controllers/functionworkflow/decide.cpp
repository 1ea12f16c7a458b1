#include "operator/controllers/functionworkflow/decide.h"

#include <algorithm>
#include <set>

#include "operator/controllers/functionworkflow/serving.h"
#include "operator/placement/replicas.h"

namespace faasbatch::controllers {
namespace {

std::string count(std::size_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

std::string generationText(std::int64_t generation) { return "generation " + std::to_string(generation); }

std::string nodesText(const std::set<std::string>& nodes) {
  std::string text;
  for (const std::string& node : nodes) text += (text.empty() ? "" : ", ") + node;
  return text;
}

std::set<std::string> nodesOf(const std::optional<cluster::Placement>& placement) {
  std::set<std::string> nodes;
  if (!placement) return nodes;
  for (const cluster::Replica& replica : placement->replicas)
    nodes.insert(replica.nodes.begin(), replica.nodes.end());
  return nodes;
}

class Deciding {
 public:
  explicit Deciding(const Observed& observed) : in_(observed) {
    out_.status = in_.previous;
    out_.status.conditions.clear();
    out_.status.observedGeneration = in_.generation;
    out_.memory = in_.memory;
    out_.memory.weights = settle(in_.memory.weights, in_.reports);
    if (out_.memory.replicasChangedAt.ns == 0) out_.memory.replicasChangedAt = in_.now;
  }

  Decision run() {
    if (accept()) {
      place();
    } else {
      const auto& placement = out_.status.placement;
      set(kPlaced, false, "NotAccepted",
          generationText(in_.generation) + " is not accepted" +
              (placement ? "; " + generationText(placement->generation) + " stays placed" : ""));
    }
    serve();
    summarise();
    figures();
    return std::move(out_);
  }

 private:
  void set(std::string_view type, bool holds, std::string reason, std::string message,
           std::int64_t generation = 0, bool quiet = false) {
    if (message.size() > kMaxConditionMessage) message.resize(kMaxConditionMessage);
    Condition condition{.type = std::string(type),
                        .status = holds ? "True" : "False",
                        .reason = std::move(reason),
                        .message = std::move(message),
                        .observedGeneration = generation == 0 ? in_.generation : generation,
                        .lastTransitionTime = base::formatRfc3339(in_.now)};
    const Condition* before = in_.previous.find(type);
    if (before != nullptr && before->status == condition.status)
      condition.lastTransitionTime = before->lastTransitionTime;
    const bool news =
        before == nullptr || before->status != condition.status || before->reason != condition.reason;
    if (news && !quiet && worthANote(condition, before))
      note(!holds, condition.reason, type, condition.message);
    out_.status.conditions.push_back(std::move(condition));
  }

  // What follows from another condition is not told again.
  static bool worthANote(const Condition& condition, const Condition* before) {
    if (condition.reason == "NotAccepted" || condition.reason == "NotPlaced") return false;
    return condition.reason != "Valid" || before != nullptr;
  }

  void note(bool warning, std::string reason, std::string_view action, std::string message) {
    out_.notes.push_back({warning, std::move(reason), std::string(action), std::move(message)});
  }

  bool accept() {
    if (!in_.analysis.faults.empty()) {
      std::string message;
      for (const workflow::Fault& fault : in_.analysis.faults)
        message +=
            (message.empty() ? "" : "\n") + (fault.path.empty() ? "" : fault.path + ": ") + fault.message;
      set(kAccepted, false, "InvalidSpec", std::move(message));
      return false;
    }
    return acceptSources();
  }

  bool acceptSources() {
    std::string missing;
    bool unreadable = false;
    std::vector<cluster::SourceDigest> digests;
    for (std::size_t i = 0; i < in_.found.size(); ++i) {
      const Reference& reference = in_.analysis.references[i];
      const Found& found = in_.found[i];
      unreadable = unreadable || found.state == Found::State::kUnreadable;
      if (found.state != Found::State::kThere) {
        missing += (missing.empty() ? "" : "\n") + describe(reference, found);
      } else if (reference.code) {
        cluster::SourceDigest digest{reference.name, reference.key, found.sha256};
        if (std::ranges::find(digests, digest) == digests.end()) digests.push_back(std::move(digest));
      }
    }
    if (!missing.empty()) {
      set(kAccepted, false, unreadable ? "SourceUnreadable" : "SourceNotFound", std::move(missing));
      return false;
    }
    out_.status.sources = std::move(digests);
    out_.status.steps = in_.analysis.steps;
    set(kAccepted, true, "Valid",
        count(in_.analysis.steps, "step") + " and " +
            count(in_.analysis.demand.functions.size(), "function"));
    return true;
  }

  // The weights of the root list's steps.
  std::vector<placement::StepWeight> weights() const {
    std::vector<placement::StepWeight> weights;
    for (const placement::StepDemand& step : in_.analysis.demand.steps) {
      const auto found = out_.memory.weights.find(step.name);
      weights.push_back(found == out_.memory.weights.end() ? placement::StepWeight{} : found->second);
    }
    return weights;
  }

  std::uint32_t replicas() const {
    const Totals sum = totals(in_.reports);
    placement::Load load{.pods = sum.pods,
                         .starving = sum.starving,
                         .podBound = in_.analysis.podBound,
                         .sinceChange = in_.now - out_.memory.replicasChangedAt};
    if (in_.previous.placement)
      load.replicas = static_cast<std::uint32_t>(in_.previous.placement->replicas.size());
    const std::set<std::string> nodes = nodesOf(in_.previous.placement);
    for (const placement::NodeFacts& node : in_.nodes)
      if (nodes.contains(node.name)) load.scale += node.scale;
    return placement::wantedReplicas(load);
  }

  void place() {
    const std::vector<placement::StepWeight> weights = this->weights();
    const auto& before = in_.previous.placement;
    const auto placed = placement::place({.demand = in_.analysis.demand,
                                          .weights = weights,
                                          .nodes = in_.nodes,
                                          .generation = in_.generation,
                                          .mode = in_.mode,
                                          .replicas = replicas(),
                                          .present = before ? &*before : nullptr});
    if (!placed) return set(kPlaced, false, placed.error().kind, placed.error().message);
    const std::set<std::string> nodes = nodesOf(placed->placement);
    out_.status.placement = placed->placement;
    out_.status.criticalPath = placed->criticalPath;
    out_.status.nodes = nodes.size();
    const std::size_t replicas = placed->placement.replicas.size();
    set(kPlaced, true, "Placed",
        "on " + nodesText(nodes) + (replicas > 1 ? " in " + count(replicas, "replica") : ""));
    if (!before) return;
    if (before->replicas.size() != replicas) out_.memory.replicasChangedAt = in_.now;
    if (in_.previous.is(kPlaced) && nodesOf(before) != nodes)
      note(false, "Moved", kPlaced, "from " + nodesText(nodesOf(before)) + " to " + nodesText(nodes));
  }

  void serve() {
    const auto& placement = out_.status.placement;
    if (!placement) return set(kReady, false, "NotPlaced", "no generation has been placed yet");
    const Serving serving = servingOf(*placement, in_.uid, in_.reports, in_.agents);
    std::string which = generationText(placement->generation) + " is served";
    if (placement->generation != in_.generation) which += ", not " + std::to_string(in_.generation);
    if (serving.served) {
      out_.memory.unservedAt = {};
      if (!serving.missing.empty()) which += "; not everywhere: " + serving.missing;
      return set(kReady, true, "Serving", std::move(which), placement->generation);
    }
    if (mayBeBack(*placement, serving)) {
      out_.status.conditions.push_back(*in_.previous.find(kReady));
      return;
    }
    // That what was applied just now is not served yet is no news.
    const Condition* before = in_.previous.find(kReady);
    const bool was = in_.previous.is(kReady) && before->observedGeneration == placement->generation;
    set(kReady, false, "AgentsNotReady", serving.missing, in_.generation, !was && !serving.failing);
  }

  // The agents served just this a moment ago and do not say that they cannot.
  bool mayBeBack(const cluster::Placement& placement, const Serving& serving) {
    const Condition* before = in_.previous.find(kReady);
    const bool was = in_.previous.is(kReady) && before->observedGeneration == placement.generation;
    if (!was || serving.failing) {
      out_.memory.unservedAt = {};
      return false;
    }
    if (out_.memory.unservedAt.ns == 0) out_.memory.unservedAt = in_.now;
    const base::Instant end = out_.memory.unservedAt + kServingGrace;
    if (in_.now >= end) return false;
    out_.again = std::min(out_.again, end);
    return true;
  }

  void figures() {
    const Totals sum = totals(in_.reports);
    const std::uint64_t active = step(sum.active);
    const std::string p95 = p95Text(in_.previous.p95, sum);
    if (active == in_.previous.active && p95 == in_.previous.p95) return;
    const base::Instant due = out_.memory.figuresAt + kFiguresEvery;
    if (out_.status == in_.previous && in_.now < due) {  // nothing else is to be written
      out_.again = std::min(out_.again, due);
      return;
    }
    out_.status.active = active;
    out_.status.p95 = p95;
    out_.memory.figuresAt = in_.now;
  }

  void summarise() {
    Status& status = out_.status;
    const auto failing = std::ranges::find(status.conditions, "False", &Condition::status);
    status.reason = failing == status.conditions.end() ? status.conditions.back().reason : failing->reason;
  }

  const Observed& in_;
  Decision out_;
};

}  // namespace

Decision decide(const Observed& observed) { return Deciding(observed).run(); }

}  // namespace faasbatch::controllers
