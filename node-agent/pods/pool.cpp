#include "node-agent/pods/pool.h"

#include <algorithm>
#include <utility>

#include "lib/base/ids.h"
#include "lib/telemetry/log.h"

namespace faasbatch::pods {

Pool::Pool(net::EventLoop& loop, Provider& provider, telemetry::Registry& metrics, PoolOptions options,
           PoolListener& listener)
    : loop_(loop), provider_(provider), options_(std::move(options)), listener_(listener), metrics_(metrics) {
  holding_ = options_.adopts;
  provider_.onLeaving([this, alive = alive_](const std::string& name, const std::string& reason) {
    if (*alive) onLeaving(name, reason);
  });
  for (const Stock& stock : options_.alwaysWarm) stockNumber(stock);
  replenishLater(base::Duration(0));
}

Pool::~Pool() {
  *alive_ = false;
  loop_.cancel(sweepTimer_);
  loop_.cancel(replenishTimer_);
  for (const auto& [name, pod] : pods_) {
    metrics_.pods[static_cast<std::size_t>(pod->state)]->add(-1);
  }
}

void Pool::apply(FunctionPods& function) {
  if (std::ranges::find(functions_, &function) == functions_.end()) functions_.push_back(&function);
  function.removed = false;
  function.failure.reset();
  function.lossesInARow = 0;
  function.lastLoss.clear();
  function.lastEnd.clear();
  function.stock = stockNumber(provider_.stockFor(function.key, *function.spec));
  for (Pod* pod : std::vector(function.pods)) {
    if (pod->state == PodState::kStarting && pod->stock == function.stock && pod->stock != kNoStock) {
      pod->digest = function.spec->digest;  // it has loaded nothing yet
    } else if (!pod->current()) {
      leave(*pod);
    }
  }
  keepMinWarm(function);
  sweepAt(loop_.now());
  replenishLater(kReplenishDelay);
}

void Pool::drain(FunctionPods& function) {
  function.removed = true;
  for (Pod* pod : std::vector(function.pods)) leave(*pod);
  replenishLater(kReplenishDelay);
}

void Pool::forget(FunctionPods& function) { std::erase(functions_, &function); }

void Pool::want(FunctionPods& function, std::size_t pods) {
  if (shuttingDown_ || (function.failure && loop_.now() < function.failure->until)) return;
  if (holding_) {
    function.waitsForRoom = true;
    return;
  }
  const auto usable = [&function] {
    return static_cast<std::size_t>(std::ranges::count_if(
        function.pods, [](const Pod* pod) { return pod->current() && !isLeaving(pod->state); }));
  };
  function.waitsForRoom = false;
  for (std::size_t missing = pods - std::min(pods, usable()); missing > 0; --missing) {
    std::vector<Pod*> order;
    const std::vector<PodFacts> all = facts(order);
    const Supply supply = supplyFor(function.number, all, functionFacts(), podBound());
    switch (supply.kind) {
      case Supply::Kind::kSpecialise:
        assign(*order[supply.pod], function);
        break;
      case Supply::Kind::kCreate:
        create(&function, function.stock);
        break;
      case Supply::Kind::kMakeRoom:
        leave(*order[supply.pod]);
        function.waitsForRoom = true;
        return;
      case Supply::Kind::kWait:
        function.waitsForRoom = true;
        return;
      case Supply::Kind::kEnough:
        return;
    }
    if (function.failure && loop_.now() < function.failure->until) return;
  }
}

void Pool::callsBegan(Pod& pod, std::uint32_t calls, bool alone) {
  pod.running += calls;
  pod.alone = alone;
  if (pod.state == PodState::kWarm) move(pod, PodEvent::kCallsBegan);
}

void Pool::callsEnded(Pod& pod, std::uint32_t calls) {
  pod.running -= std::min(pod.running, calls);
  if (pod.running > 0 || pod.state == PodState::kGone) return;
  if (isLeaving(pod.state)) {
    end(pod, pod.state == PodState::kQuarantined);
    return;
  }
  if (pod.state != PodState::kBusy) return;
  move(pod, PodEvent::kIdled);
  pod.lastUsed = loop_.now();
  sweepAt(pod.lastUsed + pod.function->spec->pool.idleTimeout);
  roomChanged();
}

void Pool::brokeContract(Pod& pod, std::string_view why) {
  pod.conduct.brokeContract = true;
  judge(pod, why);
}

void Pool::overdue(Pod& pod) {
  pod.conduct.overdue = true;
  judge(pod, "it did not end a call in its time");
}

void Pool::crashed(Pod& pod) {
  ++pod.conduct.crashesInARow;
  judge(pod, "its workers crash again and again");
}

void Pool::askStatus(Pod& pod) {
  if (pod.statusAsked || !isReady(pod.state)) return;
  pod.statusAsked = true;
  constexpr base::Duration kStatusTime = std::chrono::seconds(5);
  pod.client->status(loop_.now() + kStatusTime,
                     [this, name = pod.name](const base::Result<PodStatus>& status) {
                       Pod* asked = find(name);
                       if (asked == nullptr) return;
                       asked->statusAsked = false;
                       if (!status || !status->recycle) return;
                       asked->conduct.recycleAsked = true;
                       judge(*asked, "it asked to be recycled");
                     });
}

void Pool::judge(Pod& pod, std::string_view why) {
  if (pod.state == PodState::kGone || pod.state == PodState::kQuarantined || !misbehaves(pod.conduct)) return;
  telemetry::warning("pod quarantined", {{"pod", pod.name},
                                         {"function", pod.function ? pod.function->key.describe() : ""},
                                         {"why", why},
                                         {"running", pod.running}});
  metrics_.quarantined.add();
  move(pod, PodEvent::kMisbehaved);
  if (pod.running == 0) {
    end(pod, true);
  } else {
    loop_.after(options_.quarantineGrace, [this, alive = alive_, name = pod.name] {
      if (!*alive) return;
      if (Pod* late = find(name)) end(*late, true);
    });
  }
  if (pod.function != nullptr) {
    listener_.podsChanged(*pod.function);
    keepMinWarm(*pod.function);
  }
}

void Pool::shutdown(std::move_only_function<void()> done) {
  shuttingDown_ = true;
  provider_.shutdown(std::move(done));
}

std::string Pool::waitsFor(const FunctionPods& function) const {
  std::string text;
  for (const Pod* pod : function.pods) {
    if (!isComing(pod->state) || !pod->current()) continue;
    const bool starts = pod->state == PodState::kStarting;
    const std::string what = starts ? provider_.waitsFor(pod->name) : "it loads the function's code";
    if (what.empty()) continue;
    text = "pod " + pod->name + ": " + what;
    break;
  }
  if (text.empty() && function.waitsForRoom) {
    text = "there is room for " + std::to_string(podBound()) + " pods, and there are as many";
  } else if (text.empty() && !function.pods.empty()) {
    text = "those that the function has are busy (" + std::to_string(function.pods.size()) + ")";
  }
  if (function.lastLoss.empty()) return text;
  return text + (text.empty() ? "" : "; ") +
         "the one before did not start: " + withEnd(function.lastLoss, function.lastEnd);
}

std::size_t Pool::podBound() const {
  return loop_.now() < nodeFullUntil_ ? std::min(options_.maxPods, nodeHolds_) : options_.maxPods;
}

Pod* Pool::find(const std::string& name) {
  const auto found = pods_.find(name);
  return found == pods_.end() ? nullptr : found->second.get();
}

void Pool::move(Pod& pod, PodEvent event) {
  const std::optional<PodState> to = next(pod.state, event);
  if (!to || *to == pod.state) return;
  metrics_.pods[static_cast<std::size_t>(pod.state)]->add(-1);
  pod.state = *to;
  if (*to != PodState::kGone) metrics_.pods[static_cast<std::size_t>(*to)]->add(1);
}

std::vector<PodFacts> Pool::facts(std::vector<Pod*>& order) {
  for (std::size_t i = 0; i < functions_.size(); ++i) functions_[i]->number = i;
  std::vector<PodFacts> all;
  all.reserve(pods_.size());
  order.clear();
  for (const auto& [name, pod] : pods_) {
    order.push_back(pod.get());
    all.push_back({.state = pod->state,
                   .function = pod->function != nullptr ? pod->function->number : kNoFunction,
                   .stock = pod->function != nullptr ? pod->function->stock : pod->stock,
                   .current = pod->current(),
                   .running = pod->running,
                   .lastUsed = pod->lastUsed});
  }
  return all;
}

std::vector<FunctionFacts> Pool::functionFacts() {
  std::vector<FunctionFacts> all;
  all.reserve(functions_.size());
  for (const FunctionPods* function : functions_) {
    const workflow::Pool& pool = function->spec->pool;
    all.push_back({.stock = function->stock,
                   .minWarm = function->removed ? 0 : pool.minWarm,
                   .maxPods = std::max<std::uint32_t>(1, pool.maxPods),
                   .idleTimeout = pool.idleTimeout});
  }
  return all;
}

void Pool::roomChanged() {
  // Those without any pod first: room that was made for them must not go back to where it came from.
  for (const bool without : {true, false}) {
    for (FunctionPods* function : std::vector(functions_)) {
      if (function->waitsForRoom && function->pods.empty() == without) {
        function->waitsForRoom = false;
        listener_.podsChanged(*function);
      }
    }
  }
}

void Pool::keepMinWarm(FunctionPods& function) {
  if (!function.removed && function.spec->pool.minWarm > 0) {
    want(function,
         std::min(function.spec->pool.minWarm, std::max<std::uint32_t>(1, function.spec->pool.maxPods)));
  }
}

void Pool::replenishLater(base::Duration delay) {
  if (!options_.genericPods || replenishTimer_ != 0 || shuttingDown_) return;
  replenishTimer_ = loop_.after(delay, [this] {
    replenishTimer_ = 0;
    replenish();
  });
}

void Pool::replenish() {
  if (shuttingDown_ || holding_) return;
  std::vector<Pod*> order;
  const StockPlan plan = planStock(facts(order), wantedStocks(), podBound());
  for (const std::size_t pod : plan.end) leave(*order[pod]);
  for (const std::size_t stock : plan.start) create(nullptr, stock);
}

std::size_t Pool::stockNumber(const std::optional<Stock>& stock) {
  if (!stock) return kNoStock;
  const auto found = std::ranges::find(stocks_, *stock);
  if (found != stocks_.end()) return static_cast<std::size_t>(found - stocks_.begin());
  stocks_.push_back(*stock);
  return stocks_.size() - 1;
}

std::vector<std::size_t> Pool::wantedStocks() const {
  std::vector<bool> wanted(stocks_.size(), false);
  for (std::size_t i = 0; i < stocks_.size(); ++i) {
    wanted[i] = std::ranges::find(options_.alwaysWarm, stocks_[i]) != options_.alwaysWarm.end();
  }
  for (const FunctionPods* function : functions_) {
    if (function->stock != kNoStock && !function->removed) wanted[function->stock] = true;
  }
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i]) numbers.push_back(i);
  }
  return numbers;
}

void Pool::sweepAt(base::Instant when) {
  if (when >= sweepTime_) return;
  loop_.cancel(sweepTimer_);
  sweepTime_ = when;
  sweepTimer_ = loop_.at(when, [this] {
    sweepTimer_ = 0;
    sweepTime_ = base::Instant::never();
    sweep();
  });
}

void Pool::sweep() {
  const base::Instant now = loop_.now();
  std::vector<Pod*> order;
  const std::vector<PodFacts> all = facts(order);
  const Expiry expiry = expired(all, functionFacts(), now);
  for (const std::size_t i : expiry.pods) leave(*order[i]);
  sweepAt(expiry.next);
  for (FunctionPods* function : std::vector(functions_)) keepMinWarm(*function);
}

}  // namespace faasbatch::pods
