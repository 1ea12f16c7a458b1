#include "node-agent/runs/outcome.h"

#include <gtest/gtest.h>

#include "node-agent/runs/key_table.h"
#include "node-agent/runs/spill.h"

namespace faasbatch::runs {
namespace {

TEST(Outcome, ReadsBackAsItWasWritten) {
  Outcome outcome;
  outcome.id = "id";
  outcome.output = base::Payload(R"({"a":[1,2]})");
  outcome.receipt.exec = base::Duration(1234567);
  outcome.receipt.wait = base::Duration(1);
  const auto read = outcomeFromJson(toJson(outcome), "id");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->status, engine::RunStatus::kSucceeded);
  EXPECT_EQ(read->output, outcome.output);
  EXPECT_EQ(read->receipt, outcome.receipt);
  EXPECT_EQ(read->id, "id");
}

TEST(Outcome, KeepsAnErrorWhole) {
  Outcome outcome;
  outcome.status = engine::RunStatus::kTimedOut;
  outcome.error = {"Timeout", "after \"5s\"\n", "s", 3};
  const auto read = outcomeFromJson(toJson(outcome), "");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->status, engine::RunStatus::kTimedOut);
  EXPECT_EQ(read->error.type, "Timeout");
  EXPECT_EQ(read->error.message, outcome.error.message);
  EXPECT_EQ(read->error.step, "s");
  EXPECT_EQ(read->error.attempts, 3u);
}

TEST(Outcome, TellsARefusalFromAnAnswer) {
  journal::FinishedRun finished;
  Outcome outcome;
  outcome.output = base::Payload(R"({"refused":true})");
  finished.answer = toJson(outcome);
  EXPECT_FALSE(wasRefused(finished));
  finished.answer.insert(finished.answer.size() - 1, R"(,"refused":true)");
  EXPECT_TRUE(wasRefused(finished));
  EXPECT_EQ(outcomeFromJson(finished.answer, "")->output, outcome.output);
  EXPECT_FALSE(wasRefused(journal::FinishedRun{}));
}

TEST(Outcome, RefusesWhatIsNoObject) { EXPECT_FALSE(outcomeFromJson("[1", "")); }

TEST(Place, KeepsSmallOutputsInline) {
  using Store = engine::OutputRef::Store;
  auto* some = reinterpret_cast<stores::Store*>(1);  // never called
  EXPECT_EQ(place(kMaxInlineBytes, {some, some}, false), Store::kInline);
  EXPECT_EQ(place(kMaxInlineBytes + 1, {some, some}, false), Store::kNode);
  EXPECT_EQ(place(kMaxInlineBytes + 1, {nullptr, some}, false), Store::kCluster);
  EXPECT_EQ(place(kMaxInlineBytes + 1, {some, nullptr}, true), Store::kInline);
  EXPECT_EQ(place(kMaxInlineBytes + 1, {}, false), Store::kInline);
}

TEST(KeyTable, TellsKeysOfDifferentTargetsApart) {
  Invocation a{"ns", "wf", std::nullopt, {}, false, "k"};
  Invocation b = a;
  b.function = "f";
  Invocation c = a;
  c.workflow = "wf2";
  EXPECT_NE(KeyTable::name(a), KeyTable::name(b));
  EXPECT_NE(KeyTable::name(a), KeyTable::name(c));
  EXPECT_EQ(KeyTable::name(a), KeyTable::name(journal::RunHead{"id", "ns", "wf", "", "k", "", {}}));
  KeyTable table;
  table.insert(KeyTable::name(a), "digest");
  ASSERT_NE(table.find(KeyTable::name(a)), nullptr);
  EXPECT_EQ(table.find(KeyTable::name(b)), nullptr);
  table.erase(KeyTable::name(a));
  EXPECT_EQ(table.find(KeyTable::name(a)), nullptr);
}

}  // namespace
}  // namespace faasbatch::runs
