// An answer on its way from curl's thread to the loop.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/error.h"
#include "lib/base/loop.h"
#include "lib/net/client.h"
#include "lib/net/http.h"

namespace faasbatch::net {

// Curl's thread fills it, the loop empties it: what has gathered meanwhile goes to the sink in one piece, by
// one task of the loop. Holds `maxUndelivered` bytes and at most one more of curl's pieces.
class CurlStream : public std::enable_shared_from_this<CurlStream> {
 public:
  // `onRoom` tells the worker to go on after it was told that there is no room; `onEnd` comes before the
  // sink's. Both on the loop's thread, and not after close().
  struct Hooks {
    std::function<void()> onRoom;
    std::function<void()> onEnd;
  };
  CurlStream(base::Loop& loop, StreamSink sink, std::size_t maxUndelivered, Hooks hooks);

  // From any thread.
  void takeHead(int status, Headers headers);
  bool takeData(std::string_view data);  // false: there is no room, and nothing was taken
  void takeEnd(base::Result<void> result);

  // On the loop's thread: nothing is told any more. Callable from the sink's functions.
  void close();

 private:
  struct Head {
    int status = 0;
    Headers headers;
  };
  struct Content {
    std::optional<Head> head;
    std::string data;
    std::optional<base::Result<void>> end;
    bool full = false;
  };

  template <class Change>
  void change(Change change);
  void deliver();
  void tell(Content content);

  base::Loop& loop_;
  const std::size_t maxUndelivered_;

  std::mutex mutex_;  // guards the next two
  Content content_;
  bool posted_ = false;

  // The loop's own.
  StreamSink sink_;
  Hooks hooks_;
  bool closed_ = false;
  bool telling_ = false;
};

}  // namespace faasbatch::net
