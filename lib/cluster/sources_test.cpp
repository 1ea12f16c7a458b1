#include "lib/cluster/sources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faasbatch::cluster {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Sources, ReadBackWhatIsWritten) {
  const std::vector<SourceDigest> sources = {{"code", "main.py", "aa"}, {"code", "\"odd\"", "bb"}};
  const auto read = readSources(R"({"observedGeneration":3,"sources":)" + sourcesJson(sources) + "}");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, sources);
  EXPECT_EQ(sourcesJson({}), "[]");
}

TEST(Sources, AreNoneWhereTheStatusHasNone) {
  EXPECT_THAT(*readSources("{}"), IsEmpty());
  EXPECT_THAT(*readSources(R"({"sources":null})"), IsEmpty());
}

TEST(Sources, NameWhatIsWrong) {
  EXPECT_THAT(readSources(R"({"sources":[{"name":"a","key":"b","sha256":"c"},{"name":"a","key":7}]})")
                  .error()
                  .message,
              HasSubstr("sources[1].key"));
  EXPECT_THAT(readSources(R"({"sources":[{"name":"a","key":"b"}]})").error().message,
              HasSubstr("sources[0]"));
  EXPECT_EQ(readSources("[").error().kind, "InvalidSources");
}

}  // namespace
}  // namespace faasbatch::cluster
