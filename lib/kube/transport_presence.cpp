// Whether the server is there, and who is told when it is back.
#include <random>
#include <string>
#include <utility>

#include "lib/kube/request.h"
#include "lib/kube/transport.h"

namespace faasbatch::kube {

std::uint64_t Transport::whenBack(std::move_only_function<void()> back) {
  waiting_.emplace(++lastWait_, std::move(back));
  probeSoon();
  return lastWait_;
}

void Transport::waitNoMore(std::uint64_t wait) { waiting_.erase(wait); }

void Transport::hadAnswer() {
  if (!presence_.answered() || waiting_.empty()) return;
  // Not from inside the answer: those who wait begin requests of their own.
  loop_.post([self = self_] {
    if (*self == nullptr) return;
    auto& waiting = (*self)->waiting_;
    for (const std::uint64_t last = (*self)->lastWait_; !waiting.empty() && waiting.begin()->first <= last;) {
      waiting.extract(waiting.begin()).mapped()();  // it may end the wait of another
    }
  });
}

void Transport::hadNone(const ApiError& error) {
  presence_.failed(error);
  probeSoon();
}

void Transport::probeSoon() {
  if (probing_ || waiting_.empty() || !presence_.away()) return;
  probing_ = true;
  probeTimer_ = loop_.after(probeWait(std::uniform_real_distribution<>(0, 1)(random_)), [this] { probe(); });
}

// Nobody is told what it says: its answer, or that there is none, counts as that of any request.
void Transport::probe() {
  probeTimer_ = 0;
  if (waiting_.empty() || !presence_.away()) {
    probing_ = false;
    return;
  }
  const auto over = [this](const Result<net::Response>& /*answer*/) {
    probing_ = false;
    probeSoon();
  };
  ask(rawRequest(std::string(kProbePath)), kProbeTime, over);
}

}  // namespace faasbatch::kube
