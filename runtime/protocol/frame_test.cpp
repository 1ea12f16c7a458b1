#include "runtime/protocol/frame.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "runtime/protocol/heads.h"
#include "runtime/protocol/memfd.h"
#include "runtime/protocol/receive.h"
#include "runtime/protocol/send.h"

namespace faasbatch::protocol {
namespace {

std::string packet(FrameType type, std::uint32_t call, std::string_view head, std::string_view payload) {
  const auto fixed = encodeFixed(type, false, call, head.size(), payload.size());
  return std::string(fixed.data(), fixed.size()).append(head).append(payload);
}

TEST(Frame, IsLaidOutAsThePageSays) {
  const std::string bytes = packet(FrameType::kCall, 0x01020304, "{}", "null");
  EXPECT_EQ(bytes, std::string("\x04\x00\x02\x00\x04\x03\x02\x01\x04\x00\x00\x00{}null", 18));
  const auto frame = decodeFrame(bytes);
  ASSERT_TRUE(frame) << frame.error().message;
  EXPECT_EQ(frame->type, FrameType::kCall);
  EXPECT_EQ(frame->call, 0x01020304u);
  EXPECT_EQ(frame->head, "{}");
  EXPECT_EQ(frame->payload, "null");
}

TEST(Frame, RefusesEveryMalformedShape) {
  const std::string good = packet(FrameType::kResult, 1, "{}", "1");
  ASSERT_TRUE(decodeFrame(good));
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(decodeFrame(good.substr(0, size))) << size;
  EXPECT_FALSE(decodeFrame(good + "x"));
  const auto with = [&](std::size_t at, unsigned char value) {
    std::string changed = good;
    changed[at] = static_cast<char>(value);
    return changed;
  };
  EXPECT_FALSE(decodeFrame(with(0, 0)));
  EXPECT_FALSE(decodeFrame(with(0, 18)));
  EXPECT_FALSE(decodeFrame(with(0, 255)));
  EXPECT_FALSE(decodeFrame(with(1, 2)));
  EXPECT_FALSE(decodeFrame(with(1, 1))) << "a payload inline although it is said to be in a memfd";
  EXPECT_FALSE(decodeFrame(with(2, 3)));
  EXPECT_FALSE(decodeFrame(with(8, 0)));
  EXPECT_FALSE(decodeFrame(with(11, 0x80))) << "a payload of 2 GiB";
  EXPECT_FALSE(decodeFrame(std::string(kMaxPacketBytes + 1, '\x05')));
}

class Sockets : public testing::Test {
 protected:
  void SetUp() override {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    a_.reset(ends[0]);
    b_.reset(ends[1]);
  }
  // Sends raw bytes, with descriptors, as a hostile worker can.
  void sendRaw(std::string_view bytes, std::vector<int> fds) {
    iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(16 * sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!fds.empty()) {
      message.msg_control = control;
      message.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
      cmsghdr* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
      std::memcpy(CMSG_DATA(header), fds.data(), fds.size() * sizeof(int));
    }
    ASSERT_EQ(::sendmsg(a_.get(), &message, 0), static_cast<ssize_t>(bytes.size()));
  }
  FrameReceiver::End receive(std::vector<std::string>& payloads) {
    return receiver_.receive(b_.get(), [&](InFrame& frame) {
      auto payload = frame.payload();
      payloads.push_back(payload ? *payload : payload.error().kind);
    });
  }
  UniqueFd a_, b_;
  FrameReceiver receiver_{4};
};

TEST_F(Sockets, CarrySmallAndLargePayloads) {
  const std::string large(300'000, 'x');
  std::vector<OutFrame> frames(2);
  frames[0] = {FrameType::kCall, 1, "{}", "small", nullptr, {}};
  frames[1] = {FrameType::kCall, 2, "{}", large, nullptr, {}};
  ASSERT_EQ(sendFrames(a_.get(), frames), 2);
  std::vector<std::string> payloads;
  EXPECT_EQ(receive(payloads), FrameReceiver::End::kEmpty);
  ASSERT_EQ(payloads.size(), 2u);
  EXPECT_EQ(payloads[0], "small");
  EXPECT_EQ(payloads[1], large);
  EXPECT_EQ(receive(payloads), FrameReceiver::End::kEmpty);
  a_.reset();
  EXPECT_EQ(receive(payloads), FrameReceiver::End::kClosed);
}

TEST_F(Sockets, SendSaysWhenTheSocketIsFullAndWhenThePeerIsGone) {
  const std::string payload(60'000, 'x');
  std::vector<OutFrame> frames(1);
  frames[0] = {FrameType::kCall, 1, "{}", payload, nullptr, {}};
  int sent = 0;
  while (sendFrames(a_.get(), frames) == 1) ASSERT_LT(++sent, 10'000);
  EXPECT_GT(sent, 0);
  EXPECT_EQ(errno, EAGAIN);
  b_.reset();
  EXPECT_EQ(sendFrames(a_.get(), frames), -1);
}

TEST_F(Sockets, RefuseDescriptorsThatAreNotSealedMemfds) {
  const auto fixed = encodeFixed(FrameType::kResult, true, 1, 0, 10);
  const std::string_view bytes(fixed.data(), fixed.size());
  std::vector<std::string> payloads;

  UniqueFd unsealed(::memfd_create("t", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ASSERT_EQ(::ftruncate(unsealed.get(), 10), 0);
  sendRaw(bytes, {unsealed.get()});
  receive(payloads);
  UniqueFd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  sendRaw(bytes, {file.get()});
  receive(payloads);
  auto tooShort = makeSealed("123456789");
  ASSERT_TRUE(tooShort);
  sendRaw(bytes, {tooShort->get()});
  receive(payloads);
  EXPECT_EQ(payloads, std::vector<std::string>(3, "BadFrame"));

  sendRaw(bytes, {});
  EXPECT_EQ(receive(payloads), FrameReceiver::End::kBad);
  sendRaw(bytes, {file.get(), file.get()});
  EXPECT_EQ(receive(payloads), FrameReceiver::End::kBad);
  sendRaw(bytes, std::vector<int>(12, file.get()));
  EXPECT_EQ(receive(payloads), FrameReceiver::End::kBad);
  sendRaw(std::string(kMaxPacketBytes + 100, 'x'), {});
  EXPECT_EQ(receive(payloads), FrameReceiver::End::kBad);
}

TEST_F(Sockets, ABadFrameIsSaidAlthoughThePeerHasGoneSince) {
  sendRaw("garbage", {});
  a_.reset();
  std::vector<std::string> payloads;
  EXPECT_EQ(receive(payloads), FrameReceiver::End::kBad);
}

TEST(Memfd, CannotBeChangedOnceSealed) {
  auto fd = makeSealed("abc");
  ASSERT_TRUE(fd);
  EXPECT_NE(::ftruncate(fd->get(), 0), 0);
  EXPECT_LT(::pwrite(fd->get(), "x", 1, 0), 0);
  EXPECT_EQ(readSealed(fd->get(), 2), "ab");
}

TEST(Heads, GoThereAndBack) {
  const CallHead call{"inv", "run \"x\"", "step", "[1,2]", 3, 1.5};
  const auto decodedCall = decodeCallHead(encodeCallHead(call));
  ASSERT_TRUE(decodedCall);
  EXPECT_EQ(decodedCall->run, call.run);
  EXPECT_EQ(decodedCall->index, "[1,2]");
  EXPECT_EQ(decodedCall->timeoutSeconds, 1.5);

  const ResultHead result{1, 2, 3, CallError{"ValueError", "x\n", "trace", false}};
  const auto decoded = decodeResultHead(encodeResultHead(result));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->execUs, 2);
  ASSERT_TRUE(decoded->error);
  EXPECT_EQ(decoded->error->message, "x\n");
}

TEST(Heads, AnswerAnyText) {
  for (const char* text : {"", "{", "[]", "1", "{\"e\":}", "{\"e\":1} x", "\xff"}) {
    EXPECT_FALSE(decodeResultHead(text)) << text;
    EXPECT_FALSE(decodeLogHead(text)) << text;
    EXPECT_FALSE(headNumber(text, "pid")) << text;
  }
  const auto odd = decodeResultHead(R"({"q": -5, "e": 1e300, "o": "x", "error": 7})");
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->queueUs, 0);
  EXPECT_EQ(odd->execUs, 0);
  ASSERT_TRUE(odd->error);
}

TEST(Heads, StayWithinTheBoundHoweverLongTheTexts) {
  const std::string huge(1 << 20, '\x01');
  EXPECT_LE(encodeResultHead({1, 2, 3, CallError{huge, huge, huge, true}}).size(), kMaxHeadBytes);
}

}  // namespace
}  // namespace faasbatch::protocol
