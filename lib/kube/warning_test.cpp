#include "lib/kube/warning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faasbatch::kube {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Warning, HoldsOneTextOrSeveral) {
  EXPECT_THAT(parseWarnings(R"(299 - "spec.functions[1]: never called")"),
              ElementsAre("spec.functions[1]: never called"));
  EXPECT_THAT(parseWarnings(R"(299 - "a, \"b\"", 299 host "c" "Wed, 21 Oct 2015 07:28:00 GMT",299 - "")"),
              ElementsAre("a, \"b\"", "c", ""));
}

TEST(Warning, EndsAtWhatIsMalformed) {
  for (const char* text : {"", "299", "299 - text", R"(299 - "open)", R"(299 - "open\)"}) {
    EXPECT_THAT(parseWarnings(text), IsEmpty()) << text;
  }
  EXPECT_THAT(parseWarnings(R"(299 - "a" "open, 299 - "b")"), ElementsAre("a"));
}

}  // namespace
}  // namespace faasbatch::kube
