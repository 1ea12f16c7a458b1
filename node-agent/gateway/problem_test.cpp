#include "node-agent/gateway/problem.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "node-agent/gateway/receipt_header.h"

namespace faasbatch::gateway {
namespace {

using engine::RunStatus;
using nlohmann::json;

json bodyOf(const net::Response& response) {
  EXPECT_EQ(response.headers.find("Content-Type"), "application/problem+json");
  return json::parse(response.body);
}

TEST(Problem, HasTheMembersOfRfc9457AndAReason) {
  const json body = bodyOf(problem(404, "WorkflowNotFound", "no \"x\""));
  EXPECT_EQ(body, json({{"type", "tag:faasbatch.io,2026:WorkflowNotFound"},
                        {"title", "No such workflow"},
                        {"status", 404},
                        {"detail", "no \"x\""},
                        {"reason", "WorkflowNotFound"}}));
}

TEST(Problem, SaysWhenToComeAgain) {
  EXPECT_TRUE(problem(429, "QueueFull", "").headers.find("Retry-After"));
  EXPECT_TRUE(problem(503, "Draining", "").headers.find("Retry-After"));
  EXPECT_FALSE(problem(500, "StepFailed", "").headers.find("Retry-After"));
}

TEST(Problem, GivesEveryKindItsStatus) {
  EXPECT_EQ(problemOf(base::Error{"QueueFull", ""}).status, 429);
  EXPECT_EQ(problemOf(base::Error{"JournalFull", ""}).status, 429);
  EXPECT_EQ(problemOf(base::Error{"StoreUnavailable", ""}).status, 503);
  EXPECT_EQ(problemOf(base::Error{"IdempotencyMismatch", ""}).status, 422);
  const net::Response unknown = problemOf(base::Error{"Nosuch", "why"});
  EXPECT_EQ(unknown.status, 500);
  EXPECT_EQ(bodyOf(unknown)["reason"], "InternalError");
}

TEST(Problem, TellsOfARunWhatFailed) {
  runs::Outcome outcome;
  outcome.status = RunStatus::kFailed;
  outcome.error = {"ValueError", "x < 0", "count", 2};
  const json body = bodyOf(problemOf(outcome));
  EXPECT_EQ(body["reason"], "StepFailed");
  EXPECT_EQ(body["status"], 500);
  EXPECT_EQ(body["error"],
            json({{"type", "ValueError"}, {"message", "x < 0"}, {"step", "count"}, {"attempts", 2}}));

  outcome.status = RunStatus::kTimedOut;
  EXPECT_EQ(problemOf(outcome).status, 504);
  outcome.status = RunStatus::kCancelled;
  EXPECT_EQ(problemOf(outcome).status, 409);
  outcome.status = RunStatus::kFailed;
  outcome.error.type = "QueueFull";
  EXPECT_EQ(problemOf(outcome).status, 429);
}

TEST(Problem, ListsEveryFault) {
  const json body = bodyOf(invalidWorkflow({{"spec.a", "bad"}, {"", "worse"}}));
  EXPECT_EQ(body["status"], 422);
  EXPECT_EQ(body["errors"],
            json::array({{{"path", "spec.a"}, {"message", "bad"}}, {{"path", ""}, {"message", "worse"}}}));
}

TEST(ServerTiming, PartsAddUpToTheTotal) {
  calls::Receipt receipt;
  receipt.exec = std::chrono::microseconds(1500);
  receipt.queue = std::chrono::microseconds(250);
  EXPECT_EQ(serverTiming(receipt),
            "total;dur=1.750, engine;dur=0.000, queue;dur=0.250, window;dur=0.000, cold;dur=0.000, "
            "transport;dur=0.000, "
            "exec;dur=1.500, store;dur=0.000");
  receipt.wait = std::chrono::milliseconds(5);
  EXPECT_THAT(serverTiming(receipt), testing::HasSubstr("total;dur=6.750"));
  EXPECT_THAT(serverTiming(receipt), testing::EndsWith(", wait;dur=5.000"));
}

}  // namespace
}  // namespace faasbatch::gateway
