// The workflows of the cluster as this agent serves them.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/loop.h"
#include "lib/cluster/report.h"
#include "node-agent/cluster/serving.h"
#include "node-agent/cluster/workflow_feed.h"
#include "node-agent/runs/directory.h"
#include "node-agent/runs/workflows.h"

namespace faasbatch::clusterview {

inline constexpr base::Duration kSweepTime = std::chrono::minutes(1);     // between looks for what is unused
inline constexpr base::Duration kNotFoundTime = std::chrono::seconds(1);  // for which "there is none" holds
inline constexpr std::size_t kMaxFetches = 64;      // under way; further ones are "ClusterUnavailable"
inline constexpr std::size_t kMaxNotFound = 1'000;  // remembered

base::Error notFound(const kube::ObjectKey& key);

// Loop thread only. What is placed here is compiled as the API server tells of it and made known to
// Workflows; what is placed elsewhere when a call for it comes in here.
class WorkflowCatalog final : public runs::Directory {
 public:
  struct Dependencies {
    base::Loop& loop;
    runs::Workflows& workflows;
    std::string node;
    std::function<std::unique_ptr<WorkflowFeed>(WorkflowFeed::Handlers)> feed;
    std::function<void()> onSynced;   // once: everything that is placed here is served, as far as it can be
    std::function<void()> onChanged;  // what report() says has changed
    std::function<void(const kube::ObjectKey&)> onLetGo = nullptr;  // it is served no more
  };
  explicit WorkflowCatalog(Dependencies dependencies);
  ~WorkflowCatalog() override;

  const runs::DirectoryEntry* find(std::string_view nameSpace, std::string_view name) const override;
  void lookUp(const std::string& nameSpace, const std::string& name, Found done) override;
  void need(const std::string& nameSpace, const std::string& name, Needed done) override;
  void read(const std::string& nameSpace, const std::string& name, Text done) override;

  // Of each workflow that is placed here: what is served, or why it is not.
  std::vector<cluster::WorkflowReport> report() const;
  bool synced() const { return synced_; }

 private:
  using Waiter = std::move_only_function<void(base::Result<void>)>;
  struct Entry {
    runs::DirectoryEntry shown;
    bool here = false;
    bool specIsPlaced = false;
    std::string sources;                       // that were placed
    std::string placement;                     // its digest
    std::optional<std::string> servedSources;  // nothing: not looked up yet
    std::string failure;                       // why what is placed is not served
    base::Instant wantedUntil;                 // of what is placed elsewhere
    std::size_t serving = 0;                   // on its way to the journal
    workflow::PlanPtr plan;                    // whose steps run the next ones
    std::vector<std::string> reached;          // names of workflows
  };
  // Fetched, and whoever waits for what comes of it.
  struct Fetch {
    bool answered = false;  // and what it brought is on its way to the journal
    bool wanted = false;    // by a call
    std::vector<Waiter> waiters;
  };
  struct KeyLess {
    using is_transparent = void;
    using View = std::pair<std::string_view, std::string_view>;
    static View view(const kube::ObjectKey& key) { return {key.nameSpace, key.name}; }
    static View view(const View& key) { return key; }
    bool operator()(const auto& a, const auto& b) const { return view(a) < view(b); }
  };
  // Of one need(): the workflows that are reached, as far as they are known.
  struct Reach;

  Entry* entry(const kube::ObjectKey& key);
  const Entry* entry(const kube::ObjectKey& key) const;
  static std::optional<KnownWorkflow> known(const Entry* entry);
  std::optional<ServedWorkflow> served(const kube::ObjectKey& key, const Entry* entry) const;
  ServingStep decide(const kube::ObjectKey& key) const;
  void onNews(WorkflowNews news);
  void onDeleted(const kube::ObjectKey& key, const std::string& uid);
  void onFeedSynced();
  void take(const WorkflowNews& news);
  void act(const kube::ObjectKey& key, const WorkflowNews* news);
  void serve(const kube::ObjectKey& key, const workflow::Compiled& compiled);
  void move(const kube::ObjectKey& key);
  void onServed(const kube::ObjectKey& key, const base::Result<void>& result);
  void letGo(const kube::ObjectKey& key);
  void fetch(const kube::ObjectKey& key, bool wanted, Waiter done);
  void onFetched(const kube::ObjectKey& key, const kube::Result<WorkflowNews>& news);
  bool isOf(const WorkflowObject& object, const kube::ObjectKey& key) const;
  void finishFetch(const kube::ObjectKey& key, const base::Result<void>& result);
  void reach(const std::shared_ptr<Reach>& all, const kube::ObjectKey& key);
  void reachFrom(const std::shared_ptr<Reach>& all, const kube::ObjectKey& key);
  const std::vector<std::string>& reachedFrom(const kube::ObjectKey& key);
  base::Result<void> usable(const kube::ObjectKey& key) const;
  void sweep();
  void finishSync();

  Dependencies deps_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::map<kube::ObjectKey, Entry, KeyLess> entries_;
  std::map<kube::ObjectKey, Fetch> fetches_;
  std::map<kube::ObjectKey, base::Instant> notFound_;
  std::size_t serving_ = 0;
  bool feedSynced_ = false;
  bool synced_ = false;
  base::TimerId sweepTimer_ = 0;
  std::unique_ptr<WorkflowFeed> feed_;  // last: it calls back
};

}  // namespace faasbatch::clusterview
