#include "runtime/supervisor/binding_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "lib/testing/temp_dir.h"

namespace faasbatch::supervisor {
namespace {

using ::testing::HasSubstr;

class BindingFiles : public ::testing::Test {
 protected:
  std::string file(const std::string& content) {
    const std::string path = folder_.file("url");
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  static std::string body(const std::string& path) {
    return R"({"handler":"f.h","bindings":[{"name":"plain","kind":"Redis","url":"redis://x"},)"
           R"({"name":"cache","kind":"Redis","urlFile":")" +
           path + R"("}],"limit":3})";
  }
  testing::TempDir folder_;
};

TEST_F(BindingFiles, BecomeUrls) {
  const auto given = withBindingUrls(body(file(" redis://:p\"w@host:1\n")));
  ASSERT_TRUE(given) << given.error().message;
  EXPECT_EQ(*given, R"({"handler":"f.h","bindings":[{"name":"plain","kind":"Redis","url":"redis://x"},)"
                    R"({"name":"cache","kind":"Redis","url":"redis://:p\"w@host:1"}],"limit":3})");
}

TEST_F(BindingFiles, LeaveOtherBodiesAlone) {
  for (const char* same : {R"({"handler":"f.h"})", R"({"bindings":[]})", R"({"bindings":7})", "[]",
                           R"({"bindings":[{"name":"a","url":"u"}], "x": 1})"}) {
    EXPECT_EQ(*withBindingUrls(same), same);
  }
}

TEST_F(BindingFiles, NameWhatCannotBeRead) {
  const base::Error missing = withBindingUrls(body("/no/such/url")).error();
  EXPECT_EQ(missing.kind, "LoadFailed");
  EXPECT_THAT(missing.message, HasSubstr("binding \"cache\": cannot read /no/such/url: No such file"));
  EXPECT_THAT(missing.message, HasSubstr("key \"url\""));
  EXPECT_THAT(withBindingUrls(body(file(" \n"))).error().message, HasSubstr("it is empty"));
  EXPECT_THAT(withBindingUrls(body(file(std::string(kMaxUrlBytes + 1, 'x')))).error().message,
              HasSubstr("longer than a URL"));
}

}  // namespace
}  // namespace faasbatch::supervisor
