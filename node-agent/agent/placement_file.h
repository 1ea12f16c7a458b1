// Which workflow runs on which nodes, out of a file: for agents that are one another's peers without a
// cluster.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "node-agent/runs/directory.h"

namespace faasbatch::agent {

inline constexpr std::size_t kMaxPlacementFileBytes = 16 << 20;

// A JSON object: for each "NAMESPACE/WORKFLOW" the members `placementGeneration`, `placement` and `replicas`
// of a FunctionWorkflow's status (lib/cluster/placement.h). Workflows that it does not name run where they
// are called. Loop thread only.
class PlacementFile final : public runs::Directory {
 public:
  // Kind "InvalidPlacement" with the workflow.
  static base::Result<PlacementFile> parse(std::string_view text);
  // The same of a file; kind "ReadFailed" too. An empty path: nothing is placed.
  static base::Result<PlacementFile> read(const std::string& path);

  const runs::DirectoryEntry* find(std::string_view nameSpace, std::string_view name) const override;
  void lookUp(const std::string& nameSpace, const std::string& name, Found done) override;
  void read(const std::string& nameSpace, const std::string& name, Text done) override;
  void need(const std::string& nameSpace, const std::string& name, Needed done) override;

 private:
  std::map<std::string, runs::DirectoryEntry> placed_;  // by "namespace/name"
  runs::DirectoryEntry here_;                           // what is not placed
};

}  // namespace faasbatch::agent
