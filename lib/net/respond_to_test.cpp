#include "lib/net/respond_to.h"

#include <gtest/gtest.h>

namespace faasbatch::net {
namespace {

// What the taker got: "STATUS BODY", "-" for a dropped one; each once.
struct Taken {
  std::vector<std::string> got;
  Responder responder() {
    return respondTo([this](std::optional<Response> response) {
      got.push_back(response ? std::to_string(response->status) + " " + response->body : "-");
    });
  }
};

TEST(RespondTo, GivesWhatIsSentOnce) {
  Taken taken;
  {
    Responder responder = taken.responder();
    EXPECT_FALSE(responder.closed());
    responder.send({.status = 202, .headers = {}, .body = "a"});
    responder.send({.status = 200, .headers = {}, .body = "b"});
    responder.abort();
  }
  EXPECT_EQ(taken.got, std::vector<std::string>{"202 a"});
}

TEST(RespondTo, CollectsWhatIsStreamed) {
  Taken taken;
  {
    Responder responder = taken.responder();
    responder.begin(200, {});
    responder.write("a");
    responder.write("b");
    EXPECT_TRUE(taken.got.empty());
    responder.end("c");
    responder.end("d");
  }
  EXPECT_EQ(taken.got, std::vector<std::string>{"200 abc"});
}

TEST(RespondTo, SaysThatOneWasDropped) {
  Taken taken;
  {
    const Responder responder = taken.responder();
  }
  {
    Responder begun = taken.responder();
    begun.begin(200, {});
    begun.write("a");
  }
  taken.responder().abort();
  EXPECT_EQ(taken.got, (std::vector<std::string>{"-", "-", "-"}));
}

TEST(RespondTo, MovesWithItsTaker) {
  Taken taken;
  Responder first = taken.responder();
  Responder second = std::move(first);
  second = taken.responder();  // the one before is dropped
  second.send({});
  EXPECT_EQ(taken.got, (std::vector<std::string>{"-", "200 "}));
}

}  // namespace
}  // namespace faasbatch::net
