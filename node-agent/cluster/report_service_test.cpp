#include "node-agent/cluster/report_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "lib/net/client.h"
#include "lib/net/test_server.h"

namespace faasbatch::clusterview {
namespace {

using std::chrono::seconds;

class Reports : public ::testing::Test {
 protected:
  Reports() {
    now_.node = "a";
    service_ = std::make_unique<ReportService>(*loop_, [this] { return now_; });
    server_ = std::move(*net::Server::listen(*loop_, net::tcpLoopback(), {},
                                             [this](const net::Request& request, net::Responder responder) {
                                               service_->handle(request, std::move(responder));
                                             }));
    client_ = net::Client::make(*loop_, server_->endpoint());
  }

  void ask(const std::string& query, std::function<void(const net::Response&)> then) {
    client_->call({.method = "GET", .target = "/v1/peer/report" + query, .headers = {}, .body = {}},
                  loop_->now() + seconds(20),
                  [then = std::move(then)](const base::Result<net::Response>& answer) {
                    ASSERT_TRUE(answer) << answer.error().message;
                    then(*answer);
                  });
  }
  cluster::Report get(const std::string& query = "") {
    cluster::Report report;
    ask(query, [&](const net::Response& answer) {
      EXPECT_EQ(answer.status, 200);
      report = *cluster::reportFromJson(answer.body);
      loop_->stop();
    });
    loop_->run();
    return report;
  }
  static std::string after(const cluster::Report& report, int wait) {
    return "?after=" + std::to_string(report.sequence) + "&incarnation=" + report.incarnation +
           "&wait=" + std::to_string(wait);
  }

  std::unique_ptr<net::EventLoop> loop_ = net::EventLoop::make();
  cluster::Report now_;
  std::unique_ptr<ReportService> service_;
  std::unique_ptr<net::Server> server_;
  std::unique_ptr<net::Client> client_;
};

TEST_F(Reports, AreAnsweredAtOnceWhereTheyAreNew) {
  const cluster::Report first = get();
  EXPECT_EQ(first.node, "a");
  EXPECT_FALSE(first.incarnation.empty());
  EXPECT_EQ(get("?after=999&incarnation=" + first.incarnation + "&wait=20").sequence, first.sequence);
  EXPECT_EQ(get("?after=" + std::to_string(first.sequence) + "&incarnation=other&wait=20").sequence,
            first.sequence);
  EXPECT_EQ(get("?wait=x").sequence, first.sequence);
  EXPECT_EQ(get(after(first, 0)), first);
}

TEST_F(Reports, AreToldAtTheNextChange) {
  const cluster::Report first = get();
  loop_->post([&] {
    now_.pods = 1;
    service_->changed();
    now_.pods = 2;
    service_->changed();
  });
  const cluster::Report second = get(after(first, 20));
  EXPECT_EQ(second.pods, 2U);
  EXPECT_EQ(second.sequence, first.sequence + 1);
}

TEST_F(Reports, WaitNoLongerThanAskedAndKeepTheirSequenceWhereNothingChanged) {
  const cluster::Report first = get();
  loop_->post([&] { service_->changed(); });
  EXPECT_EQ(get(after(first, 1)), first);
}

TEST_F(Reports, BoundThoseWhoWait) {
  const cluster::Report first = get();
  int refused = 0;
  std::size_t told = 0;
  for (std::size_t i = 0; i < kMaxReportWaiters + 3; ++i) {
    ask(after(first, 20), [&](const net::Response& answer) {
      refused += answer.status == 503 ? 1 : 0;
      told += answer.status == 200 ? 1 : 0;
      if (refused == 3 && told == 0) {
        now_.pods = 7;
        service_->changed();
      }
      if (told == kMaxReportWaiters) loop_->stop();
    });
  }
  loop_->run();
  EXPECT_EQ(refused, 3);
}

}  // namespace
}  // namespace faasbatch::clusterview
