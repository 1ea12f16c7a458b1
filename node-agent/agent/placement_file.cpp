#include "node-agent/agent/placement_file.h"

#include <fstream>
#include <memory>
#include <sstream>

#include "lib/json/check.h"
#include "lib/json/members.h"

namespace faasbatch::agent {

base::Result<PlacementFile> PlacementFile::parse(std::string_view text) {
  const auto invalid = [](const std::string& workflow, const std::string& why) {
    return base::fail("InvalidPlacement", "the placement of " + workflow + ": " + why);
  };
  if (const auto checked = json::check(text); !checked)
    return invalid("all workflows", checked.error().message);
  const auto members = json::members(text);
  if (!members) return invalid("all workflows", members.error().message);
  PlacementFile file;
  for (const json::Member& member : *members) {
    auto placement = cluster::readPlacement(member.value);
    if (!placement) return invalid(member.key, placement.error().message);
    runs::DirectoryEntry& entry = file.placed_[member.key];
    entry.generation = placement->generation;
    entry.placement = std::make_shared<const cluster::Placement>(std::move(*placement));
  }
  return file;
}

base::Result<PlacementFile> PlacementFile::read(const std::string& path) {
  if (path.empty()) return PlacementFile();
  std::ifstream file(path, std::ios::binary);
  std::string text;
  if (file) text.assign(std::istreambuf_iterator<char>(file), {});
  if (!file || text.size() > kMaxPlacementFileBytes) {
    return base::fail("ReadFailed", "the placements in " + path + " cannot be read, or are longer than " +
                                        std::to_string(kMaxPlacementFileBytes) + " bytes");
  }
  return parse(text);
}

const runs::DirectoryEntry* PlacementFile::find(std::string_view nameSpace, std::string_view name) const {
  const auto found = placed_.find(std::string(nameSpace).append("/").append(name));
  return found == placed_.end() ? &here_ : &found->second;
}

void PlacementFile::lookUp(const std::string& nameSpace, const std::string& name, Found done) {
  done(*find(nameSpace, name));
}

// Manifests are kept by the agents themselves.
void PlacementFile::read(const std::string&, const std::string& name, Text done) {
  done(base::fail("WorkflowNotFound", "a file of placements has no manifest of workflow \"" + name + "\""));
}

void PlacementFile::need(const std::string&, const std::string&, Needed done) { done({}); }

}  // namespace faasbatch::agent
