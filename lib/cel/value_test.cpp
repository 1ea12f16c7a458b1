#include "lib/cel/value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "lib/cel/map.h"

namespace faasbatch::cel {
namespace {

TEST(Value, KnowsItsKind) {
  EXPECT_EQ(Value().kindName(), "null_type");
  EXPECT_EQ(Value::bytes("x").kindName(), "bytes");
  EXPECT_EQ(Value::timestamp(0, 0).kindName(), "google.protobuf.Timestamp");
  EXPECT_EQ(Value::type("int").kindName(), "type");
}

TEST(Value, ReadsJsonNumbersByTheirForm) {
  EXPECT_EQ(Value::fromJson("7")->kind(), Value::Kind::kInt);
  EXPECT_EQ(Value::fromJson("-9223372036854775808")->asInt(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(Value::fromJson("7.0")->kind(), Value::Kind::kDouble);
  EXPECT_EQ(Value::fromJson("7e0")->kind(), Value::Kind::kDouble);
  EXPECT_EQ(Value::fromJson("9223372036854775808")->kind(), Value::Kind::kDouble);
  EXPECT_EQ(Value::fromJson("18446744073709551615")->asDouble(), 18446744073709551615.0);
}

TEST(Value, RefusesWhatIsNoJson) {
  for (const char* text :
       {"", "{", "[1,]", "nul", "1 2", "{\"a\":}", "\"\xff\"", "\"\\ud800\"", "01", "1e999"}) {
    const auto value = Value::fromJson(text);
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error().kind, "InvalidJson");
    EXPECT_FALSE(value.error().message.empty());
  }
}

TEST(Value, BoundsTheDepthOfJson) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(Value::fromJson(nested(Value::kMaxJsonDepth)));
  EXPECT_FALSE(Value::fromJson(nested(Value::kMaxJsonDepth + 1)));
  EXPECT_FALSE(Value::fromJson(std::string(1'000'000, '[')));
}

TEST(Value, WritesTheJsonItRead) {
  for (const char* text : {"null", "true", "[1,2.5,\"x\"]", "{\"a\":{\"b\":[]},\"c\":-1}", "1e+300", "2.0",
                           "-0.0", "\"\\\"\\\\\\n\\u0001\xc3\xa4\"", "{}"}) {
    const auto value = Value::fromJson(text);
    ASSERT_TRUE(value) << text;
    EXPECT_EQ(value->toJson().value(), text);
  }
}

TEST(Value, WritesOtherKindsAsJsonHasThem) {
  EXPECT_EQ(Value::bytes("any carnal").toJson().value(), "\"YW55IGNhcm5hbA==\"");
  EXPECT_EQ(Value::duration(3'500'000'000).toJson().value(), "\"3.5s\"");
  EXPECT_EQ(Value::timestamp(0, 120'000'000).toJson().value(), "\"1970-01-01T00:00:00.12Z\"");
  EXPECT_EQ(Value::map({{Value::integer(1), Value()}, {Value::boolean(true), Value()}}).toJson().value(),
            "{\"1\":null,\"true\":null}");
  EXPECT_EQ(Value::unsignedInteger(18446744073709551615U).toJson().value(), "18446744073709551615");
}

TEST(Value, SaysWhatJsonCannotHold) {
  const Value same = Value::map({{Value::integer(1), Value()}, {Value::string("1"), Value()}});
  for (const Value& value :
       {Value::real(std::numeric_limits<double>::infinity()), Value::type("int"), same}) {
    const auto json = Value::list({value}).toJson();
    ASSERT_FALSE(json);
    EXPECT_EQ(json.error().kind, "ExpressionFailed");
  }
}

TEST(MapValue, FindsKeysByEqualityWhateverItsSize) {
  for (const int size : {3, 8, 9, 1000}) {
    std::vector<MapValue::Entry> entries;
    for (int i = 0; i < size; ++i) {
      entries.emplace_back(Value::integer(i), Value::integer(i));
      entries.emplace_back(Value::string(std::to_string(i)), Value::integer(-i));
    }
    const MapValue map(entries);
    ASSERT_EQ(map.size(), 2U * static_cast<unsigned>(size));
    for (int i = 0; i < size; ++i) {
      EXPECT_EQ(*map.find(Value::unsignedInteger(static_cast<unsigned>(i))), Value::integer(i));
      EXPECT_EQ(*map.find(Value::real(i)), Value::integer(i));
      EXPECT_EQ(*map.find(std::to_string(i)), Value::integer(-i));
    }
    EXPECT_EQ(map.find(Value::integer(size)), nullptr);
    EXPECT_EQ(map.find(Value::real(0.5)), nullptr);
    EXPECT_EQ(map.find(Value::null()), nullptr);
    EXPECT_EQ(map.find("none"), nullptr);
  }
}

TEST(MapValue, KeepsTheOrderAndTheLastOfEqualKeys) {
  const MapValue map({{Value::string("b"), Value::integer(1)},
                      {Value::string("a"), Value::integer(2)},
                      {Value::string("b"), Value::integer(3)}});
  ASSERT_EQ(map.size(), 2U);
  EXPECT_EQ(map.entries()[0].first, Value::string("b"));
  EXPECT_EQ(map.entries()[0].second, Value::integer(3));
}

// A value whose elements are shared: 2^levels ends in a few blocks of memory.
Value doubled(int levels) {
  Value value = Value::string("end");
  for (int i = 0; i < levels; ++i) value = Value::list({value, value});
  return value;
}

TEST(Value, ASharedValueThatWouldBeAnEndlessTextIsRefused) {
  const auto json = doubled(100).toJson();
  ASSERT_FALSE(json);
  EXPECT_EQ(json.error().kind, "ExpressionFailed");
  EXPECT_THAT(json.error().message, ::testing::HasSubstr("more than 67108864 bytes"));
  EXPECT_EQ(doubled(2).toJson(), R"([["end","end"],["end","end"]])");
  EXPECT_TRUE(doubled(2).toJson(29));
  EXPECT_FALSE(doubled(2).toJson(28));
  const Value text = Value::string(std::string(1 << 20, 'x'));
  EXPECT_FALSE(Value::list(std::vector<Value>(100'000, text)).toJson());
}

TEST(Value, ItsMemoryIsCountedUpToALimit) {
  EXPECT_GE(doubled(100).memoryBytes(1 << 20), 1U << 20);
  EXPECT_LT(doubled(100).memoryBytes(1 << 20), 2U << 20);
  EXPECT_EQ(doubled(5).memoryBytes(1 << 20), doubled(5).memoryBytes());
  Value map = Value::integer(1);
  for (int i = 0; i < 100; ++i) map = Value::map({{Value::integer(1), map}, {Value::integer(2), map}});
  EXPECT_GE(map.memoryBytes(1 << 20), 1U << 20);
  EXPECT_FALSE(map.toJson(1 << 20));
}

}  // namespace
}  // namespace faasbatch::cel
