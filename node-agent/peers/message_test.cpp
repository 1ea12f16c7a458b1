#include "node-agent/peers/message.h"

#include <gmock/gmock.h>

#include <random>

#include "node-agent/peers/message_samples.h"

namespace faasbatch::peers {
namespace {

using testing::HasSubstr;

std::string bodyOf(const std::vector<Message>& messages) {
  std::string body;
  for (const Message& message : messages) append(body, message);
  return body;
}

TEST(Messages, ReadBackAsTheyWereWritten) {
  const std::vector<Message> samples = sampleMessages();
  const std::string body = bodyOf(samples);
  const auto back = decode(body);
  ASSERT_TRUE(back) << back.error().message;
  ASSERT_EQ(back->size(), samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i) EXPECT_EQ((*back)[i].index(), samples[i].index());
  EXPECT_EQ(bodyOf(*back), body);
  const auto& begin = std::get<Begin>((*back)[0]);
  EXPECT_EQ(begin.share.ended[0], sampleEnd());
  EXPECT_EQ(begin.input.payload.view(), "[1, 2]");
  EXPECT_EQ(begin.share.ownership->owner(1), "b \"quoted\"");
  EXPECT_EQ(*std::get<Ended>((*back)[1]).end, sampleEnd());
  const auto& handBack = std::get<HandBack>(back->back());
  EXPECT_EQ(handBack.epoch, 3);
  EXPECT_THAT(handBack.positions, testing::ElementsAre(1, 2));
}

TEST(Messages, OfNoneAreNone) {
  const auto none = decode("");
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
}

TEST(Messages, CutAnywhereAreRefused) {
  for (const Message& message : sampleMessages()) {
    const std::string body = bodyOf({message});
    for (std::size_t cut = 1; cut < body.size(); ++cut) {
      if (cut == kMessagesMagic.size()) continue;  // no message at all
      EXPECT_FALSE(decode(std::string_view(body).substr(0, cut))) << cut;
    }
  }
}

TEST(Messages, DamagedCrashNothing) {
  std::mt19937 rng(1);
  for (const Message& message : sampleMessages()) {
    const std::string body = bodyOf({message});
    for (int i = 0; i < 500; ++i) {
      std::string damaged = body;
      damaged[rng() % damaged.size()] = static_cast<char>(rng());
      if (const auto read = decode(damaged)) bodyOf(*read);
    }
  }
}

std::string frame(std::string_view header, std::string_view payloads = "") {
  std::string body(kMessagesMagic);
  const auto number = [&](std::size_t n) {
    for (int shift = 24; shift >= 0; shift -= 8) body += static_cast<char>(n >> shift);
  };
  number(header.size());
  number(payloads.size());
  return body.append(header).append(payloads);
}

TEST(Messages, SayWhatIsWrong) {
  const std::pair<std::string, const char*> wrongs[] = {
      {"GET / HTTP/1.1", "another version"},
      {frame("{}"), "\"message\""},
      {frame("[]"), "no JSON object"},
      {frame(R"({"message":"dance"})"), "\"message\""},
      {frame(R"({"message":"finish"})"), "\"run\""},
      {frame(R"({"message":"finish","run":"r"})", "12"), "2 bytes"},
      {frame(R"({"message":"finish","run":"r","sizes":[3]})", "12"), "beyond its end"},
      {frame(R"({"message":"finish","run":"r","sizes":[-1]})", "12"), "beyond its end"},
      {frame(R"({"message":"sync","run":"r","epoch":0,"positions":[4294967296]})"), "\"positions\""},
      {frame(
           R"({"message":"ended","run":"r","owner":"b","age":0,"position":0,"epoch":0,"status":"succeeded","output":{"payload":0}})"),
       "\"payload\""},
      {frame(R"({"message":"finish","run":"r"})") + "x", "cut"},
  };
  for (const auto& [body, what] : wrongs) {
    const auto read = decode(body);
    ASSERT_FALSE(read) << body;
    EXPECT_EQ(read.error().kind, "InvalidMessage");
    EXPECT_THAT(read.error().message, HasSubstr(what));
  }
}

// What names more agents than there are, or home as the receiver, could not be folded.
TEST(Messages, RefuseOwnershipThatDoesNotHold) {
  for (const auto& change : std::initializer_list<std::function<void(engine::Ownership&)>>{
           [](auto& o) { o.self = 2; }, [](auto& o) { o.self = 0; }, [](auto& o) { o.owners[0] = 7; },
           [](auto& o) { o.agents[1] = "home"; }}) {
    Message message = sampleMessages()[0];
    auto& begin = std::get<Begin>(message);
    auto ownership = std::make_shared<engine::Ownership>(*begin.share.ownership);
    change(*ownership);
    begin.share.ownership = ownership;
    EXPECT_FALSE(decode(bodyOf({message})));
  }
}

TEST(Messages, AreBoundedInNumber) {
  std::string body;
  for (std::size_t i = 0; i <= kMaxMessages; ++i) append(body, Finish{"r"});
  EXPECT_THAT(decode(body).error().message, HasSubstr("more than"));
}

}  // namespace
}  // namespace faasbatch::peers
