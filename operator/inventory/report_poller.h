// Keeps the reports of agents up to date: one long poll each, on the peer port.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "lib/cluster/report.h"
#include "lib/net/loop.h"
#include "lib/net/tls.h"
#include "operator/inventory/endpoints.h"

namespace faasbatch::inventory {

// An agent answers at the latest after kReportWait; one that has not kReportMargin later is taken for silent.
inline constexpr base::Duration kReportWait = std::chrono::seconds(15);
inline constexpr base::Duration kReportMargin = std::chrono::seconds(5);
// After a failure; doubled by each further one.
inline constexpr base::Duration kRetryFirst = std::chrono::milliseconds(200);
inline constexpr base::Duration kRetryMost = std::chrono::seconds(5);
// Between two answers of one agent, so that one that changes without end does not keep us busy.
inline constexpr base::Duration kReportEvery = std::chrono::milliseconds(50);

struct ReportPollerOptions {
  std::shared_ptr<net::TlsClientContext>
      tls;                              // nullptr: plain; its serverName is what agents are checked for
  std::function<std::string()> secret;  // the peers' shared secret, asked for with every request
};

// Loop thread only; the sinks are never called from inside setAgents(), nor after destruction,
// and may call neither.
class ReportPoller {
 public:
  struct Sink {
    std::function<void(const std::string& node, cluster::Report report)> onReport;
    std::function<void(const std::string& node, const std::string& why)> onFailure;
  };
  static std::unique_ptr<ReportPoller> make(net::EventLoop& loop, ReportPollerOptions options, Sink sink);
  virtual ~ReportPoller() = default;
  // Who there is, by node. One whose address has changed is asked anew.
  virtual void setAgents(const std::map<std::string, AgentAddress>& agents) = 0;
};

}  // namespace faasbatch::inventory
