// Pods as local processes: one faasbatch-runtime each, on a Unix socket in a private directory.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/time.h"
#include "lib/net/loop.h"
#include "node-agent/pods/provider.h"

namespace faasbatch::pods {

struct ProcessOptions {
  std::string runtime;       // path of faasbatch-runtime; empty: beside the agent's own executable
  std::string python;        // empty: the runtime's default
  std::string libexec;       // empty: the runtime's default
  std::string socketParent;  // empty: $TMPDIR or /tmp
  std::vector<std::pair<std::string, std::string>> environment;  // besides PATH, HOME, LANG, TMPDIR, TZ
  base::Duration endGrace = std::chrono::seconds(2);             // from SIGTERM to SIGKILL
};

// Pods die with the provider, and with the agent even where that is killed: the read end of a pipe that only
// the agent holds open tells them (--lifeline-fd), and they take all that descends from them along, daemons
// too. What a pod leaves that was killed itself, the provider ends (orphans.h). The environment of pods is
// made from scratch: nothing of the agent's own leaks into them. TMPDIR is a directory of the pod's own,
// which is removed with it. `ready` comes once the runtime's socket takes connections; the worker may still
// be starting then, so that loading code can be asked for at once. Kind "NoCapacity" where the directory for
// sockets cannot be made.
base::Result<std::unique_ptr<Provider>> makeProcessProvider(net::EventLoop& loop, ProcessOptions options);

}  // namespace faasbatch::pods
