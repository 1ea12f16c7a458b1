// The thread that answers queries from its own connection, so that they never wait for a commit.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "node-agent/journal/database.h"
#include "node-agent/journal/queries.h"

namespace faasbatch::journal {

inline constexpr std::size_t kMaxQueries = 10'000;

class Reader {
 public:
  // Null where there is no connection just now.
  using Job = std::move_only_function<void(Queries*)>;

  explicit Reader(std::string path);
  ~Reader() { stop(); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // Any thread. False: too many are waiting.
  [[nodiscard]] bool ask(Job job);

  // Answers what is queued, then ends the thread.
  void stop();

  // Any thread, not from inside a job: between the two, no connection is open and jobs get null.
  void close();
  void open();

 private:
  struct Connection {
    Database database;
    Queries queries;
  };
  void run();

  const std::string path_;
  std::mutex connectionMutex_;  // held during a job
  std::optional<Connection> connection_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace faasbatch::journal
