#include "node-agent/runs/served_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/json/check.h"

namespace faasbatch::runs {
namespace {

using ::testing::EndsWith;

// Functions a (ConfigMap code/a.py), b (code/b.py) and c (inline), and `status`.
std::string object(const std::string& status) {
  return R"({"apiVersion":"faasbatch.io/v1alpha1","kind":"FunctionWorkflow","metadata":{"name":"wf","generation":3},
    "spec":{"functions":[
      {"name":"a","runtime":"Python","handler":"a.h","source":{"configMap":{"name":"code","key":"a.py"}}},
      {"name":"b","runtime":"Python","handler":"b.h","source":{"configMap":{"name":"code","key":"b.py"}}},
      {"name":"c","runtime":"Python","handler":"c.h","source":{"inline":"def h(e): return e"}}],
    "steps":[{"name":"one","function":"a"},{"name":"two","function":"b"},{"name":"three","function":"c"}]})" +
         status + "}";
}
std::string sources(const std::string& a, const std::string& b) {
  return R"(,"status":{"sources":[{"name":"code","key":"a.py","sha256":")" + a +
         R"("},{"name":"code","key":"b.py","sha256":")" + b + R"("}]})";
}

TEST(CompileServed, MakesWhatConfigMapsHeldPartOfTheDigests) {
  const auto plain = compileServed(object(""), "default");
  const auto first = compileServed(object(sources("aa", "bb")), "default");
  const auto second = compileServed(object(sources("aa", "cc")), "default");
  ASSERT_TRUE(plain && first && second);
  EXPECT_EQ(first->plan->functions[0].source.sha256, "aa");
  EXPECT_NE(first->plan->digest, plain->plan->digest);
  EXPECT_NE(first->plan->digest, second->plan->digest);
  EXPECT_EQ(first->plan->functions[0].digest, second->plan->functions[0].digest);
  EXPECT_NE(first->plan->functions[1].digest, second->plan->functions[1].digest);
  EXPECT_EQ(first->plan->functions[2].digest, plain->plan->functions[2].digest);
}

TEST(CompileServed, GivesTheSameForTheObjectItGives) {
  for (const std::string& status :
       {std::string(), sources("aa", "bb"), std::string(R"(,"status":{"steps":3})")}) {
    const auto once = compileServed(object(status), "default");
    ASSERT_TRUE(once);
    EXPECT_TRUE(json::check(once->object)) << once->object;
    const auto again = compileServed(once->object, "default");
    ASSERT_TRUE(again);
    EXPECT_EQ(again->plan->digest, once->plan->digest);
    EXPECT_EQ(again->object, once->object);
  }
  EXPECT_THAT(compileServed(object(R"(,"status":{"steps":3})"), "default")->object, EndsWith("}"));
}

TEST(CompileServed, NamesFaultsOfSpecAndSources) {
  EXPECT_EQ(compileServed(object(R"(,"status":{"sources":[{}]})"), "default").error().front().path,
            "status.sources");
  EXPECT_FALSE(compileServed("{}", "default"));
}

}  // namespace
}  // namespace faasbatch::runs
