// A pod of native test functions, for tests.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/ids.h"
#include "runtime/testing/runtime_process.h"

namespace faasbatch::supervisor {

inline const std::string kRuntime = FAASBATCH_BIN_DIR "/faasbatch-runtime";
inline const std::string kFunctions = FAASBATCH_BIN_DIR "/../tests/native_test_functions.so";

// HOME names everything that this pod starts.
class NativePod : public testing::RuntimeProcess {
 public:
  explicit NativePod(std::string home = "/tmp/" + base::newName("home"))
      : RuntimeProcess(kRuntime, {"Native", {"HOME=" + home}}), home_(std::move(home)) {}

  // Initialises the pod with the C++ test function `symbol`; true when it is ready.
  bool load(std::string_view symbol, std::string_view mode = "Threads", int limit = 8,
            std::string_view more = "") {
    return init("{\"function\":\"default/wf/fn\",\"digest\":\"d\",\"handler\":\"fn." + std::string(symbol) +
                "\",\"source\":{\"path\":\"" + kFunctions + "\"},\"mode\":\"" + std::string(mode) +
                "\",\"limit\":" + std::to_string(limit) + std::string(more) + "}")
               .status == 200;
  }

  // One line of a batch.
  static std::string line(std::string_view id, std::string_view input, int timeoutMs = 20'000,
                          bool isolate = false) {
    return "{\"id\":\"" + std::string(id) + "\",\"invocation\":\"inv-" + std::string(id) +
           "\",\"run\":\"run\",\"step\":\"step\",\"index\":[3],\"attempt\":2,\"timeoutMs\":" +
           std::to_string(timeoutMs) + (isolate ? ",\"isolate\":true" : "") +
           ",\"input\":" + std::string(input) + "}\n";
  }

  std::size_t processes() const { return processesWith("HOME=" + home_).size(); }

 private:
  std::string home_;
};

}  // namespace faasbatch::supervisor
