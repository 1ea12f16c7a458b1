// Calls that travel together, over real sockets.
#include "node-agent/forwarding/courier.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <stdexcept>

#include "lib/testing/eventually.h"
#include "node-agent/forwarding/call_frames.h"
#include "node-agent/forwarding/call_service.h"
#include "node-agent/forwarding/forwarder.h"
#include "node-agent/peers/service.h"

namespace faasbatch::forwarding {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

net::Response problem(int status, std::string_view reason, std::string_view detail) {
  return {.status = status, .headers = {}, .body = std::string(reason) + ": " + std::string(detail)};
}

// Another agent's peer port, which keeps what is asked of its gateway until the test answers.
class Other {
 public:
  Other(net::EventLoop& loop, bool takesBatches)
      : peers_(loop, metrics_, {.node = "b", .secret = "secret"}),
        service_(peers_, "secret"),
        calls_(
            loop,
            [this](net::Request request, net::Responder responder) {
              if (request.body == "throw") throw std::runtime_error("asked for");
              asked.push_back(std::move(request));
              waiting.push_back(std::move(responder));
            },
            problem) {
    service_.on(std::string(kGatewayPath), [this](net::Request request, net::Responder responder) {
      asked.push_back(std::move(request));
      waiting.push_back(std::move(responder));
    });
    if (takesBatches) {
      service_.on(std::string(kCallsPath), [this](const net::Request& request, net::Responder responder) {
        calls_.handle(request, std::move(responder));
      });
    }
    auto made = net::Server::listen(loop, *net::Endpoint::parse("127.0.0.1:0"), {},
                                    [this](net::Request request, net::Responder responder) {
                                      paths.emplace_back(request.path());
                                      service_.handle(std::move(request), std::move(responder));
                                    });
    server = std::move(*made);
  }

  ~Other() { waiting.clear(); }  // before what answers them

  void answer(std::size_t place, std::string body) {
    net::Response response{.status = 200, .headers = {}, .body = std::move(body)};
    waiting[place].send(std::move(response));
  }
  std::size_t batches() const {
    return static_cast<std::size_t>(std::ranges::count(paths, std::string(kCallsPath)));
  }

  std::vector<net::Request> asked;
  std::vector<net::Responder> waiting;
  std::vector<std::string> paths;
  std::unique_ptr<net::Server> server;

 private:
  telemetry::Registry metrics_;
  peers::Peers peers_;
  peers::PeerService service_;
  CallService calls_;
};

class CourierTest : public testing::Test {
 protected:
  void start(bool takesBatches = true, std::string secret = "secret") {
    other_ = std::make_unique<Other>(*loop_, takesBatches);
    peers_ = std::make_unique<peers::Peers>(*loop_, metrics_,
                                            peers::LinkOptions{.node = "a", .secret = std::move(secret)});
    peers_->update({{"b", other_->server->endpoint(), true}});
    courier_ = std::make_unique<Courier>(*loop_, *peers_, metrics_);
  }
  // In one turn of the loop.
  void call(const std::vector<std::string>& bodies) {
    loop_->post([this, bodies] {
      for (const std::string& body : bodies) sent_.push_back(callOne(body));
    });
  }
  Courier::CallPtr callOne(const std::string& body, const std::string& node = "b") {
    answers_.emplace_back("-");
    return courier_->call(node, {"POST", std::string(kGatewayPath) + "/x", {}, body},
                          [this, place = answers_.size() - 1](base::Result<net::Response> answer) {
                            answers_[place] = answer ? std::to_string(answer->status) + " " + answer->body
                                                     : answer.error().kind;
                          });
  }
  bool until(const std::function<bool()>& condition) { return testing::runUntil(*loop_, condition); }
  bool untilAsked(std::size_t calls) {
    return until([this, calls] { return other_->asked.size() == calls; });
  }
  bool untilAnswered(std::size_t place) {
    return until([this, place] { return answers_.size() > place && answers_[place] != "-"; });
  }

