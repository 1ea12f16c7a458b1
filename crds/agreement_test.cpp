// The API server and the compiler agree: whatever the schema refuses, the compiler refuses too, and what the
// contract says is accepted is accepted by both.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "crds/definition.h"
#include "crds/fixtures.h"
#include "lib/kube/real_api_test.h"
#include "lib/workflow/convert.h"
#include "lib/workflow/manifest.h"

namespace faasbatch::crds {
namespace {

using ::testing::HasSubstr;
using tree::Tree;

constexpr int kMutations = 1500;

class AgreementTest : public kube::RealApiTest {
 protected:
  void SetUp() override {
    kube::RealApiTest::SetUp();
    if (!IsSkipped()) needWorkflows();
  }
  kube::Result<kube::Object> dryRun(const std::string& json) {
    return create(kube::kFunctionWorkflows, "default", json, {.fieldValidation = "Strict", .dryRun = true});
  }
  static std::string json(const std::string& yaml) {
    return tree::yamlToJson(yaml, tree::kMaxYamlNodes).value();
  }
};

std::vector<std::filesystem::path> filesBelow(const std::filesystem::path& folder, std::string_view ending) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().string().ends_with(ending)) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

TEST_F(AgreementTest, EveryExampleIsTaken) {
  const auto files = filesBelow(std::filesystem::path(FAASBATCH_SOURCE_DIR) / "examples", "workflow.yaml");
  EXPECT_GE(files.size(), 5u);
  for (const auto& file : files) {
    for (const std::string& document : workflow::splitDocuments(testing::readFile(file))) {
      const auto made = dryRun(json(document));
      EXPECT_TRUE(made) << file << ": " << made.error().message;
    }
  }
}

TEST_F(AgreementTest, EveryConvertedWorkflowOfFaasFlowIsTaken) {
  const auto folder = std::filesystem::path(FAASBATCH_SOURCE_DIR) / ".." / "shared" / "data" / "faasflow";
  if (!std::filesystem::exists(folder))
    GTEST_SKIP() << folder << " is missing: it holds FaaSFlow's workflows";
  for (const auto& file : filesBelow(folder, ".yaml")) {
    const bool flat = file.string().ends_with(".flat.yaml");
    const auto form = flat ? workflow::FaasflowForm::kFlat : workflow::FaasflowForm::kHierarchical;
    const auto converted = workflow::convertFaasflow(testing::readFile(file), form, {});
    ASSERT_TRUE(converted) << file;
    const auto made = dryRun(*converted);
    EXPECT_TRUE(made) << file << ": " << made.error().message;
  }
}

// Two thousand steps, wherever they stand.
TEST_F(AgreementTest, TheContractsBoundsAreTaken) {
  const auto steps = [](std::size_t n, const std::string& prefix) {
    std::string text = "[";
    for (std::size_t i = 0; i < n; ++i)
      text += (i == 0 ? "" : ",") + (R"({"name":")" + prefix + std::to_string(i) + R"(","wait":"1s"})");
    return text + "]";
  };
  const std::string head =
      R"({"apiVersion":"faasbatch.io/v1alpha1","kind":"FunctionWorkflow","metadata":{"name":"w"},"spec":{"steps":)";
  const std::string shapes[] = {
      steps(2000, "s"), R"([{"name":"g","steps":)" + steps(1999, "s") + "}]",
      R"([{"name":"g","switch":[{"steps":[{"name":"h","steps":)" + steps(1998, "s") + "}]}]}]",
      R"([{"name":"g","steps":[{"name":"h","steps":[{"name":"i","steps":)" + steps(1997, "s") + "}]}]}]"};
  for (const std::string& shape : shapes) {
    const std::string object = head + shape + "}}";
    EXPECT_TRUE(workflow::compile(object));
    const auto made = dryRun(object);
    EXPECT_TRUE(made) << made.error().message;
  }
  EXPECT_FALSE(dryRun(head + steps(2001, "s") + "}}"));
}

TEST_F(AgreementTest, ANullInputAndOutputStayNull) {
  const auto made = dryRun(
      R"({"apiVersion":"faasbatch.io/v1alpha1","kind":"FunctionWorkflow","metadata":{"name":"w"},
          "spec":{"steps":[{"name":"a","workflow":"b","input":null}],"output":null}})");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_THAT(made->json, HasSubstr(R"("input":null)"));
  EXPECT_THAT(made->json, HasSubstr(R"("output":null)"));
}

