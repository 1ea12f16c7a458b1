#include "node-agent/pods/runtime_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "lib/base/ids.h"
#include "lib/net/server.h"

namespace faasbatch::pods {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

class Probing : public ::testing::Test {
 protected:
  Probing() {
    endpoint_.endpoint = {.kind = net::Endpoint::Kind::kUnix,
                          .path = "/tmp/" + base::newName("faasbatch-test") + ".sock"};
    endpoint_.token = "secret";
  }
  ~Probing() override { unlink(endpoint_.endpoint.path.c_str()); }

  void serve(int status, std::string body) {
    server_ = std::move(
        *net::Server::listen(*loop_, endpoint_.endpoint, {},
                             [this, status, body](const net::Request& request, net::Responder responder) {
                               asked_ = request.method + " " + request.target + " " +
                                        std::string(request.headers.find("Authorization").value_or(""));
                               responder.send({.status = status, .headers = {}, .body = body});
                             }));
  }

  base::Result<PodStatus> probe(base::Duration time = seconds(20)) {
    base::Result<PodStatus> result = base::fail("", "");
    const RuntimeProbe probe(*loop_, endpoint_, loop_->now() + time, [&](base::Result<PodStatus> status) {
      result = std::move(status);
      loop_->stop();
    });
    loop_->run();
    return result;
  }

  std::unique_ptr<net::EventLoop> loop_ = net::EventLoop::make();
  PodEndpoint endpoint_;
  std::unique_ptr<net::Server> server_;
  std::string asked_;
};

TEST_F(Probing, AsksUntilTheRuntimeListens) {
  loop_->after(milliseconds(30), [this] {
    serve(200, R"({"state":"Ready","function":"default/wf/f","digest":"d","recycle":true})");
  });
  const auto status = probe();
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(status->state, "Ready");
  EXPECT_EQ(status->function, "default/wf/f");
  EXPECT_EQ(status->digest, "d");
  EXPECT_TRUE(status->recycle);
  EXPECT_EQ(asked_, "GET /v1/status Bearer secret");
}

TEST_F(Probing, EndsInTimeWithWhy) {
  const auto status = probe(milliseconds(40));
  EXPECT_EQ(status.error().kind, "ConnectFailed");
}

TEST_F(Probing, DoesNotAskAgainWhereThatChangesNothing) {
  serve(401, "{}");
  EXPECT_EQ(probe().error().kind, "Unauthorized");
  serve(404, "{}");
  EXPECT_THAT(probe().error().message, HasSubstr("404"));
  serve(200, "no JSON");
  EXPECT_EQ(probe().error().kind, "InvalidResponse");
}

TEST_F(Probing, SaysNothingOnceItIsDestroyed) {
  serve(200, "{}");
  auto probe = std::make_unique<RuntimeProbe>(*loop_, endpoint_, loop_->now() + seconds(20),
                                              [](const base::Result<PodStatus>&) { FAIL(); });
  probe.reset();
  loop_->after(milliseconds(20), [this] { loop_->stop(); });
  loop_->run();
}

}  // namespace
}  // namespace faasbatch::pods
