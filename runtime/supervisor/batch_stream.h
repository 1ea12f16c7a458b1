// A batch that is being answered.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "lib/net/server.h"

namespace faasbatch::supervisor {

// Collects the lines that are known in one turn of the loop and writes them at once: the head with the first
// of them, the end with the last. Keeps the request's body, which the invocations' inputs lie in. Loop thread
// only.
class BatchStream {
 public:
  explicit BatchStream(std::string body) : body_(std::move(body)) {}

  void begin(std::size_t calls, net::Responder responder) {
    left_ = calls;
    responder_.emplace(std::move(responder));
  }
  const std::string& body() const { return body_; }
  void onClosed(std::move_only_function<void()> handler) { responder_->onClosed(std::move(handler)); }

  std::string& lines() { return lines_; }  // append whole lines; flush() sends them
  void callEnded() { --left_; }
  void flush() {
    if (!std::exchange(begun_, true)) {
      net::Headers headers;
      headers.add("Content-Type", "application/jsonl");
      responder_->begin(200, std::move(headers));
    }
    std::string lines = std::exchange(lines_, {});
    if (left_ == 0) return responder_->end(std::move(lines));
    if (!lines.empty()) responder_->write(std::move(lines));
  }

 private:
  std::string body_;
  std::string lines_;
  std::size_t left_ = 0;
  bool begun_ = false;
  std::optional<net::Responder> responder_;
};

}  // namespace faasbatch::supervisor
