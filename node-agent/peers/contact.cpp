#include "node-agent/peers/contact.h"

#include <algorithm>

namespace faasbatch::peers {

Contact::News Contact::heard(std::string_view incarnation) {
  const bool restarted = !incarnation_.empty() && incarnation_ != incarnation;
  const bool up = incarnation_.empty() || lost_;
  if (incarnation_ != incarnation) {
    incarnation_ = incarnation;
    leaving_ = false;
  }
  failingSince_.reset();
  failures_ = 0;
  lost_ = false;
  if (restarted) return News::kRestarted;
  return up ? News::kUp : News::kNone;
}

Contact::News Contact::failed(base::Instant now) {
  ++failures_;
  if (!failingSince_) failingSince_ = now;
  if (lost_ || now - *failingSince_ < patience_) return News::kNone;
  lost_ = true;
  return News::kLost;
}

base::Duration Contact::backoff() const {
  if (failures_ == 0) return base::Duration(0);
  constexpr std::uint32_t kDoublings = 10;
  return std::min(kMaxBackoff, kFirstBackoff * (1 << std::min(failures_ - 1, kDoublings)));
}

}  // namespace faasbatch::peers
