#include "node-agent/sources/sources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <optional>

#include "lib/crypto/digest.h"
#include "lib/net/test_server.h"
#include "lib/testing/eventually.h"
#include "lib/testing/temp_dir.h"

namespace faasbatch::sources {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const calls::FunctionKey kKey{"default", "wf", "fn"};
const std::string kZip = "as good as a zip";
constexpr const char* kJson = R"({"archive":"YXMgZ29vZCBhcyBhIHppcA=="})";

class SourcesTest : public ::testing::Test {
 protected:
  SourcesTest() { ::setenv("no_proxy", "*", 1); }

  using Result = std::optional<base::Result<SourceJson>>;
  static workflow::FunctionSpec spec(workflow::Source source) {
    return {.name = "fn", .source = std::move(source)};
  }
  workflow::FunctionSpec archive(const std::string& path, std::string sha256 = crypto::sha256Hex(kZip)) {
    return spec({.kind = workflow::Source::Kind::kArchive,
                 .text = "http://user:secret@" + server_.endpoint().describe() + path,
                 .sha256 = std::move(sha256)});
  }
  static void start(Sources& sources, const workflow::FunctionSpec& function, Result& result) {
    sources.resolve(kKey, function, [&result](base::Result<SourceJson> resolved) {
      EXPECT_FALSE(result.has_value());
      result = std::move(resolved);
    });
  }
  base::Result<SourceJson> resolve(Sources& sources, const workflow::FunctionSpec& function) {
    Result result;
    start(sources, function, result);
    EXPECT_TRUE(faasbatch::testing::runUntil(*loop_, [&] { return result.has_value(); }));
    return *result;
  }
  std::string fault(Sources& sources, const workflow::FunctionSpec& function) {
    const auto result = resolve(sources, function);
    if (result) return "";
    EXPECT_EQ(result.error().kind, "LoadFailed");
    EXPECT_THAT(result.error().message, Not(HasSubstr("secret")));
    return result.error().message;
  }

  // "/zip" is the archive, "/SIZE" that many bytes, "/slow" never answered, "/to" leads to "/zip", the rest
  // 404.
  void serve(const net::Request& request, net::Responder responder) {
    ++asked_;
    const std::string_view path = request.path();
    net::Response response{.status = 200, .headers = {}, .body = kZip};
    if (path == "/slow") return held_.push_back(std::move(responder));
    if (path == "/to") {
      response.status = 302;
      response.headers.add("Location", "/zip");
    } else if (path.size() > 1 && path.find_first_not_of("0123456789", 1) == path.npos) {
      response.body = std::string(std::stoul(std::string(path.substr(1))), 'x');
    } else if (path != "/zip") {
      response.status = 404;
    }
    responder.send(std::move(response));
  }

  std::unique_ptr<net::EventLoop> loop_ = net::EventLoop::make();
  std::atomic<int> asked_ = 0;
  std::vector<net::Responder> held_;
  net::TestServer server_{[this](const net::Request& request, net::Responder responder) {
    serve(request, std::move(responder));
  }};
};

TEST_F(SourcesTest, WhatIsAtHandIsGivenAtOnce) {
  const auto sources = makeSources(*loop_);
  Result result;
  start(*sources, spec({.text = "x = \"1\""}), result);
  ASSERT_TRUE(result && result->has_value());
  EXPECT_EQ(***result, R"({"inline":"x = \"1\""})");
  result.reset();
  start(*sources, spec({.kind = workflow::Source::Kind::kPath, .text = "/a/b.so"}), result);
  EXPECT_EQ(***result, R"({"path":"/a/b.so"})");
}

TEST_F(SourcesTest, AConfigMapIsReadByWhoCan) {
  const auto configMap = spec({.kind = workflow::Source::Kind::kConfigMap, .text = "code", .key = "fn.py"});
  EXPECT_THAT(fault(*makeSources(*loop_), configMap), HasSubstr("\"code\" needs Kubernetes"));
  const auto sources = makeSources(
      *loop_,
      {.cacheDirectory = {},
       .archives = {},
       .readConfigMap = [](const auto& key, const auto& source, Done done) {
         done(std::make_shared<const std::string>(key.nameSpace + "/" + source.text + "/" + source.key));
       }});
  EXPECT_EQ(**resolve(*sources, configMap), "default/code/fn.py");
}

