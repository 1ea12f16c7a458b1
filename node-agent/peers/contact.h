// What is known of a peer's process: whether it answers, and which life of it that is. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/time.h"

namespace faasbatch::peers {

inline constexpr base::Duration kFirstBackoff = std::chrono::milliseconds(50);
inline constexpr base::Duration kMaxBackoff = std::chrono::seconds(1);

class Contact {
 public:
  enum class News {
    kNone,
    kUp,         // it answers, for the first time or again
    kRestarted,  // another process answers: what the one before had in memory is gone
    kLost,       // it has not answered for as long as there is patience; told once
  };

  explicit Contact(base::Duration patience) : patience_(patience) {}

  // It has answered, or has asked something. Each process of an agent has another incarnation.
  News heard(std::string_view incarnation);
  // It could not be reached.
  News failed(base::Instant now);

  // It shuts down: in this life it takes no new work.
  void leaves() { leaving_ = true; }

  // After the last failure, until the next try: doubled each time. Zero while it answers.
  base::Duration backoff() const;
  bool answers() const { return !incarnation_.empty() && !failingSince_; }
  bool leaving() const { return leaving_; }
  bool lost() const { return lost_; }                              // and has not answered since
  const std::string& incarnation() const { return incarnation_; }  // empty: it has never been heard

 private:
  base::Duration patience_;
  std::string incarnation_;
  std::optional<base::Instant> failingSince_;
  std::uint32_t failures_ = 0;
  bool lost_ = false;
  bool leaving_ = false;
};

}  // namespace faasbatch::peers
