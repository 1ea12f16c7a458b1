// What a real API server makes of the definition, and of every fixture.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crds/definition.h"
#include "crds/fixtures.h"
#include "lib/kube/real_api_test.h"
#include "lib/workflow/manifest.h"

namespace faasbatch::crds {
namespace {

using ::testing::HasSubstr;

void dropNulls(tree::Tree& tree) {
  std::erase_if(tree.members, [](const tree::TreeMember& member) { return member.value.isNull(); });
  for (tree::TreeMember& member : tree.members) dropNulls(member.value);
  for (tree::Tree& item : tree.items) dropNulls(item);
}

// The spec of a compiled object, without what is null: that the API server leaves out.
std::string specOf(const std::string& object) {
  tree::Tree spec = *tree::parseJson(object).value().find("spec");
  dropNulls(spec);
  return toJson(spec, tree::KeyOrder::kSorted);
}

class ServerTest : public kube::RealApiTest {
 protected:
  void SetUp() override {
    kube::RealApiTest::SetUp();
    if (!IsSkipped()) needWorkflows();
  }
  kube::Result<kube::Object> dryRun(const std::string& yaml) {
    return create(kube::kFunctionWorkflows, "default", tree::yamlToJson(yaml, tree::kMaxYamlNodes).value(),
                  {.fieldValidation = "Strict", .dryRun = true});
  }
};

TEST_F(ServerTest, TakesTheGoodFixturesAndGivesThemTheDefaultsOfTheCompiler) {
  for (const testing::Fixture& fixture : testing::fixtures("good")) {
    const auto made = dryRun(fixture.yaml);
    ASSERT_TRUE(made) << fixture.name << ": " << made.error().message;
    const auto compiled = workflow::compile(fixture.yaml);
    const auto again = workflow::compile(made->json);
    ASSERT_TRUE(compiled && again) << fixture.name;
    EXPECT_EQ(specOf(again->object), specOf(compiled->object)) << fixture.name;
  }
}

TEST_F(ServerTest, RefusesTheBadFixturesAsTheySay) {
  for (const testing::Fixture& fixture : testing::fixtures("bad")) {
    const auto made = dryRun(fixture.yaml);
    EXPECT_EQ(made.has_value(), fixture.schemaAccepts) << fixture.name;
    if (made) continue;
    EXPECT_THAT(made.error().message, HasSubstr(fixture.server)) << fixture.name;
  }
}

}  // namespace
}  // namespace faasbatch::crds
