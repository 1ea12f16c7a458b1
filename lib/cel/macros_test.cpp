#include "lib/cel/macros.h"

#include <gtest/gtest.h>

#include "lib/cel/expression_testing.h"

namespace faasbatch::cel {
namespace {

TEST(Macros, GoOverListsAndKeys) {
  EXPECT_EQ(run("[1, 2, 3].all(x, x > 0)"), "true");
  EXPECT_EQ(run("[1, 2, 3].exists(x, x == 2)"), "true");
  EXPECT_EQ(run("[1, 2, 2].exists_one(x, x == 2)"), "false");
  EXPECT_EQ(run("[1, 2, 3].existsOne(x, x == 2)"), "true");
  EXPECT_EQ(run("[1, 2, 3].map(x, x * x)"), "[1,4,9]");
  EXPECT_EQ(run("[1, 2, 3].map(x, x != 2, string(x))"), "[\"1\",\"3\"]");
  EXPECT_EQ(run("[1, 2, 3].filter(x, x % 2 == 1)"), "[1,3]");
  EXPECT_EQ(run("{'b': 1, 'a': 2}.map(k, k)"), "[\"b\",\"a\"]");
  EXPECT_EQ(run("input.filter(k, input[k] > 1)", R"({"a": 1, "b": 2})"), "[\"b\"]");
  EXPECT_EQ(run("[[1, 2], [3]].map(l, l.filter(x, x > 1).map(x, [x, size(l)]))"), "[[[2,2]],[[3,1]]]");
  EXPECT_EQ(run("[].all(x, x.y.z)"), "true");
}

TEST(Macros, AllAndExistsAbsorbErrors) {
  EXPECT_EQ(run("[0, 1].exists(x, 1 / x == 1)"), "true");
  EXPECT_EQ(run("[0, 2].all(x, 1 / x == 1)"), "false");
  EXPECT_EQ(run("[0, 1].all(x, 1 / x == 1)"), "error 1:17: division by zero");
  EXPECT_EQ(run("[0, 1].exists_one(x, 1 / x == 1)"), "error 1:24: division by zero");
  EXPECT_EQ(run("[0, 1].map(x, 1 / x)"), "error 1:17: division by zero");
}

TEST(Macros, NeedTheirForm) {
  EXPECT_EQ(run("[1].all(x)"), "error 1:5: all() is used as list.all(x, condition)");
  EXPECT_EQ(run("[1].map(x)"),
            "error 1:5: map() is used as list.map(x, value) or list.map(x, condition, value)");
  EXPECT_EQ(run("[1].filter(x.y, true)"),
            "error 1:14: the first argument of filter() is the name of a variable, as in list.filter(x, "
            "condition)");
  EXPECT_EQ(run("[1].filter(.x, true)"),
            "error 1:12: the first argument of filter() is the name of a variable, as in list.filter(x, "
            "condition)");
  EXPECT_EQ(run("has(input)"), "error 1:1: has() is used as has(x.field)");
  EXPECT_EQ(run("has(input['a'])"), "error 1:1: has() is used as has(x.field)");
  EXPECT_EQ(run("has(has(input.a))"), "error 1:1: has() is used as has(x.field)");
  EXPECT_EQ(run("all([1], x, true)"), "error 1:1: all() is called on a list: list.all(...)");
  EXPECT_EQ(run("'abc'.map(x, x)"),
            "error 1:7: no such overload: a macro goes over a list or a map, not string");
  EXPECT_EQ(run("[1].filter(x, x)"), "error 1:15: no such overload: filter() takes bool, not int");
}

}  // namespace
}  // namespace faasbatch::cel
