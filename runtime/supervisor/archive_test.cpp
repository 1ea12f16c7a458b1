// Functions that come as an archive.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "lib/base/ids.h"
#include "lib/json/write.h"
#include "lib/testing/temp_dir.h"
#include "runtime/archive/zip_maker.h"
#include "runtime/supervisor/native_pod.h"

namespace faasbatch::supervisor {
namespace {

using archive::makeZip;
using ::testing::HasSubstr;

// A pod with a directory for temporary files of its own.
class ArchivePod : public testing::RuntimeProcess {
 public:
  explicit ArchivePod(const std::string& runtime, const testing::TempDir& temporary)
      : RuntimeProcess(kRuntime, {runtime, {"TMPDIR=" + temporary.path()}}) {}

  net::Response load(std::string_view zip, std::string_view handler, std::string_view mode = "Threads",
                     std::string_view more = "") {
    return loadText(json::quoted(archive::toBase64(zip)), handler, mode, more);
  }
  net::Response loadText(std::string_view text, std::string_view handler, std::string_view mode = "Threads",
                         std::string_view more = "") {
    return init(R"({"function":"default/wf/fn","handler":")" + std::string(handler) +
                R"(","source":{"archive":)" + std::string(text) + R"(},"mode":")" + std::string(mode) + "\"" +
                std::string(more) + "}");
  }
};

class Archive : public ::testing::Test {
 protected:
  bool nothingIsLeft() const { return std::filesystem::is_empty(temporary_.path()); }
  testing::TempDir temporary_;
};

std::string pythonZip() {
  return makeZip({{.path = "app/main.py",
                   .text = "import os\nfrom app import parts\ndef handler(event, context):\n"
                           "    here = os.path.dirname(__file__)\n"
                           "    return [parts.NAME, open(here + '/data.txt').read(), event]\n"},
                  {.path = "app/parts.py", .text = "NAME = 'parts'\n"},
                  {.path = "app/data.txt", .text = "data"}});
}

TEST_F(Archive, APythonModuleIsImportedFromIt) {
  for (const char* mode : {"Threads", "Processes", "Exclusive"}) {
    ArchivePod pod("Python", temporary_);
    const auto loaded = pod.load(pythonZip(), "app.main.handler", mode);
    ASSERT_EQ(loaded.status, 200) << loaded.body;
    const auto answer = pod.batch(NativePod::line("1", "1") + NativePod::line("2", "2", 20'000, true));
    EXPECT_EQ(answer.of("1", "output"), R"(["parts","data",1])");
    EXPECT_EQ(answer.of("2", "output"), R"(["parts","data",2])") << "and in a process of its own";
    pod.signal(SIGTERM);
    EXPECT_EQ(pod.waitForExit(), 0);
    EXPECT_TRUE(nothingIsLeft()) << "it goes with the pod";
  }
}

TEST_F(Archive, AWorkerThatIsReplacedLoadsItAgain) {
  ArchivePod pod("Python", temporary_);
  ASSERT_EQ(pod.load(makeZip({{.path = "fn.py",
                               .text = "import os\ndef handler(event):\n    if event == 'exit':\n"
                                       "        os._exit(1)\n    return os.getpid()\n"}}),
                     "fn.handler")
                .status,
            200);
  const std::string first = pod.batch(NativePod::line("1", "0")).of("1", "output");
  EXPECT_EQ(pod.batch(NativePod::line("2", "\"exit\"")).errorType("2"), "WorkerCrashed");
  const auto answer = pod.batch(NativePod::line("3", "0"));
  EXPECT_EQ(answer.of("3", "status"), "\"Succeeded\"");
  EXPECT_NE(answer.of("3", "output"), first);
}

TEST_F(Archive, ANativeObjectIsLoadedFromIt) {
  std::ifstream file(kFunctions, std::ios::binary);
  const std::string object((std::istreambuf_iterator<char>(file)), {});
  ASSERT_GT(object.size(), 1000U);
  ArchivePod pod("Native", temporary_);
  const auto loaded = pod.load(makeZip({{.path = "lib/fn.so", .text = object}}), "lib.fn.echoes");
  ASSERT_EQ(loaded.status, 200) << loaded.body;
  EXPECT_EQ(pod.batch(NativePod::line("1", "[7]")).of("1", "output"), "[7]");
  ArchivePod other("Native", temporary_);
  EXPECT_THAT(other.load(makeZip({{.path = "lib/fn.so", .text = object}}), "fn.echoes").body,
              HasSubstr("/fn.so: cannot open"));
}

TEST_F(Archive, WhatIsWrongWithItIsSaidAtOnce) {
  struct Case {
    std::string text;
    const char* says;
  };
  const auto quoted = [](const std::string& zip) { return json::quoted(archive::toBase64(zip)); };
  const std::string bomb = makeZip({{.path = "a", .text = std::string(200 << 20, '\0')},
                                    {.path = "b", .text = std::string(60 << 20, '\0')}});
  for (const auto& [text, says] :
       {Case{quoted("no zip at all"), "the archive is no zip"}, Case{"\"%%%\"", "not base64"},
        Case{quoted(bomb), "unpacks to more than 268435456 bytes"},
        Case{quoted(archive::patched(makeZip({{.path = "xx/a", .text = "!"}}), "xx/a", "../a")),
             "leads out of its directory"},
        Case{quoted(makeZip({{.path = "a", .text = "/etc", .mode = S_IFLNK | 0777}})), "symbolic link"},
        Case{quoted(makeZip({{.path = "other.py", .text = "1"}})), "No module named 'fn'"}}) {
    ArchivePod pod("Python", temporary_);
    const auto answer = pod.loadText(text, "fn.handler");
    EXPECT_EQ(answer.status, 422) << says;
    EXPECT_THAT(answer.body, HasSubstr("LoadFailed"));
    EXPECT_THAT(answer.body, HasSubstr(says));
    EXPECT_EQ(pod.status("state"), "\"Failed\"");
    pod.signal(SIGTERM);
    EXPECT_EQ(pod.waitForExit(), 0);
    EXPECT_TRUE(nothingIsLeft());
  }
  ArchivePod pod("Python", temporary_);
  EXPECT_EQ(pod.loadText("7", "fn.handler").status, 400);
}

TEST_F(Archive, UnpackingHasATimeAndAPlace) {
  const std::string zip = makeZip({{.path = "fn.py", .text = std::string(250 << 20, '\n')}});
  ArchivePod pod("Python", temporary_);
  const auto late = pod.load(zip, "fn.handler", "Threads", R"(,"loadTimeoutMs":20)");
  EXPECT_EQ(late.status, 422);
  EXPECT_THAT(late.body, HasSubstr("within 20 ms"));
  std::filesystem::permissions(temporary_.path(), std::filesystem::perms::none);
  ArchivePod nowhere("Python", testing::TempDir());
  EXPECT_THAT(nowhere.load(zip, "fn.handler").body, HasSubstr("set TMPDIR"));
}

TEST_F(Archive, MayBeAsLargeAsTheContractSays) {
  std::string noise(32 << 20, '\0');
  std::uint32_t state = 1;
  for (char& c : noise) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  const std::string zip =
      makeZip({{.path = "fn.py", .text = "def handler(event):\n    return 1\n"},
               {.path = "noise", .text = noise, .method = ZIP_CM_STORE},
               {.path = "more", .text = noise.substr(0, 15 << 20), .method = ZIP_CM_STORE}});
  ASSERT_GT(zip.size(), 47U << 20);
  ArchivePod pod("Python", temporary_);
  const auto loaded = pod.load(zip, "fn.handler");
  EXPECT_EQ(loaded.status, 200) << loaded.body;
  EXPECT_EQ(pod.batch(NativePod::line("1", "0")).of("1", "output"), "1");
}

}  // namespace
}  // namespace faasbatch::supervisor
