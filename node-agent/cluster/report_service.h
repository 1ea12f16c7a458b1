// GET /v1/peer/report: what this agent tells the operator, as a long poll.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <string>

#include "lib/cluster/report.h"
#include "lib/net/loop.h"
#include "lib/net/server.h"

namespace faasbatch::clusterview {

inline constexpr std::size_t kMaxReportWaiters = 16;  // further ones are answered 503
inline constexpr base::Duration kMaxReportWait = std::chrono::seconds(60);
inline constexpr base::Duration kReportPause =
    std::chrono::milliseconds(20);  // changes at once are told at once
inline constexpr base::Duration kMeasureTime =
    std::chrono::seconds(10);  // between looks at what was measured

// Loop thread only. Who may ask is checked by whoever hands the requests on.
class ReportService {
 public:
  // `build` makes the report of now, but for its sequence and incarnation.
  ReportService(net::EventLoop& loop, std::function<cluster::Report()> build);
  ~ReportService();
  ReportService(const ReportService&) = delete;
  ReportService& operator=(const ReportService&) = delete;

  void handle(const net::Request& request, net::Responder responder);

  // Something that the report says may have changed: those who wait are told soon.
  void changed();

 private:
  struct Waiter {
    net::Responder responder;
    base::TimerId timer = 0;
  };

  void look();
  void answer(net::Responder& responder) const;

  net::EventLoop& loop_;
  std::function<cluster::Report()> build_;
  cluster::Report last_;
  std::string text_;  // of it
  std::list<Waiter> waiters_;
  base::TimerId soon_ = 0;
  base::TimerId measure_ = 0;
};

}  // namespace faasbatch::clusterview
