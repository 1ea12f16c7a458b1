// The committed definition is the generator's, and the fixtures are what the compiler says they are.
#include "crds/definition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crds/fixtures.h"
#include "lib/tree/yaml.h"
#include "lib/workflow/manifest.h"

namespace faasbatch::crds {
namespace {

using ::testing::HasSubstr;

TEST(Definition, IsCommittedAsTheGeneratorWritesIt) {
  const auto path =
      std::filesystem::path(FAASBATCH_SOURCE_DIR) / "crds" / "faasbatch.io_functionworkflows.yaml";
  EXPECT_TRUE(testing::readFile(path) == functionWorkflowDefinition())
      << path << " is not what the tables in lib/workflow say: run `make crds` and look at the difference";
}

// As compact JSON `kubectl apply` keeps the object in an annotation, and annotations may have 256 KiB.
TEST(Definition, FitsWhatKubectlApplyRemembers) {
  const auto json = tree::yamlToJson(functionWorkflowDefinition(), tree::kMaxYamlNodes);
  ASSERT_TRUE(json);
  EXPECT_LT(json->size(), 200'000u);
}

TEST(Fixtures, GoodOnesCompile) {
  const auto all = testing::fixtures("good");
  EXPECT_GE(all.size(), 5u);
  for (const testing::Fixture& fixture : all) {
    const auto compiled = workflow::compile(fixture.yaml);
    EXPECT_TRUE(compiled) << fixture.name << ": " << compiled.error()[0].path << ": "
                          << compiled.error()[0].message;
  }
}

TEST(Fixtures, BadOnesAreRefusedWithTheirMessage) {
  const auto all = testing::fixtures("bad");
  EXPECT_GE(all.size(), 60u);
  for (const testing::Fixture& fixture : all) {
    const auto compiled = workflow::compile(fixture.yaml);
    ASSERT_FALSE(compiled) << fixture.name;
    ASSERT_FALSE(fixture.message.empty()) << fixture.name;
    std::string faults;
    for (const workflow::Fault& fault : compiled.error()) faults += fault.path + ": " + fault.message + "\n";
    EXPECT_THAT(faults, HasSubstr(fixture.message)) << fixture.name;
  }
}

}  // namespace
}  // namespace faasbatch::crds
