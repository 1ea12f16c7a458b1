#include "lib/cel/operators.h"

#include <gtest/gtest.h>

#include "lib/cel/expression_testing.h"

namespace faasbatch::cel {
namespace {

struct Case {
  const char* text;
  const char* result;
};

void check(std::initializer_list<Case> cases) {
  for (const Case& c : cases) EXPECT_EQ(run(c.text, R"({"a": {"b": [1, 2]}})"), c.result) << c.text;
}

TEST(Arithmetic, StaysWithinSixtyFourBits) {
  check({{"9223372036854775807 + 1", "error 1:21: int overflow: 9223372036854775807 + 1"},
         {"-9223372036854775808 - 1", "error 1:22: int overflow: -9223372036854775808 - 1"},
         {"9223372036854775807 * 2", "error 1:21: int overflow: 9223372036854775807 * 2"},
         {"-9223372036854775808 / -1", "error 1:22: int overflow: -9223372036854775808 / -1"},
         {"-9223372036854775808 % -1", "error 1:22: int overflow: -9223372036854775808 % -1"},
         {"-(-9223372036854775808)", "error 1:1: int overflow: -(-9223372036854775808)"},
         {"0u - 1u", "error 1:4: uint overflow: 0u - 1u"},
         {"18446744073709551615u + 1u", "error 1:23: uint overflow: 18446744073709551615u + 1u"},
         {"1 / 0", "error 1:3: division by zero"},
         {"1u % 0u", "error 1:4: modulus by zero"},
         {"-7 / 2", "-3"},
         {"-7 % 2", "-1"},
         {"1.0 / 0.0 > 1e308", "true"}});
}

TEST(Arithmetic, TakesOperandsOfOneKind) {
  check({{"1 + 1.0", "error 1:3: no such overload: int + double"},
         {"1 + 'a'", "error 1:3: no such overload: int + string"},
         {"1.5 % 1.0", "error 1:5: no such overload: double % double"},
         {"'a' - 'a'", "error 1:5: no such overload: string - string"},
         {"-'a'", "error 1:1: no such overload: -string"},
         {"-(1u)", "error 1:1: no such overload: -uint"},
         {"!1", "error 1:1: no such overload: !int"},
         {"null + null", "error 1:6: no such overload: null_type + null_type"},
         {"[1] + [2, 3]", "[1,2,3]"},
         {"b'a' + b'b' == b'ab'", "true"}});
}

TEST(Arithmetic, KeepsTimesInRange) {
  check({{"timestamp('2024-02-28T23:00:00Z') + duration('2h')", "\"2024-02-29T01:00:00Z\""},
         {"duration('2h') + timestamp(0)", "\"1970-01-01T02:00:00Z\""},
         {"timestamp(10) - timestamp(4)", "\"6s\""},
         {"duration('1h') - duration('90m')", "\"-1800s\""},
         {"timestamp('9999-12-31T23:59:59Z') + duration('1s')",
          "error 1:35: timestamp out of range: the year is not within 1 and 9999"},
         {"duration('2540400h') + duration('2540400h')",
          "error 1:22: duration out of range: 9145440000s + 9145440000s"},
         {"timestamp('9999-12-31T23:59:59Z') - timestamp('0001-01-01T00:00:00Z')",
          "error 1:35: duration out of range: the timestamps are more than 292 years apart"},
         {"duration('1s') * duration('1s')",
          "error 1:16: no such overload: google.protobuf.Duration * google.protobuf.Duration"},
         {"duration('1s') - timestamp(0)",
          "error 1:16: no such overload: google.protobuf.Duration - google.protobuf.Timestamp"}});
}

TEST(Logic, AbsorbsErrors) {
  check({{"1 / 0 > 1 || true", "true"},
         {"true || 1 / 0 > 1", "true"},
         {"1 / 0 > 1 && false", "false"},
         {"missing || true", "true"},
         {"missing && true", "error 1:1: no such variable \"missing\""},
         {"1 / 0 > 1 || 1 % 0 > 1", "error 1:3: division by zero"},
         {"1 || true", "true"},
         {"1 || false", "error 1:1: no such overload: || takes bool, not int"},
         {"true ? 1 : 1 / 0", "1"},
         {"1 ? 2 : 3", "error 1:1: no such overload: ?: takes bool, not int"}});
}

TEST(Access, FindsItemsKeysAndFields) {
  check({{"input.a.b[1]", "2"},
         {"input['a'].b[1.0]", "2"},
         {"[1, 2][1u]", "2"},
         {"{1: 'x'}[1u] + {2u: 'y'}[2.0]", "\"xy\""},
         {"has(input.a) && !has(input.z)", "true"},
         {"has(input.z.a)", "error 1:11: no such key \"z\""},
         {"input.z", "error 1:7: no such key \"z\""},
         {"input[true]", "error 1:6: no such key true"},
         {"[1][1]", "error 1:4: index out of range: 1 in a list of 1"},
         {"[1][-1]", "error 1:4: index out of range: -1 in a list of 1"},
         {"[1][0.5]", "error 1:4: index out of range: 0.5 in a list of 1"},
         {"[1]['a']", "error 1:4: no such overload: list[string]; a list is indexed by numbers"},
         {"'abc'[0]", "error 1:6: no such overload: string[int]; lists and maps are indexed"},
         {"input.a.b.c", "error 1:11: no field \"c\" in a value of type list; only maps have fields"},
         {"has(input.a.b.c)",
          "error 1:1: has() asks for field \"c\" of a value of type list; only maps have fields"},
         {"2 in input.a.b && 'a' in input", "true"},
         {"1 in 'abc'", "error 1:3: no such overload: int in string"},
         {"{1: 1, 1u: 2}", "error 1:8: a key stands twice in the map"},
         {"{1.5: 1}", "error 1:2: a key of a map is a bool, int, uint or string, not double"}});
}

}  // namespace
}  // namespace faasbatch::cel
