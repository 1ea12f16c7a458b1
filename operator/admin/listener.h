// cpprestsdk's listener behind an interface of C++20: its headers are no C++23 to Clang. server.h is what
// others use.
//
// The listener has no limits of its own and stalls for good once its handlers block, with one thread always.
// So its pool is small, no handler waits for anything, and requests beyond kMaxRequests are refused instead
// of queued. ThreadSanitizer sees it unlock a mutex of a connection that another of its threads has just
// deleted: one reason more that nothing but this API is served by it, and only inside the cluster.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "operator/admin/question.h"

namespace faasbatch::admin {

inline constexpr int kThreads = 2;
inline constexpr std::size_t kMaxRequests = 16;  // at once; further ones get 503 with Retry-After

// As server.h has them.
using Reply = std::function<void(Answer)>;
using Ask = std::function<void(Question, Reply)>;

class Listener {
 public:
  // nullptr where it cannot: `why` says what is wrong.
  static std::unique_ptr<Listener> listen(const std::string& address, std::uint16_t port, Ask ask,
                                          std::string& why);
  virtual ~Listener() = default;
};

}  // namespace faasbatch::admin
