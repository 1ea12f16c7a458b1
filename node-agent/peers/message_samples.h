// For tests: one message of each kind, with everything in it.
#pragma once

#include <memory>
#include <vector>

#include "node-agent/peers/message.h"

namespace faasbatch::peers {

inline engine::StepEnd sampleEnd() {
  using engine::OutputRef;
  engine::OutputValue inlined;
  inlined.ref.payload = base::Payload("{\"a\":\n\"\\u0000\"}");
  inlined.ref.size = inlined.ref.payload.size();
  engine::OutputValue stored{.ref = {OutputRef::Store::kCluster, {}, "fb:run:1", 70'000}};
  engine::StepEnd end{.position = 3, .epoch = 2};
  end.output = {.ref = {}, .items = {inlined, stored, inlined}, .list = true};
  end.receipt.exec = std::chrono::milliseconds(5);
  end.began = std::chrono::milliseconds(6);
  end.cause = 1;
  end.attempts = 2;
  end.records = {R"({"name":"s","attempts":[]})", 1, true};
  return end;
}

inline std::vector<Message> sampleMessages() {
  auto ownership = std::make_shared<engine::Ownership>();
  ownership->agents = {"home", "b \"quoted\""};
  ownership->owners = {0, 1, 1, 0};
  ownership->self = 1;
  Begin begin{
      .run = "run-1", .main = {"default", "w", "abc"}, .others = {{"inner", {"default", "inner", "def"}}}};
  begin.input = {.store = engine::OutputRef::Store::kInline, .payload = base::Payload("[1, 2]"), .size = 6};
  begin.deadline = {1'700'000'000'000'000'000};
  begin.age = std::chrono::milliseconds(7);
  begin.share = {.ownership = ownership, .epoch = 2, .createdAt = {1'600'000'000'000'000'000}};
  begin.share.given = {{2, 1, {5}}};
  engine::StepEnd failed{.position = 0, .status = engine::StepEnd::Status::kFailed};
  failed.error = {"Bad", "line\nbreak", "s", 3};
  begin.share.ended = {sampleEnd(), {.position = 0, .status = engine::StepEnd::Status::kSkipped}};
  engine::RemoteProgress progress{.from = "", .position = 1, .epoch = 2, .attempts = 1};
  progress.began = std::chrono::milliseconds(1);
  progress.records = {R"({"name":"s"})", 1, false};
  progress.waits = "step \"s\" waits for a pod";
  return {begin,
          Ended{"run-1", "b", std::make_shared<engine::StepEnd>(sampleEnd())},
          Ended{"run-1", "b", std::make_shared<engine::StepEnd>(failed)},
          Progress{"run-1", {progress}, 5, "{\"text\":\"a\"}\n"},
          Progress{"run-1", {}, 0, ""},
          Finish{"run-1"},
          Sync{"run-1", 2, {0, 3}},
          Lacking{"run-1", 2, {}},
          Unknown{"run-1"},
          NeedPlans{"run-1", {{"default", "w", "abc"}}},
          Plans{"run-1", {"{\"kind\":1}", "{}"}, {{"default", "x", "1"}}},
          Alive{{"run-1", "run-2"}},
          HandBack{"run-1", 3, {1, 2}}};
}

}  // namespace faasbatch::peers
