// Which workflows there are in a cluster, and where they are placed. On one machine there is no directory:
// what Workflows has is all there is.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/error.h"
#include "lib/cluster/placement.h"

namespace faasbatch::runs {

struct DirectoryEntry {
  std::string uid;
  std::int64_t generation = 0;  // of the newest spec
  // Where it runs, of the generation that is served (`placement->generation`); nullptr: it has not been
  // placed yet.
  std::shared_ptr<const cluster::Placement> placement;
};

// Loop thread only; callbacks too, from inside the call where the answer is known. Errors: "WorkflowNotFound"
// (there is none), "WorkflowNotReady" (it is not served: the message says why), "ClusterUnavailable" (it is
// not known here and the API server cannot be asked).
class Directory {
 public:
  virtual ~Directory() = default;

  // What is known of it; nullptr: nothing. Valid until the loop's next turn.
  virtual const DirectoryEntry* find(std::string_view nameSpace, std::string_view name) const = 0;

  // Asks the API server where it is not known: once for all who ask at the same time, and not again for a
  // second after it has said that there is none.
  using Found = std::move_only_function<void(base::Result<DirectoryEntry>)>;
  virtual void lookUp(const std::string& nameSpace, const std::string& name, Found done) = 0;

  // The object as the API server has it, or, with an empty name, the list of all in the namespace, as JSON
  // text. Never from inside the call.
  using Text = std::move_only_function<void(base::Result<std::string>)>;
  virtual void read(const std::string& nameSpace, const std::string& name, Text done) = 0;

  // Makes its plan, as it is placed now, and those of the workflows that it reaches known to Workflows, for
  // ten minutes at least. For whoever is about to begin a run of it here.
  using Needed = std::move_only_function<void(base::Result<void>)>;
  virtual void need(const std::string& nameSpace, const std::string& name, Needed done) = 0;
};

}  // namespace faasbatch::runs