// A value somewhere in the tree, chosen with equal chances.
Tree* somewhere(Tree& tree, std::mt19937& random) {
  std::vector<Tree*> all;
  std::vector<Tree*> todo{&tree};
  while (!todo.empty()) {
    Tree* next = todo.back();
    todo.pop_back();
    all.push_back(next);
    for (tree::TreeMember& member : next->members) todo.push_back(&member.value);
    for (Tree& item : next->items) todo.push_back(&item);
  }
  return all[random() % all.size()];
}

// Something that a field may not expect.
Tree odd(std::mt19937& random) {
  static const std::vector<std::string> kTexts{
      "",         "0", "-1",  "1s", "a b",   "${x}", "${",    "true", "A",      "a.b", "Threads", "1Gi",
      "http://x", "*", "x=y", "é",  "9000h", "-5s",  "a/b/c", "500m", "Exists", "\n",  "1h 2m",   "null"};
  static const std::vector<std::string> kNumbers{"0",       "1",   "-1",  "1.5",
                                                 "2000000", "1e3", "101", "1000000000000"};
  switch (random() % 7) {
    case 0:
      return Tree{};
    case 1:
      return Tree::boolean(random() % 2 == 0);
    case 2:
      return Tree::number(kNumbers[random() % kNumbers.size()]);
    case 3:
      return Tree::list();
    case 4:
      return Tree::map();
    default:
      return Tree::string(kTexts[random() % kTexts.size()]);
  }
}

void mutate(Tree& object, std::mt19937& random) {
  Tree& place = *somewhere(*object.find("spec"), random);
  switch (random() % 5) {
    case 0:
      place = odd(random);
      return;
    case 1:  // a field less
      if (!place.members.empty())
        place.members.erase(place.members.begin() + static_cast<int>(random() % place.members.size()));
      return;
    case 2:  // twice
      if (!place.items.empty()) place.items.push_back(place.items[random() % place.items.size()]);
      return;
    case 3: {  // a field from elsewhere
      const Tree other = *somewhere(*object.find("spec"), random);
      if (!place.isMap() || other.members.empty()) return;
      const tree::TreeMember& member = other.members[random() % other.members.size()];
      place.remove(member.key);
      place.add(member.key, member.value);
      return;
    }
    default:  // another value of its own
      for (tree::TreeMember& member : place.members) {
        if (random() % 3 == 0) member.value = odd(random);
      }
  }
}

TEST_F(AgreementTest, WhatTheServerRefusesTheCompilerRefuses) {
  std::mt19937 random(7);
  std::vector<Tree> seeds;
  for (const testing::Fixture& fixture : testing::fixtures("good"))
    seeds.push_back(*tree::parseJson(json(fixture.yaml)));
  int refusedByBoth = 0;
  int takenByBoth = 0;
  int disagreements = 0;
  for (int i = 0; i < kMutations && disagreements < 10; ++i) {
    Tree object = seeds[random() % seeds.size()];
    for (std::size_t n = 1 + random() % 2; n > 0; --n) mutate(object, random);
    const std::string text = toJson(object);
    const auto compiled = workflow::compile(text);
    const auto made = dryRun(text);
    if (made) {
      takenByBoth += compiled ? 1 : 0;
      continue;
    }
    refusedByBoth += compiled ? 0 : 1;
    if (!compiled) continue;
    ++disagreements;
    ADD_FAILURE() << "the server alone refuses " << text << "\nas " << made.error().message;
  }
  EXPECT_GT(refusedByBoth, 100);
  EXPECT_GT(takenByBoth, 100);
}

}  // namespace
}  // namespace faasbatch::crds
