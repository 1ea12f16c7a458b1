// The HTTP face of a pod: docs/runtime-contract.md.
#pragma once

#include <string>

#include "lib/net/http.h"
#include "lib/net/server.h"
#include "runtime/multiplexer/store.h"
#include "runtime/supervisor/caller_token.h"
#include "runtime/supervisor/options.h"
#include "runtime/supervisor/pod.h"

namespace faasbatch::supervisor {

inline constexpr std::size_t kMaxBatchBytes = 256 << 20;  // of a request: a batch of large inputs
inline constexpr std::size_t kMaxAnswerBytes = 256
                                               << 20;  // results of a batch that the agent has not read yet
inline constexpr std::size_t kMaxAnswersBytes = 4 * kMaxAnswerBytes;  // of all batches

// Loop thread only.
class Api {
 public:
  Api(Pod& pod, multiplexer::Store& store, Runtime runtime, CallerToken token)
      : pod_(pod), store_(store), runtime_(runtime), token_(std::move(token)) {}

  void handle(net::Request request, net::Responder responder);

 private:
  std::string status() const;
  void init(net::Request request, net::Responder responder);
  void store(const net::Request& request, net::Responder responder);
  void batch(net::Request request, net::Responder responder);
  void cancel(const net::Request& request, net::Responder responder);

  Pod& pod_;
  multiplexer::Store& store_;
  Runtime runtime_;
  CallerToken token_;
};

}  // namespace faasbatch::supervisor
