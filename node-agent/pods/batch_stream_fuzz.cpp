// Whatever a pod sends: no crash, and every split gives the same lines.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "node-agent/pods/batch_stream.h"

namespace {

using namespace faasbatch::pods;

class Sum final : public BatchStream::Handler {
 public:
  bool onResult(ResultLine line) override {
    add(line.call);
    add(line.outcome ? line.outcome->size() : line.outcome.error().message.size());
    return true;
  }
  bool onLogs(LogsLine line) override {
    add(line.call);
    for (const auto& log : line.lines) add(log.text.size());
    return true;
  }
  std::uint64_t value = 0;

 private:
  void add(std::uint64_t n) { value = value * 31 + n; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Sum whole;
  BatchStream one;
  const bool ok = one.feed(text, whole).has_value();
  Sum pieces;
  BatchStream many;
  bool okPieces = true;
  for (std::size_t at = 0; at < size && okPieces; at += 3)
    okPieces = many.feed(text.substr(at, 3), pieces).has_value();
  if (ok != okPieces || whole.value != pieces.value) std::abort();
  if (ok && one.end().has_value() != many.end().has_value()) std::abort();
  return 0;
}
