// Runs the synthetic function in a real Python, with a store in memory.
#include "lib/workflow/synthetic_function.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

namespace faasbatch::workflow::faasflow {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDriver = R"(
import json, sys, time
import synthetic

class Store:
    def __init__(self): self.values, self.most = {}, 0
    def get(self, key, default=None): return self.values.get(key, default)
    def put(self, key, value, ttl=None):
        assert isinstance(value, bytes) and len(value) <= 4 << 20 and ttl == 600
        self.values[key] = value
        self.most = max(self.most, len(self.values))
    def delete(self, key): return self.values.pop(key, None) is not None

class Context:
    run_id, step, attempt, store = "run", "step", 1, Store()

context = Context()
store = context.store
size = 2_500_000
begin = time.monotonic()
out = synthetic.handler({"seconds": 0.05, "inputs": {}, "outputs": {
    "small": {"size": 5}, "keys": {"keys": 3}, "large": {"size": size, "stored": True},
    "none": {"size": 0, "stored": True}, "unread": {"size": size, "stored": True, "drop": True}}}, context)
assert time.monotonic() - begin >= 0.05
json.dumps(out)
assert out["small"] == "xxxxx" and out["keys"] == ["keys-0", "keys-1", "keys-2"], out
assert out["large"]["size"] == size and out["large"]["pieces"] == 3 and out["none"]["pieces"] == 0
assert len(store.values) == 3 and store.most == 4, "what nobody reads is not kept"

def read(value, **spec):
    return synthetic.handler({"seconds": 0, "inputs": {"i": {"value": value, **spec}}, "outputs": {}}, context)

read(out["small"], size=5)
read(None, size=5)
read({"any": 1})
read([out["large"], out["large"]], size=size)
read(out["large"], size=size, drop=True)
assert not store.values
for value, error in ((out["small"] + "x", ValueError), (out["large"], LookupError)):
    try:
        read(value, size=5)
    except error as e:
        assert "'i'" in str(e), e
    else:
        raise AssertionError(f"{value} was taken")
context.attempt = 2
read(out["large"], size=size, drop=True)
print("ok")
)";

void write(const fs::path& path, std::string_view text) { std::ofstream(path, std::ios::binary) << text; }

TEST(SyntheticFunction, ReadsSleepsAndWritesInARealPython) {
  if (!fs::exists("/usr/bin/python3")) GTEST_SKIP() << "there is no /usr/bin/python3";
  std::string folder = fs::temp_directory_path() / "synthetic-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  write(fs::path(folder) / "synthetic.py", syntheticSource());
  write(fs::path(folder) / "driver.py", kDriver);
  const std::string command = "/usr/bin/python3 -B '" + folder + "/driver.py' 2>&1";
  std::string said;
  {
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    ASSERT_NE(pipe, nullptr);
    std::array<char, 4096> buffer{};
    while (const std::size_t n = fread(buffer.data(), 1, buffer.size(), pipe.get()))
      said.append(buffer.data(), n);
  }
  EXPECT_EQ(said, "ok\n");
  fs::remove_all(folder);
}

}  // namespace
}  // namespace faasbatch::workflow::faasflow
