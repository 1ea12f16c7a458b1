// The questions the journal answers from disk.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "node-agent/journal/database.h"
#include "node-agent/journal/journal.h"
#include "node-agent/journal/key.h"

namespace faasbatch::journal {

// Prepared on one connection; used by one thread at a time.
class Queries {
 public:
  static Outcome<Queries> prepare(Database& database);

  Outcome<std::optional<FinishedRun>> find(const std::string& nameSpace, const std::string& id);
  // Newest first: id and summary, at most query.limit + 1.
  Outcome<std::vector<std::pair<std::string, std::string>>> list(const ListQuery& query);
  // The newest run of the key created after `since`.
  Outcome<std::optional<Journal::KeyOwner>> findKey(const KeyName& key, base::Instant since);
  // These add to `found`, in order; on an error, what was read before it.
  Outcome<void> manifests(std::vector<StoredManifest>& found);
  // A run whose rows have a gap ends before it.
  Outcome<void> unfinished(UnfinishedRuns& found);

 private:
  Outcome<void> moreEvents(std::int64_t run, UnfinishedRuns& found);

  Statement find_, list_, openKey_, endedKey_, manifests_, runs_, events_;
};

}  // namespace faasbatch::journal
