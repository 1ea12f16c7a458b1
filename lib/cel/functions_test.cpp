#include <gtest/gtest.h>

#include "lib/cel/expression_testing.h"

namespace faasbatch::cel {
namespace {

struct Case {
  const char* text;
  const char* result;
};

void check(std::initializer_list<Case> cases) {
  for (const Case& c : cases) EXPECT_EQ(run(c.text), c.result) << c.text;
}

TEST(Functions, MeasureAndName) {
  check({{"size('\u00e4\U0001F431')", "2"},
         {"b'\u00e4'.size()", "2"},
         {"[1, 2].size() + size({1: 2})", "3"},
         {"size(1)", "error 1:1: no such overload: size(int)"},
         {"[type(1), type(1u), type(null), type(type(1))].map(t, t == int)", "[true,false,false,false]"},
         {"type(dyn([])) == list", "true"},
         {"type(timestamp(0)) == google.protobuf.Timestamp", "true"}});
}

TEST(Functions, ConvertToNumbers) {
  check({{"[int('-7'), int('+7'), int(7u), int(-1.9), int(timestamp(5)), int(duration('1us'))]",
          "[-7,7,7,-1,5,1000]"},
         {"int('7.0')", "error 1:1: cannot read \"7.0\" as an int"},
         {"int(' 7')", "error 1:1: cannot read \" 7\" as an int"},
         {"int(9223372036854775808u)", "error 1:1: int out of range: 9223372036854775808u"},
         {"int(9223372036854775807.0)", "error 1:1: int out of range: 9.223372036854776e+18"},
         {"int(double('NaN'))", "error 1:1: int out of range: NaN"},
         {"int(true)", "error 1:1: no such overload: int(bool)"},
         {"[uint('7'), uint(7), uint(1.9)]", "[7,7,1]"},
         {"uint(-1)", "error 1:1: uint out of range: -1"},
         {"uint('-1')", "error 1:1: cannot read \"-1\" as a uint"},
         {"uint(18446744073709551616.0)", "error 1:1: uint out of range: 1.8446744073709552e+19"},
         {"[double(1), double(1u), double('1e3'), double('-.5')]", "[1.0,1.0,1000.0,-0.5]"},
         {"double('1e-400')", "0.0"},
         {"double('1e400')", "error 1:1: cannot read \"1e400\" as a double"},
         {"double('-Infinity') < 0.0", "true"},
         {"bool('T') && !bool('0')", "true"},
         {"bool('yes')", "error 1:1: cannot read \"yes\" as a bool"}});
}

TEST(Functions, ConvertToText) {
  check({{"[string(true), string(-1), string(1u), string('x'), string(b'x')]",
          "[\"true\",\"-1\",\"1\",\"x\",\"x\"]"},
         {"[1.0, 100000.0, 1e6, 1.5e-4, 1e-5, -0.0].map(d, string(d))",
          "[\"1\",\"100000\",\"1e+06\",\"0.00015\",\"1e-05\",\"-0\"]"},
         {"string(double('inf')) + string(double('nan'))", "\"+InfNaN\""},
         {"string(b'\\xff')", "error 1:1: the bytes are not UTF-8"},
         {"string(duration('1h1.5s')) + string(timestamp(0))", "\"3601.5s1970-01-01T00:00:00Z\""},
         {"string([])", "error 1:1: no such overload: string(list)"},
         {"bytes('\u00e4') == b'\\xc3\\xa4'", "true"}});
}

TEST(Functions, SearchText) {
  check({{"'foobar'.contains('oba') && 'foobar'.startsWith('foo') && 'foobar'.endsWith('bar')", "true"},
         {"'foobar'.matches('o+b') && matches('foobar', '^f.*r$') && !'foobar'.matches('^o')", "true"},
         {"'a'.matches(input.x)",
          "error 1:19: no field \"x\" in a value of type null_type; only maps have fields"},
         {"'a'.matches('a' + '[')", "error 1:5: bad regular expression: missing ]: ["},
         {"'t\u00e4o\u00e4'.indexOf('\u00e4')", "1"},
         {"'t\u00e4o\u00e4'.indexOf('\u00e4', 2)", "3"},
         {"'t\u00e4o\u00e4'.lastIndexOf('\u00e4')", "3"},
         {"'t\u00e4o\u00e4'.lastIndexOf('\u00e4', 2)", "1"},
         {"'abc'.indexOf('', 3)", "3"},
         {"'abc'.indexOf('x', 4)", "error 1:7: index out of range: 4"},
         {"'abc'.lastIndexOf('x', -1)", "error 1:7: index out of range: -1"}});
}

TEST(Functions, EditText) {
  check({{"'\u00e4bc'.charAt(0) + 'abc'.charAt(3)", "\"\u00e4\""},
         {"'t\u00e4co'.substring(1) + 't\u00e4co'.substring(0, 2)", "\"\u00e4cot\u00e4\""},
         {"'abc'.substring(4)", "error 1:7: index out of range: 4"},
         {"'abc'.substring(2, 1)", "error 1:7: substring from 2 to 1: the end is before the start"},
         {"'aXbXc'.replace('X', '--') + 'aXbXc'.replace('X', '', 1)", "\"a--b--cabXc\""},
         {"'\u00e4b'.replace('', '-')", "\"-\u00e4-b-\""},
         {"'a,b,,c'.split(',')", "[\"a\",\"b\",\"\",\"c\"]"},
         {"'a,b,,c'.split(',', 2)", "[\"a\",\"b,,c\"]"},
         {"'\u00e4b'.split('')", "[\"\u00e4\",\"b\"]"},
         {"['a', 'b'].join() + ['a', 'b'].join(', ')", "\"aba, b\""},
         {"['a', 1].join()", "error 1:10: join() takes a list of strings; item 1 is of type int"},
         {"'TacoC\u00c6t'.lowerAscii() + 'taco\u03b1'.upperAscii()", "\"tacoc\u00c6tTACO\u03b1\""},
         {"'\\u00a0\\t x\\u3000'.trim()", "\"x\""},
         {"'a\u00e4\U0001F431'.reverse()", "\"\U0001F431\u00e4a\""},
         {"strings.quote('a\"\\n\\\\')", "\"\\\"a\\\\\\\"\\\\n\\\\\\\\\\\"\""},
         {"42.charAt(0)", "error 1:4: no such overload: int.charAt(int)"}});
}

TEST(Functions, ReadTimes) {
  check(
      {{"timestamp('2009-02-13T23:31:30.5+01:00')", "\"2009-02-13T22:31:30.5Z\""},
       {"timestamp('2009-02-30T00:00:00Z')",
        "error 1:1: cannot read \"2009-02-30T00:00:00Z\" as a timestamp such as \"2026-01-02T03:04:05Z\" "
        "(within the "
        "years 1 and 9999)"},
       {"timestamp(253402300800)", "error 1:1: timestamp out of range: 253402300800"},
       {"duration('1h30m1.5s') == duration('5401500ms')", "true"},
       {"duration('1')", "error 1:1: cannot read \"1\" as a duration such as \"1h30m\" (within 292 years)"}});
}

TEST(Functions, SelectPartsOfTimes) {
  const std::string time = "timestamp('2009-02-13T23:31:30.123Z')";
  const auto parts = [&time](const std::string& zone) {
    std::string list = "[";
    for (const char* part : {"getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfYear",
                             "getDayOfWeek", "getHours", "getMinutes", "getSeconds", "getMilliseconds"})
      list += time + "." + part + "(" + zone + "),";
    return run(list + "]");
  };
  EXPECT_EQ(parts(""), "[2009,1,13,12,43,5,23,31,30,123]");
  EXPECT_EQ(parts("'UTC'"), "[2009,1,13,12,43,5,23,31,30,123]");
  EXPECT_EQ(parts("'+02:00'"), "[2009,1,14,13,44,6,1,31,30,123]");
  EXPECT_EQ(parts("'-23:45'"), "[2009,1,12,11,42,4,23,46,30,123]");
  EXPECT_EQ(parts("'Asia/Kathmandu'"), "[2009,1,14,13,44,6,5,16,30,123]");
  check({{"duration('3730.25s').getHours() * 1000000 + duration('3730.25s').getMinutes() * 10000", "1620000"},
         {"duration('-3730.25s').getSeconds()", "-3730"},
         {"duration('3730.25s').getMilliseconds()", "250"}});
}

TEST(Functions, RefuseZonesThatAreNone) {
  for (const char* zone : {"Nowhere/Zone", "/etc/passwd", "../zoneinfo/UTC", "file:/etc/passwd", "Europe",
                           "Europe//Berlin", "+24:00", "+1:60", ":", "1:2:3", "+a:00"}) {
    const std::string result = run("timestamp(0).getHours('" + std::string(zone) + "')");
    EXPECT_TRUE(result.starts_with("error 1:14: unknown time zone \"" + std::string(zone) + "\"")) << result;
  }
}

}  // namespace
}  // namespace faasbatch::cel
