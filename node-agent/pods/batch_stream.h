// What a pod answers to a batch: JSON lines, in any split, each about one call (docs/runtime-contract.md,
// /v1/batch).
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/time.h"
#include "node-agent/calls/call.h"

namespace faasbatch::pods {

// The longest line that is taken: a result of 6 MiB, or the log of one call escaped at its worst.
inline constexpr std::size_t kMaxLineBytes = 8 << 20;
inline constexpr std::size_t kMaxLogLinesPerCall = 100'000;

struct ResultLine {
  calls::CallId call = 0;
  std::expected<base::Payload, calls::CallError> outcome;
  base::Duration queue{0};
  base::Duration exec{0};
  base::Duration store{0};
};

struct LogsLine {
  calls::CallId call = 0;
  std::vector<calls::LogLine> lines;
};

// One line without its break. Kind "InvalidLine" with what is wrong. Pure.
base::Result<std::variant<ResultLine, LogsLine>> parseLine(std::string_view line);

// Cuts a byte stream into lines and reads them. Once it has failed it stays failed.
class BatchStream {
 public:
  // Both say whether the pod may speak of that call: otherwise the stream fails, as with a line that is none.
  class Handler {
   public:
    virtual ~Handler() = default;
    virtual bool onResult(ResultLine line) = 0;
    virtual bool onLogs(LogsLine line) = 0;
  };

  base::Result<void> feed(std::string_view data, Handler& handler);
  // The stream is complete: an error where it ended inside a line.
  base::Result<void> end() const;

 private:
  base::Result<void> take(std::string_view line, Handler& handler);

  std::string rest_;  // of a line that is not complete
  bool failed_ = false;
};

}  // namespace faasbatch::pods
