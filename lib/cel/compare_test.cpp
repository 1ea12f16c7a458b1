#include "lib/cel/compare.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lib/cel/expression_testing.h"

namespace faasbatch::cel {
namespace {

TEST(Compare, GoesAcrossTheKindsOfNumbers) {
  for (const char* text :
       {"1 == 1u", "1u == 1.0", "1 < 1.5", "-1 < 0u", "18446744073709551615u > 9223372036854775807",
        "-9223372036854775808 < 0u", "2.5 > 2u", "1 != 2.0", "{1: 2} == {1.0 < 2.0 ? 1u : 2u: 2.0}",
        "[1, 2u] == [1.0, 2]", "{'a': [1]} == {'a': [1.0]}"})
    EXPECT_EQ(run(text), "true") << text;
}

TEST(Compare, DifferingKindsAreNotEqualAndHaveNoOrder) {
  for (const char* text : {"1 == '1'", "null == 0", "[] == {}", "true == 1", "b'a' == 'a'", "int == 'int'"})
    EXPECT_EQ(run(text), "false") << text;
  EXPECT_EQ(run("1 < '1'"), "error 1:3: no such overload: int < string");
  EXPECT_EQ(run("[1] < [2]"), "error 1:5: no such overload: list < list");
}

TEST(Compare, NaNIsEqualToNothing) {
  EXPECT_EQ(run("[double('NaN')].map(x, [x == x, x != x, x < 1.0, x >= 1.0, [x] == [x], x in [x]])"),
            "[[false,true,false,false,false,false]]");
}

// Over all kinds: equality is symmetric, and agrees with the order where there is one.
TEST(Compare, EqualityAgreesWithOrder) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::vector<Value> values = {Value(),
                                     Value::boolean(false),
                                     Value::boolean(true),
                                     Value::integer(INT64_MIN),
                                     Value::integer(-1),
                                     Value::integer(0),
                                     Value::integer(INT64_MAX),
                                     Value::unsignedInteger(0),
                                     Value::unsignedInteger(UINT64_MAX),
                                     Value::real(-0.0),
                                     Value::real(0.5),
                                     Value::real(0x1p63),
                                     Value::real(kInfinity),
                                     Value::real(std::nan("")),
                                     Value::string(""),
                                     Value::string("\xc3\xa4"),
                                     Value::bytes(""),
                                     Value::duration(0),
                                     Value::timestamp(0, 0),
                                     Value::timestamp(0, 1),
                                     Value::list({}),
                                     Value::map({}),
                                     Value::type("int")};
  for (const Value& a : values) {
    for (const Value& b : values) {
      EXPECT_EQ(a == b, b == a);
      const auto order = compareValues(a, b);
      const auto reverse = compareValues(b, a);
      ASSERT_EQ(order.has_value(), reverse.has_value());
      if (!order) continue;
      EXPECT_EQ(*order == 0, a == b);
      EXPECT_EQ(*order < 0, *reverse > 0);
    }
  }
}

TEST(Compare, CostGrowsWithWhatIsCompared) {
  const Value text = Value::string(std::string(1600, 'x'));
  EXPECT_EQ(equalityCost(text, text, 1'000'000), 101U);
  EXPECT_GE(equalityCost(Value::list({text, text}), Value::list({text, text}), 1'000'000), 203U);
  EXPECT_EQ(equalityCost(text, Value::integer(1), 1'000'000), 1U);
}

}  // namespace
}  // namespace faasbatch::cel
