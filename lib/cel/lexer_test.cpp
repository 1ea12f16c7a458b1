#include "lib/cel/lexer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/cel/expression_testing.h"

namespace faasbatch::cel {
namespace {

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> sources;
  Lexer lexer(text);
  for (auto token = lexer.next();; token = lexer.next()) {
    if (!token) {
      sources.push_back("error at " + std::to_string(token.error().offset));
      return sources;
    }
    if (token->kind == TokenKind::kEnd) return sources;
    sources.emplace_back(token->source);
  }
}

using Words = std::vector<std::string>;

TEST(Lexer, TakesTheLongestToken) {
  EXPECT_EQ(words("a<=b<c==d"), (Words{"a", "<=", "b", "<", "c", "==", "d"}));
  EXPECT_EQ(words("1.5.e 1.e 0x1Fu 1e5u .5"),
            (Words{"1.5", ".", "e", "1", ".", "e", "0x1Fu", "1e5", "u", ".5"}));
  EXPECT_EQ(words("in inner r rb'x' br'\\' b"), (Words{"in", "inner", "r", "rb", "'x'", "br'\\'", "b"}));
}

TEST(Lexer, SkipsBlanksAndComments) {
  EXPECT_EQ(words("a // b\n\t\f\r c//"), (Words{"a", "c"}));
  EXPECT_EQ(words("// nothing"), Words{});
}

TEST(Lexer, PointsAtWhatIsNoToken) {
  EXPECT_EQ(words("a # b"), (Words{"a", "error at 2"}));
  EXPECT_EQ(words("a = b"), (Words{"a", "error at 2"}));
  EXPECT_EQ(words("'a\\q'"), (Words{"error at 2"}));
  EXPECT_EQ(words("`a"), (Words{"error at 0"}));
  EXPECT_EQ(words("18446744073709551616"), (Words{"error at 0"}));
  EXPECT_EQ(words("1e999"), (Words{"error at 0"}));
}

TEST(Literal, MeansWhatItsEscapesSay) {
  EXPECT_EQ(run(R"('\a\b\f\n\r\t\v\\\'\"\`\?' == "\x07\x08\x0c\x0a\x0d\x09\x0b\x5c\x27\x22\x60\x3f")"),
            "true");
  EXPECT_EQ(run(R"('\u00e4\U0001F431\344\XE4')"), "\"\u00e4\U0001F431\u00e4\u00e4\"");
  EXPECT_EQ(run(R"(b'\u00e4')"), "error 1:3: \"\\u\" is for strings, not for bytes");
  EXPECT_EQ(run(R"(b'\377\xfe' == bytes('x'))"), "false");
  EXPECT_EQ(run(R"(r'\n' + R"\x")"), "\"\\\\n\\\\x\"");
  EXPECT_EQ(run("'''a\n'b'\r\nc'''"), "\"a\\n'b'\\nc\"");
  EXPECT_EQ(run("\"\"\"\"a\"\"\""), "\"\\\"a\"");
}

TEST(Literal, SaysWhatIsWrong) {
  EXPECT_EQ(run("'abc"), "error 1:1: the text is not closed with '");
  EXPECT_EQ(run("'''abc''"), "error 1:1: the text is not closed with '''");
  EXPECT_EQ(run("'a\nb'"), "error 1:1: the text is not closed with '");
  EXPECT_EQ(run(R"('\ud800')"), "error 1:2: \"\\u\" names no code point");
  EXPECT_EQ(run(R"('\U00110000')"), "error 1:2: \"\\U\" names no code point");
  EXPECT_EQ(run(R"('\x4')"), "error 1:2: \"\\x\" needs 2 hexadecimal digits");
  EXPECT_EQ(run(R"('\08')"), "error 1:2: \"\\0\" needs 3 octal digits");
  EXPECT_EQ(run(R"('\d')"), "error 1:2: unknown escape \"\\d\"; a backslash is written \"\\\\\"");
}

}  // namespace
}  // namespace faasbatch::cel
