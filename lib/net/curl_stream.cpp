#include "lib/net/curl_stream.h"

#include <utility>

namespace faasbatch::net {

CurlStream::CurlStream(base::Loop& loop, StreamSink sink, std::size_t maxUndelivered, Hooks hooks)
    : loop_(loop), maxUndelivered_(maxUndelivered), sink_(std::move(sink)), hooks_(std::move(hooks)) {}

template <class Change>
void CurlStream::change(Change change) {
  {
    const std::lock_guard lock(mutex_);
    change(content_);
    if (std::exchange(posted_, true)) return;
  }
  loop_.post([self = shared_from_this()] { self->deliver(); });
}

void CurlStream::takeHead(int status, Headers headers) {
  change([&](Content& content) { content.head = {status, std::move(headers)}; });
}

bool CurlStream::takeData(std::string_view data) {
  bool taken = false;
  change([&](Content& content) {
    taken = content.data.size() < maxUndelivered_;
    content.full = !taken;
    if (taken) content.data += data;
  });
  return taken;
}

void CurlStream::takeEnd(base::Result<void> result) {
  change([&](Content& content) { content.end = std::move(result); });
}

void CurlStream::deliver() {
  Content content;
  {
    const std::lock_guard lock(mutex_);
    posted_ = false;
    content = std::exchange(content_, {});
  }
  if (closed_) return;
  telling_ = true;
  tell(std::move(content));
  telling_ = false;
  if (closed_) sink_ = {};
}

void CurlStream::tell(Content content) {
  if (content.head && sink_.onHead) sink_.onHead(content.head->status, content.head->headers);
  if (!closed_ && !content.data.empty() && sink_.onData) sink_.onData(content.data);
  if (closed_) return;
  if (content.end) {
    closed_ = true;
    hooks_.onEnd();
    if (sink_.onEnd) sink_.onEnd(std::move(*content.end));
  } else if (content.full) {
    hooks_.onRoom();
  }
}

// The sink may be what is running.
void CurlStream::close() {
  closed_ = true;
  if (!telling_) sink_ = {};
}

}  // namespace faasbatch::net
