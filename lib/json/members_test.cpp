#include "lib/json/members.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

namespace faasbatch::json {
namespace {

TEST(Members, ArePairsOfKeyAndRawSlice) {
  const std::string text = R"( { "a" : 1 , "b\n\u00e9":[1,{"x":"]}"}] , "c":"\"," ,"a":null} )";
  const auto found = members(text);
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->size(), 4U);
  EXPECT_EQ((*found)[0].key, "a");
  EXPECT_EQ((*found)[0].value, "1");
  EXPECT_EQ((*found)[1].key, "b\n\xC3\xA9");
  EXPECT_EQ((*found)[1].value, R"([1,{"x":"]}"}])");
  EXPECT_EQ((*found)[2].value, R"("\",")");
  EXPECT_EQ(find(*found, "a"), "null");  // the last one counts
  EXPECT_EQ(find(*found, "z"), std::nullopt);
}

// Skipped eight bytes at a time, which may end anywhere in the eight.
TEST(Members, AreCutRightAtEveryLength) {
  for (std::size_t length = 0; length < 40; ++length) {
    const std::string text(length, 'x');
    const std::string list = "[[\"" + text + "]\\\"\"]," + std::string(length, '1') + "]";
    std::string object = "{\"";  // members() gives slices of it
    object.append(text).append("\":").append(list).append(",\"b\":\"").append(text).append("\"}");
    const auto found = members(object);
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_EQ(found->size(), 2U);
    EXPECT_EQ((*found)[0].key, text);
    EXPECT_EQ((*found)[0].value, list);
    EXPECT_EQ((*found)[1].value, '"' + text + '"');
  }
}

TEST(Members, RefuseWhatIsNotAnObject) {
  for (const char* text : {"", " ", "[]", "1", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,",
                           "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "{} x", "{\"a\":[}", "{\"a\":\"x}",
                           "{\"\\ud800\":1}", "{\"a\":}", "{\"a\":\"\\", "{\"a\":1 2}"}) {
    const auto found = members(text);
    ASSERT_FALSE(found) << text;
    EXPECT_EQ(found.error().kind, "InvalidJson");
  }
}

TEST(Elements, AreRawSlices) {
  const auto found = elements(R"([ 1, "a,b" ,[2,[3]], {"k":[]} ,true ])");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(*found, (std::vector<std::string_view>{"1", R"("a,b")", "[2,[3]]", R"({"k":[]})", "true"}));
  EXPECT_TRUE(elements(" [ ] ")->empty());
  for (const char* text : {"", "{}", "[", "[1", "[1,", "[1,]", "[,1]", "[1] 2", "[[1]"}) {
    EXPECT_FALSE(elements(text)) << text;
  }
}

TEST(Scalars, TakeOnlyTheirOwnType) {
  EXPECT_EQ(asString(R"("a\tb")"), "a\tb");
  EXPECT_EQ(asString(R"("\ud83d\ude00")"), "\xF0\x9F\x98\x80");
  for (const char* text :
       {"", "\"", "a", "1", R"("a"b")", R"("\u12")", R"("\")", R"("\udc00")", "\"\xC0\x80\""}) {
    EXPECT_EQ(asString(text), std::nullopt) << text;
  }
  EXPECT_EQ(asInt("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(asInt("9223372036854775808"), std::nullopt);
  for (const char* text : {"", "1.0", "1e3", "\"1\"", "+1", " 1", "-", "true"}) {
    EXPECT_EQ(asInt(text), std::nullopt) << text;
  }
  EXPECT_EQ(asDouble("-2.5e3"), -2500.0);
  EXPECT_EQ(asDouble("3"), 3.0);
  for (const char* text : {"", "inf", "nan", "-inf", "1e999", "0x10", ".5", "\"1\""}) {
    EXPECT_EQ(asDouble(text), std::nullopt) << text;
  }
  EXPECT_EQ(asBool("true"), true);
  EXPECT_EQ(asBool("false"), false);
  EXPECT_EQ(asBool("null"), std::nullopt);
}

class RandomDocuments {
 public:
  nlohmann::json make(int depth) {
    switch (random_() % (depth > 0 ? 7 : 5)) {
      case 0:
        return nullptr;
      case 1:
        return random_() % 2 == 0;
      case 2:
        return static_cast<std::int64_t>(random_()) - (1LL << 31);
      case 3:
        return static_cast<double>(random_()) / 1024;
      case 4:
        return text();
      case 5: {
        auto array = nlohmann::json::array();
        for (auto n = random_() % 5; n > 0; --n) array.push_back(make(depth - 1));
        return array;
      }
      default: {
        auto object = nlohmann::json::object();
        for (auto n = random_() % 5; n > 0; --n) object[text()] = make(depth - 1);
        return object;
      }
    }
  }

  int indent() { return static_cast<int>(random_() % 4) - 1; }
  bool ascii() { return random_() % 2 == 0; }

 private:
  std::string text() {
    static const std::vector<std::string> kPieces = {
        "a", "\"", "\\", "[", "}", ",", ":", "\n", "\xC3\xA9", "\xF0\x9F\x98\x80", "\x01", " ", "{"};
    std::string result;
    for (auto n = random_() % 8; n > 0; --n) result += kPieces[random_() % kPieces.size()];
    return result;
  }

  std::mt19937 random_{11};
};

TEST(Members, AgreeWithTheLibraryOnRandomDocuments) {
  RandomDocuments documents;
  for (int round = 0; round < 20'000; ++round) {
    const auto document = documents.make(4);
    const std::string text = document.dump(documents.indent(), ' ', documents.ascii());
    const auto object = members(text);
    ASSERT_EQ(object.has_value(), document.is_object()) << text;
    if (object) {
      ASSERT_EQ(object->size(), document.size()) << text;
      for (const auto& [key, value] : *object)
        ASSERT_EQ(nlohmann::json::parse(value), document.at(key)) << text;
    }
    const auto array = elements(text);
    ASSERT_EQ(array.has_value(), document.is_array()) << text;
    for (std::size_t i = 0; array && i < array->size(); ++i) {
      ASSERT_EQ(nlohmann::json::parse((*array)[i]), document.at(i)) << text;
    }
    if (document.is_string()) {
      ASSERT_EQ(asString(text), document.get<std::string>());
    }
  }
}

}  // namespace
}  // namespace faasbatch::json
