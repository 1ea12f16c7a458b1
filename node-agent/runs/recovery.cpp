// Goes on with the runs that an earlier process of this agent left behind.
#include <utility>

#include "lib/json/write.h"
#include "lib/telemetry/log.h"
#include "node-agent/engine/record.h"
#include "node-agent/engine/share.h"
#include "node-agent/engine/state.h"
#include "node-agent/runs/runs_impl.h"

namespace faasbatch::runs {

// Folds runs again as they are read. What is behind the event that made one too large is not looked at: it
// ends there, as it would have then.
class RunsImpl::Refolding final : public journal::UnfinishedRuns {
 public:
  struct Refolded {
    ActiveRunPtr run = std::make_shared<ActiveRun>();
    std::size_t events = 0;
    bool tooLarge = false;
    std::string damage;  // why it cannot be folded
  };

  explicit Refolding(RunsImpl& runs) : runs_(runs) {}

  void begin(journal::RunHead head) override {
    Refolded& next = all.emplace_back();
    next.run->head = std::move(head);
    next.run->async = true;
    next.run->begun = true;
  }
  void event(std::string_view line) override {
    Refolded& last = all.back();
    ++last.events;
    if (last.tooLarge || !last.damage.empty()) return;
    const base::Result<engine::Event> event = engine::fromJournal(line, plans_);
    if (!event) {
      last.damage = event.error().message;
      return;
    }
    engine::apply(last.run->run, *event);
    last.tooLarge = !last.run->run.ended() && runs_.driver_.isTooLarge(*last.run);
  }
  void end() override {
    Refolded& last = all.back();
    if (last.events == 0) last.damage = "it has no events";
    if (last.damage.empty()) runs_.driver_.expect(*last.run, last.run->run.memoryBytes());
  }

  std::vector<Refolded> all;

 private:
  RunsImpl& runs_;
  engine::PlanFinder plans_ = [this](auto nameSpace, auto name, auto digest) {
    return runs_.deps_.workflows.findRevision(nameSpace, name, digest);
  };
};

void RunsImpl::recover() {
  Refolding refolding(*this);
  deps_.journal.unfinished(refolding);
  if (!refolding.all.empty())
    telemetry::info("going on with unfinished runs", {{"runs", refolding.all.size()}});
  for (const Refolding::Refolded& one : refolding.all) {
    if (one.damage.empty()) {
      goOn(one.run, one.tooLarge);
    } else {
      setAside(one.run->head, one.damage);
    }
  }
  deps_.workflows.releaseLoadedRevisions();
}

void RunsImpl::goOn(const ActiveRunPtr& run, bool tooLarge) {
  runs_.emplace(run->head.id, run);
  ++running_;
  measures_.began(run->head.nameSpace, run->head.workflow);
  showActive();
  if (!run->head.idempotencyKey.empty()) {
    keys_.insert(KeyTable::name(run->head), run->head.inputDigest).runId = run->head.id;
  }
  const bool shared = run->run.state().shared() && !run->run.ended();
  if (shared && shares_) shares_->recovered(run);
  if (tooLarge) return driver_.endTooLarge(run);
  driver_.resume(run);
  if (shared && !shares_) takeBack(run);
}

// This agent has no peers any more: it runs all steps itself.
void RunsImpl::takeBack(const ActiveRunPtr& run) {
  const auto ownership = run->run.state().ownership;
  for (engine::AgentIndex agent = 1; agent < ownership->agents.size(); ++agent) {
    engine::OwnerLost event{ownership->agents[agent], "this agent has no peers any more", {}};
    for (const engine::Position position : engine::lostWith(run->run, agent, true)) {
      event.heirs.emplace_back(position, ownership->agents.front());
    }
    if (!event.heirs.empty()) driver_.deliver(run, std::move(event));
  }
}

// A run that cannot be folded again ends as a recorded failure: nothing that was accepted vanishes.
void RunsImpl::setAside(const journal::RunHead& head, const std::string& why) {
  telemetry::error("an unfinished run cannot be continued", {{"run", head.id}, {"reason", why}});
  const base::Instant now = deps_.loop.now();
  std::string error;
  json::Object fields(error);
  fields.text("type", "JournalDamaged").text("message", "the agent could not continue this run: " + why);
  fields.text("step", "").number("attempts", std::int64_t{1}).end();
  std::string summary;
  json::Object object(summary);
  object.text("id", head.id).text("namespace", head.nameSpace);
  object.text("workflow", head.workflow);
  if (head.function.empty()) {
    object.null("function");
  } else {
    object.text("function", head.function);
  }
  object.text("status", "Failed").text("createdAt", base::formatRfc3339(head.createdAt));
  object.null("startedAt").text("finishedAt", base::formatRfc3339(now)).raw("error", error).end();
  std::string record = summary;
  record.back() = ',';
  record += R"("output":null,"steps":[]})";
  journal::FinishedRun finished{head, "Failed", now, std::move(record), std::move(summary), "", "", 0};
  deps_.journal.finish(std::move(finished));
}

}  // namespace faasbatch::runs
