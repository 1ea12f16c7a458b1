// Goes on with the runs that an earlier process of this agent left behind.
#include <utility>

#include "lib/json/write.h"
#include "lib/telemetry/log.h"
#include "node-agent/engine/record.h"
#include "node-agent/engine/share.h"
#include "node-agent/engine/state.h"
#include "node-agent/runs/runs_impl.h"

namespace faasbatch::runs {

void RunsImpl::recover() {
  std::vector<journal::UnfinishedRun> unfinished = deps_.journal.unfinished();
  if (!unfinished.empty()) telemetry::info("going on with unfinished runs", {{"runs", unfinished.size()}});
  for (journal::UnfinishedRun& run : unfinished) recoverRun(std::move(run));
  deps_.workflows.releaseLoadedRevisions();
}

void RunsImpl::recoverRun(journal::UnfinishedRun unfinished) {
  const engine::PlanFinder plans = [this](auto nameSpace, auto name, auto digest) {
    return deps_.workflows.findRevision(nameSpace, name, digest);
  };
  auto run = std::make_shared<ActiveRun>();
  run->async = true;
  run->begun = true;
  for (const std::string& line : unfinished.events) {
    base::Result<engine::Event> event = engine::fromJournal(line, plans);
    if (!event) return setAside(unfinished, event.error().message);
    engine::apply(run->run, *event);
  }
  if (unfinished.events.empty()) return setAside(unfinished, "it has no events");
  run->head = std::move(unfinished.head);
  runs_.emplace(run->head.id, run);
  ++running_;
  measures_.began(run->head.nameSpace, run->head.workflow);
  showActive();
  if (!run->head.idempotencyKey.empty()) {
    keys_.insert(KeyTable::name(run->head), run->head.inputDigest).runId = run->head.id;
  }
  const bool shared = run->run.state().shared() && !run->run.ended();
  if (shared && shares_) shares_->recovered(run);
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
void RunsImpl::setAside(const journal::UnfinishedRun& unfinished, const std::string& why) {
  telemetry::error("an unfinished run cannot be continued", {{"run", unfinished.head.id}, {"reason", why}});
  const base::Instant now = deps_.loop.now();
  std::string error;
  json::Object fields(error);
  fields.text("type", "JournalDamaged").text("message", "the agent could not continue this run: " + why);
  fields.text("step", "").number("attempts", std::int64_t{1}).end();
  std::string summary;
  json::Object object(summary);
  object.text("id", unfinished.head.id).text("namespace", unfinished.head.nameSpace);
  object.text("workflow", unfinished.head.workflow);
  if (unfinished.head.function.empty()) {
    object.null("function");
  } else {
    object.text("function", unfinished.head.function);
  }
  object.text("status", "Failed").text("createdAt", base::formatRfc3339(unfinished.head.createdAt));
  object.null("startedAt").text("finishedAt", base::formatRfc3339(now)).raw("error", error).end();
  std::string record = summary;
  record.back() = ',';
  record += R"("output":null,"steps":[]})";
  journal::FinishedRun finished{unfinished.head,    "Failed", now, std::move(record),
                                std::move(summary), "",       "",  0};
  deps_.journal.finish(std::move(finished));
}

}  // namespace faasbatch::runs
