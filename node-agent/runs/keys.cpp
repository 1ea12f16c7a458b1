// Calls with idempotency keys.
#include <utility>

#include "lib/crypto/digest.h"
#include "node-agent/runs/outcome.h"
#include "node-agent/runs/runs_impl.h"

namespace faasbatch::runs {

void RunsImpl::invokeWithKey(Invocation invocation, InvokeCallbacks callbacks) {
  const std::string name = KeyTable::name(invocation);
  const std::string digest = crypto::sha256Hex(invocation.input.view());
  if (KeyTable::Entry* entry = keys_.find(name)) {
    if (entry->inputDigest != digest) {
      return callbacks.onAccepted(std::unexpected(mismatch(invocation.idempotencyKey)));
    }
    if (!entry->runId) return entry->waiting.push_back(std::move(callbacks));
    const auto run = runs_.find(*entry->runId);
    if (run != runs_.end()) return attach(run->second, std::move(callbacks));
    keys_.erase(name);
  }
  keys_.insert(name, digest).waiting.push_back(std::move(callbacks));
  const base::Instant since = deps_.loop.now() + -kKeyLife;
  const auto kept = std::make_shared<const Invocation>(std::move(invocation));
  deps_.journal.findKey(kept->nameSpace, kept->workflow, kept->function.value_or(""), kept->idempotencyKey,
                        since,
                        [this, name, kept](auto owner) { onKeyLookedUp(name, kept, std::move(owner)); });
}

void RunsImpl::onKeyLookedUp(const std::string& name, const std::shared_ptr<const Invocation>& kept,
                             base::Result<std::optional<journal::Journal::KeyOwner>> owner) {
  const Invocation& invocation = *kept;
  // A refusal is no answer to keep: its caller was told to come again.
  if (owner && *owner && (*owner)->finished && wasRefused(*(*owner)->finished)) owner->reset();
  if (owner && !*owner) {
    if (!deps_.keyPeers || invocation.settled) return onOthersAsked(name, invocation, std::nullopt);
    return deps_.keyPeers->ask(keyName(invocation), [this, name, kept](std::optional<std::string> node) {
      onOthersAsked(name, *kept, std::move(node));
    });
  }
  KeyTable::Entry* entry = keys_.find(name);
  std::vector<InvokeCallbacks> waiting = std::move(entry->waiting);
  const std::string digest = entry->inputDigest;
  keys_.erase(name);
  base::Result<Outcome> outcome =
      base::fail("StoreUnavailable", "the first run with this key is not at hand");
  if (!owner) {
    outcome = std::unexpected(owner.error());
  } else if ((*owner)->head.inputDigest != digest) {
    outcome = std::unexpected(mismatch(invocation.idempotencyKey));
  } else if ((*owner)->finished) {
    outcome = outcomeFromJson((*owner)->finished->answer, (*owner)->head.id);
  }
  for (InvokeCallbacks& callbacks : waiting) {
    if (!outcome) {
      callbacks.onAccepted(std::unexpected(outcome.error()));
      continue;
    }
    callbacks.onAccepted(outcome->id);
    if (callbacks.onEnded) callbacks.onEnded(*outcome);
  }
}

// `node`: another agent has the key.
void RunsImpl::onOthersAsked(const std::string& name, const Invocation& invocation,
                             std::optional<std::string> node) {
  KeyTable::Entry* entry = keys_.find(name);
  std::vector<InvokeCallbacks> waiting = std::move(entry->waiting);
  if (!node && !entry->yieldsTo.empty()) node = entry->yieldsTo;
  if (!node) {
    entry->beginning = true;
    return start(invocation, entry->inputDigest, std::move(waiting));
  }
  keys_.erase(name);
  for (InvokeCallbacks& callbacks : waiting) {
    if (callbacks.onElsewhere) {
      callbacks.onElsewhere(*node);
    } else {
      callbacks.onAccepted(base::fail("StoreUnavailable", "the first run with this key is on node " + *node));
    }
  }
}

void RunsImpl::askedForKey(const KeyName& name, const std::string& asker, bool askerFirst,
                           std::move_only_function<void(base::Result<KeyState>)> done) {
  if (KeyTable::Entry* entry = keys_.find(name.joined())) {
    if (entry->runId || entry->beginning) return done(KeyState::kKnown);
    if (askerFirst) entry->yieldsTo = asker;
    return done(KeyState::kAsking);
  }
  deps_.journal.findKey(name.nameSpace, name.workflow, name.function, name.key, deps_.loop.now() + -kKeyLife,
                        [done = std::move(done)](auto owner) mutable {
                          if (!owner) return done(std::unexpected(std::move(owner.error())));
                          done(*owner ? KeyState::kKnown : KeyState::kUnknown);
                        });
}

// From here on, callers with the run's key are attached to it; those that came since it was looked up are
// added to `callbacks`.
void RunsImpl::nameKeyOwner(const ActiveRun& run, std::vector<InvokeCallbacks>& callbacks) {
  if (run.head.idempotencyKey.empty()) return;
  KeyTable::Entry* entry = keys_.find(KeyTable::name(run.head));
  if (!entry) return;
  entry->runId = run.head.id;
  for (InvokeCallbacks& late : std::exchange(entry->waiting, {})) callbacks.push_back(std::move(late));
}

}  // namespace faasbatch::runs