TEST_F(SourcesTest, AnArchiveIsDownloadedOnceAndKept) {
  const faasbatch::testing::TempDir directory;
  const Options options{.cacheDirectory = directory.path(), .archives = {}, .readConfigMap = {}};
  {
    const auto sources = makeSources(*loop_, options);
    std::vector<Result> results(5);
    for (Result& result : results) start(*sources, archive("/zip?token=secret"), result);
    ASSERT_TRUE(faasbatch::testing::runUntil(*loop_, [&] { return results.back().has_value(); }));
    for (const Result& result : results) EXPECT_EQ(***result, kJson);
    EXPECT_EQ((*results[0])->get(), (*results[4])->get()) << "all share one text";
    results.clear();
    std::string upper = crypto::sha256Hex(kZip);
    for (char& c : upper) c = static_cast<char>(std::toupper(c));
    EXPECT_EQ(**resolve(*sources, archive("/elsewhere", upper)), kJson) << "whatever the URL is now";
  }
  EXPECT_EQ(**resolve(*makeSources(*loop_, options), archive("/zip")), kJson) << "of an earlier agent";
  EXPECT_EQ(asked_, 1);
}

TEST_F(SourcesTest, RedirectionsAreFollowed) {
  EXPECT_EQ(**resolve(*makeSources(*loop_), archive("/to")), kJson);
}

TEST_F(SourcesTest, WhatIsWrongIsSaid) {
  const auto sources =
      makeSources(*loop_, {.cacheDirectory = {}, .archives = {.maxBytes = 1000}, .readConfigMap = {}});
  EXPECT_THAT(fault(*sources, archive("/nowhere?secret")),
              HasSubstr("/nowhere cannot be downloaded: it was answered with status 404"));
  const std::string mismatch = fault(*sources, archive("/zip", std::string(64, 'a')));
  EXPECT_THAT(mismatch, HasSubstr("/zip does not have the SHA-256 aaaa"));
  EXPECT_THAT(mismatch, Not(HasSubstr(crypto::sha256Hex(kZip)))) << "it would open what is not the caller's";
  EXPECT_THAT(fault(*sources, archive("/1001")), HasSubstr("is larger than the 1000 bytes allowed"));
  const auto file =
      spec({.kind = workflow::Source::Kind::kArchive, .text = "file:///etc/passwd", .sha256 = ""});
  EXPECT_THAT(fault(*sources, file), HasSubstr("neither http nor https"));
  const auto gone = archive("/zip");
  server_.stop();
  EXPECT_THAT(fault(*sources, gone), HasSubstr("/zip cannot be downloaded: "));
}

TEST_F(SourcesTest, WhereItIsToldSoNothingIsTakenFromThisMachine) {
  const auto sources = makeSources(
      *loop_, {.cacheDirectory = {}, .archives = {.fromThisMachine = false}, .readConfigMap = {}});
  const std::string port = std::to_string(server_.endpoint().port);
  for (const std::string host :
       {"127.0.0.1", "localhost", "127.1", "0", "2130706433", "[::ffff:127.0.0.1]"}) {
    auto function = archive("/zip");
    function.source.text = "http://" + host + ":" + port + "/zip";
    EXPECT_THAT(fault(*sources, function), HasSubstr("not allowed")) << host;
  }
  EXPECT_EQ(asked_, 0);
}

TEST_F(SourcesTest, ADownloadHasATimeAndATurn) {
  const auto sources = makeSources(
      *loop_, {.cacheDirectory = {},
               .archives = {.maxDownloads = 1, .maxResolving = 2, .downloadTime = std::chrono::seconds(1)},
               .readConfigMap = {}});
  Result slow;
  start(*sources, archive("/slow"), slow);
  Result waits;
  start(*sources, archive("/zip"), waits);
  Result refused;
  start(*sources, archive("/zip2"), refused);
  ASSERT_TRUE(refused);
  EXPECT_THAT(refused->error().message, HasSubstr("too many archives"));
  ASSERT_TRUE(faasbatch::testing::runUntil(*loop_, [&] { return waits.has_value(); }));
  ASSERT_TRUE(slow);
  EXPECT_THAT(slow->error().message, HasSubstr("was not downloaded within 1 s"));
  EXPECT_EQ(***waits, kJson);
  server_.on([this] { held_.clear(); });
}

TEST_F(SourcesTest, NothingIsCalledAfterItsEnd) {
  Result slow;
  Result zip;
  {
    const auto sources = makeSources(*loop_);
    start(*sources, archive("/slow"), slow);
    start(*sources, archive("/zip"), zip);
    ASSERT_TRUE(faasbatch::testing::runUntil(*loop_, [&] { return asked_ == 2; }));
  }
  EXPECT_EQ(**resolve(*makeSources(*loop_), archive("/zip")), kJson) << "the loop turns on";
  EXPECT_FALSE(slow);
  server_.on([this] { held_.clear(); });
}

}  // namespace
}  // namespace faasbatch::sources