  telemetry::Registry metrics_;
  std::unique_ptr<net::EventLoop> loop_ = net::EventLoop::make();
  std::unique_ptr<Other> other_;
  std::unique_ptr<peers::Peers> peers_;
  std::unique_ptr<Courier> courier_;
  std::vector<Courier::CallPtr> sent_;
  std::vector<std::string> answers_;
};

TEST_F(CourierTest, CallsOfOneTurnTravelTogetherAndAreAnsweredAsTheyEnd) {
  start();
  call({"one", "two", "three"});
  ASSERT_TRUE(untilAsked(3));
  EXPECT_EQ(other_->batches(), 1U);
  EXPECT_EQ(other_->asked[1].body, "two");
  EXPECT_EQ(other_->asked[1].target, std::string(kGatewayPath) + "/x");
  other_->answer(1, "2");
  ASSERT_TRUE(untilAnswered(1));
  EXPECT_THAT(answers_, ElementsAre("-", "200 2", "-"));
  other_->answer(2, "3");
  other_->answer(0, "1");
  ASSERT_TRUE(untilAnswered(0));
  EXPECT_THAT(answers_, ElementsAre("200 1", "200 2", "200 3"));
  // The connection is free again.
  call({"four", "five"});
  ASSERT_TRUE(untilAsked(5));
  other_->answer(3, "4");
  other_->answer(4, "5");
  ASSERT_TRUE(untilAnswered(4));
  EXPECT_EQ(other_->batches(), 2U);
}

TEST_F(CourierTest, OneByItselfTravelsAsItIs) {
  start();
  call({"one"});
  ASSERT_TRUE(untilAsked(1));
  EXPECT_EQ(other_->batches(), 0U);
  other_->answer(0, "1");
  ASSERT_TRUE(untilAnswered(0));
  EXPECT_THAT(answers_, ElementsAre("200 1"));
}

TEST_F(CourierTest, ALargeOneTravelsAlone) {
  start();
  call({"one", std::string(kMaxBytesOfOne + 1, 'x'), "three"});
  ASSERT_TRUE(untilAsked(3));
  EXPECT_EQ(other_->batches(), 1U);
  EXPECT_EQ(std::ranges::count(other_->paths, std::string(kGatewayPath) + "/x"), 1);
}

TEST_F(CourierTest, MoreThanOneRequestTakesTravelInSeveral) {
  start();
  call(std::vector<std::string>(kMaxCallsTogether + 2, "x"));
  ASSERT_TRUE(untilAsked(kMaxCallsTogether + 2));
  EXPECT_EQ(other_->batches(), 2U);
  call(std::vector<std::string>(kMaxBytesTogether / kMaxBytesOfOne + 2, std::string(kMaxBytesOfOne, 'x')));
  ASSERT_TRUE(until([&] { return other_->batches() == 4; }));
}

TEST_F(CourierTest, OneThatOthersWouldBeRefusedWithTravelsAlone) {
  start();
  loop_->post([&] {
    callOne("one");
    net::Request many{"POST", std::string(kGatewayPath) + "/x", {}, "two"};
    for (std::size_t i = 0; i <= kMaxFields; ++i) many.headers.add("Accept", "");
    courier_->call("b", std::move(many), [](const base::Result<net::Response>&) {});
    callOne("three");
  });
  ASSERT_TRUE(untilAsked(3));
  EXPECT_EQ(other_->batches(), 1U);
  EXPECT_EQ(std::ranges::count(other_->paths, std::string(kGatewayPath) + "/x"), 1);
}

TEST_F(CourierTest, AnAnswerThatIsTooLongIsNobodyElsesMatter) {
  start();
  call({"one", "two"});
  ASSERT_TRUE(untilAsked(2));
  other_->answer(0, std::string(kMaxAnswerBytes, 'x'));
  other_->answer(1, "2");
  ASSERT_TRUE(untilAnswered(0) && untilAnswered(1));
  EXPECT_THAT(answers_[0], HasSubstr("500 InternalError: the answer is too long"));
  EXPECT_EQ(answers_[1], "200 2");
}

TEST_F(CourierTest, LargeAnswersArriveWhole) {
  start();
  call({"one", "two"});
  ASSERT_TRUE(untilAsked(2));
  other_->answer(0, std::string(3 << 20, 'x'));
  other_->answer(1, std::string(3 << 20, 'y'));
  ASSERT_TRUE(untilAnswered(0) && untilAnswered(1));
  EXPECT_EQ(answers_[0], "200 " + std::string(3 << 20, 'x'));
  EXPECT_EQ(answers_[1], "200 " + std::string(3 << 20, 'y'));
}

TEST_F(CourierTest, ALostAgentEndsThoseWithoutAnAnswer) {
  start();
  call({"one", "two"});
  ASSERT_TRUE(untilAsked(2));
  other_->answer(1, "2");
  ASSERT_TRUE(untilAnswered(1));
  other_->server.reset();
  ASSERT_TRUE(untilAnswered(0));
  EXPECT_THAT(answers_, ElementsAre("ConnectionLost", "200 2"));
}

TEST_F(CourierTest, WhatCannotBeSentSaysSo) {
  start();
  other_->server.reset();
  call({"one", "two"});
  ASSERT_TRUE(untilAnswered(1));
  EXPECT_THAT(answers_, ElementsAre("ConnectFailed", "ConnectFailed"));
  loop_->post([&] { callOne("three", "nobody"); });
  ASSERT_TRUE(untilAnswered(2));
  EXPECT_EQ(answers_[2], "ConnectFailed");
}

TEST_F(CourierTest, OneIsCancelledWithoutTheOthers) {
  start();
  call({"one", "two"});
  ASSERT_TRUE(untilAsked(2));
  courier_->cancel(sent_[0]);
  EXPECT_THAT(answers_, ElementsAre("Cancelled", "-"));
  other_->answer(0, "1");
  other_->answer(1, "2");
  ASSERT_TRUE(untilAnswered(1));
  EXPECT_THAT(answers_, ElementsAre("Cancelled", "200 2"));
  courier_->cancel(sent_[1]);  // which has ended
  EXPECT_EQ(answers_[1], "200 2");
}

TEST_F(CourierTest, TheConnectionClosesWhenAllAreCancelled) {
  start();
  call({"one", "two"});
  ASSERT_TRUE(untilAsked(2));
  ASSERT_TRUE(until([&] { return peers_->isReady("b"); }));  // its messages have a connection of their own
  const std::size_t before = other_->server->connections();
  courier_->cancel(sent_[0]);
  courier_->cancel(sent_[1]);
  EXPECT_THAT(answers_, ElementsAre("Cancelled", "Cancelled"));
  other_->answer(0, "1");  // a server keeps a connection until it has answered
  other_->answer(1, "2");
  EXPECT_TRUE(until([&] { return other_->server->connections() == before - 1; }));
}

TEST_F(CourierTest, OneThatHasNotLeftIsCancelled) {
  start();
  loop_->post([&] { courier_->cancel(callOne("one")); });
  ASSERT_TRUE(untilAnswered(0));
  EXPECT_THAT(answers_, ElementsAre("Cancelled"));
  call({"two"});
  ASSERT_TRUE(untilAsked(1));
  EXPECT_EQ(other_->asked[0].body, "two");
}

TEST_F(CourierTest, AnOlderAgentIsSentThemOneByOne) {
  start(false);
  call({"one", "two"});
  ASSERT_TRUE(untilAsked(2));
  EXPECT_EQ(other_->batches(), 1U);
  other_->answer(0, "1");
  other_->answer(1, "2");
  ASSERT_TRUE(untilAnswered(0) && untilAnswered(1));
  EXPECT_THAT(answers_, ElementsAre(HasSubstr("200"), HasSubstr("200")));
  call({"three", "four"});
  ASSERT_TRUE(untilAsked(4));
  EXPECT_EQ(other_->batches(), 1U);  // it is not tried again at once
}

TEST_F(CourierTest, ARefusalIsOfAllOfThem) {
  start(true, "wrong");
  call({"one", "two"});
  ASSERT_TRUE(untilAnswered(0) && untilAnswered(1));
  EXPECT_THAT(answers_, ElementsAre(HasSubstr("401"), HasSubstr("401")));
  EXPECT_THAT(other_->asked, IsEmpty());
}

TEST_F(CourierTest, ADroppedCallIsAnswered500) {
  start();
  call({"one", "two"});
  ASSERT_TRUE(untilAsked(2));
  other_->waiting.clear();
  ASSERT_TRUE(untilAnswered(0) && untilAnswered(1));
  EXPECT_THAT(answers_, ElementsAre(HasSubstr("500 InternalError"), HasSubstr("500 InternalError")));
}

TEST_F(CourierTest, OneWhoseHandlerThrowsIsNobodyElsesMatter) {
  start();
  call({"throw", "two"});
  ASSERT_TRUE(untilAsked(1));
  other_->answer(0, "2");
  ASSERT_TRUE(untilAnswered(0) && untilAnswered(1));
  EXPECT_THAT(answers_, ElementsAre(HasSubstr("500 InternalError"), "200 2"));
}

// Straight at the service.
class CallServiceTest : public CourierTest {
 protected:
  net::Response ask(net::Request request) {
    std::optional<net::Response> got;
    const auto client = net::Client::make(*loop_, other_->server->endpoint());
    request.headers.add("Authorization", "Bearer secret");
    client->call(std::move(request), loop_->now() + 10s, [&](base::Result<net::Response> answer) {
      got = std::move(answer).value_or(net::Response{});
    });
    EXPECT_TRUE(until([&] { return got.has_value(); }));
    return got.value_or(net::Response{});
  }
};

TEST_F(CallServiceTest, SaysWhatIsWrong) {
  start();
  const std::string path(kCallsPath);
  EXPECT_EQ(ask({"GET", path, {}, ""}).status, 405);
  const net::Response none = ask({"POST", path, {}, "FBC1?"});
  EXPECT_EQ(none.status, 400);
  EXPECT_THAT(none.body, HasSubstr("ends inside a call"));
  EXPECT_EQ(ask({"POST", path, {}, "FBC1"}).status, 200);
}

TEST_F(CallServiceTest, TakesNothingButCallersRequests) {
  start();
  std::string body(kCallsMagic);
  for (const char* target : {"/v1/peer/messages", "/v1/peer/gatewayx", "/v1/peer/calls"})
    appendCall(body, {"POST", target, {}, ""});
  std::vector<int> statuses;
  AnswerReader reader;
  AnswerReader::Take take = [&](std::uint32_t, const net::Response& answer) {
    statuses.push_back(answer.status);
  };
  EXPECT_TRUE(reader.feed(ask({"POST", std::string(kCallsPath), {}, body}).body, take));
  EXPECT_THAT(statuses, ElementsAre(404, 404, 404));
  EXPECT_THAT(other_->asked, IsEmpty());
}

}  // namespace
}  // namespace faasbatch::forwarding
