// Inside of Runs; see runs.h.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "node-agent/runs/driver.h"
#include "node-agent/runs/key_table.h"
#include "node-agent/runs/runs.h"
#include "node-agent/runs/shares.h"

namespace faasbatch::runs {

class RunsImpl final : public Runs {
 public:
  explicit RunsImpl(const Dependencies& dependencies);

  void recover() override;
  void invoke(Invocation invocation, InvokeCallbacks callbacks) override;
  void wait(const std::string& nameSpace, const std::string& id, base::Instant deadline,
            std::move_only_function<void(bool)> done) override;
  void record(const std::string& nameSpace, const std::string& id, Text done) override;
  void logs(const std::string& nameSpace, const std::string& id, Text done) override;
  void list(journal::ListQuery query, std::move_only_function<void(base::Result<std::string>)> done) override;
  void cancel(const std::string& nameSpace, const std::string& id,
              std::move_only_function<void(bool)> done) override;
  void askedForKey(const KeyName& name, const std::string& asker, bool askerFirst,
                   std::move_only_function<void(base::Result<KeyState>)> done) override;
  peers::PeerListener& peerListener() override { return *shares_; }
  void setDirectory(const Directory& directory) override {
    if (shares_) shares_->setDirectory(directory);
  }
  std::size_t active() const override { return running_; }
  Measures& measures() override { return measures_; }
  std::size_t activeBytes() const override { return driver_.bytes(); }
  void drain(base::Instant deadline, std::move_only_function<void()> done) override;

 private:
  // Ids in descending order: newest first.
  using ById = std::map<std::string, ActiveRunPtr, std::greater<>>;

  void showActive();
  base::Result<engine::Accepted> admit(const Invocation& invocation);
  void invokeWithKey(Invocation invocation, InvokeCallbacks callbacks);
  void onKeyLookedUp(const std::string& name, const std::shared_ptr<const Invocation>& kept,
                     base::Result<std::optional<journal::Journal::KeyOwner>> owner);
  void onOthersAsked(const std::string& name, const Invocation& invocation, std::optional<std::string> node);
  void start(const Invocation& invocation, std::string inputDigest, std::vector<InvokeCallbacks> callbacks);
  void startDurably(const ActiveRunPtr& run, std::vector<InvokeCallbacks> callbacks);
  void nameKeyOwner(const ActiveRun& run, std::vector<InvokeCallbacks>& callbacks);
  void attach(const ActiveRunPtr& run, InvokeCallbacks callbacks);
  void takeBack(const ActiveRunPtr& run);
  class Refolding;
  void goOn(const ActiveRunPtr& run, bool tooLarge);
  void setAside(const journal::RunHead& head, const std::string& why);
  void onEnded(const ActiveRunPtr& run, base::Payload output);
  void keep(const ActiveRunPtr& run);
  void forget(const std::string& id);
  ActiveRunPtr find(const std::string& nameSpace, const std::string& id) const;
  void finishDrain();

  Dependencies deps_;
  const std::uint16_t mark_;  // of ids of runs that begin here
  Driver driver_;
  std::optional<Shares> shares_;  // nothing: there are no other agents
  ById runs_;                     // also those that have ended and are not yet on disk
  std::size_t running_ = 0;
  Measures measures_;
  KeyTable keys_;
  bool draining_ = false;
  std::move_only_function<void()> drained_;
  telemetry::Gauge& activeGauge_;
  telemetry::Gauge& bytesGauge_;
  std::array<telemetry::Counter*, engine::kRunStatuses> ended_{};  // by status; none for those under way
  telemetry::Histogram& seconds_;
};

}  // namespace faasbatch::runs
