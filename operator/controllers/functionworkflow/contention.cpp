#include "operator/controllers/functionworkflow/contention.h"

#include "lib/kube/backoff.h"

namespace faasbatch::controllers {

bool Contention::foreign(const Seen& seen) const {
  return written_ && seen.status != *written_ && seen.version != over_.version;
}

base::Duration Contention::pause() const {
  return kube::backoff(kContentionInitial, kContentionMax, foreign_);
}

base::Instant Contention::mayWriteAt(const Seen& seen) const {
  if (!foreign(seen) || seen.generation != over_.generation) return {};
  return at_ + pause();
}

void Contention::wrote(std::size_t status, const Seen& over, base::Instant now) {
  const bool quick = now - at_ < 2 * pause();
  foreign_ = foreign(over) && quick ? foreign_ + 1 : 0;
  written_ = status;
  over_ = over;
  at_ = now;
}

}  // namespace faasbatch::controllers
