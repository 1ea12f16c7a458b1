// Asks the runtime of a pod again and again until it answers.
#pragma once

#include <functional>
#include <memory>

#include "lib/net/client.h"
#include "node-agent/pods/pod_client.h"
#include "node-agent/pods/provider.h"

namespace faasbatch::pods {

// Loop thread only. Destroying it ends it without a word.
class RuntimeProbe {
 public:
  using Done = std::move_only_function<void(base::Result<PodStatus>)>;

  // `done` once, not from inside the call: with the first answer, or at `until` with why there is none. An
  // answer that asking again does not change ends it at once: "Unauthorized" where the pod does not take the
  // token, "InvalidResponse" where what listens there is no runtime.
  RuntimeProbe(net::EventLoop& loop, const PodEndpoint& endpoint, base::Instant until, Done done);
  ~RuntimeProbe();
  RuntimeProbe(const RuntimeProbe&) = delete;
  RuntimeProbe& operator=(const RuntimeProbe&) = delete;

 private:
  void ask();
  void onAnswer(base::Result<net::Response> response);
  void end(base::Result<PodStatus> result);

  net::EventLoop& loop_;
  base::Instant until_;
  Done done_;
  base::Duration pause_;
  base::TimerId timer_ = 0;
  std::unique_ptr<net::Client> client_;
};

}  // namespace faasbatch::pods
