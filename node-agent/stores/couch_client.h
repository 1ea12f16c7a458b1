// Requests to one CouchDB database, which is made when it is missing.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/loop.h"
#include "lib/net/curl_client.h"

namespace faasbatch::stores {

inline constexpr base::Duration kCouchLongestCall =
    std::chrono::seconds(60);  // where a caller gives no deadline
inline constexpr base::Duration kCouchOpenTime =
    std::chrono::seconds(10);  // for the database to be found or made

// Loop thread only.
class CouchClient {
 public:
  using Done = std::move_only_function<void(base::Result<net::Response>)>;

  static base::Result<std::unique_ptr<CouchClient>> make(base::Loop& loop, const std::string& url);
  ~CouchClient();  // nothing is called any more
  CouchClient(const CouchClient&) = delete;
  CouchClient& operator=(const CouchClient&) = delete;

  // `done` gets the responses 2xx, 404 of a document and 409; anything else is "StoreUnavailable" or
  // "ValueTooLarge", with what to do. A call that waits for the database may end later than its deadline: by
  // kCouchOpenTime. `target` behind the database's URL; `ifMatch` is a revision or empty. Never from inside
  // the call.
  void call(std::string method, std::string target, std::string body, base::Instant deadline, Done done,
            std::string ifMatch = {});

  const std::string& where() const { return where_; }  // for messages: without the password

 private:
  enum class State { kUnknown, kAsking, kReady };
  struct Call {
    net::Request request;
    base::Instant deadline;
    Done done;
    bool again = false;  // after the database was made
  };

  CouchClient(base::Loop& loop, std::string where, std::unique_ptr<net::CurlClient> curl);
  void start(std::shared_ptr<Call> call);
  void send(const std::shared_ptr<Call>& call);
  void ended(const std::shared_ptr<Call>& call, base::Result<net::Response> result);
  void openDatabase();
  void makeDatabase();
  void opened(const base::Result<net::Response>& result);
  void makeIndex();
  void request(std::string method, std::string target, std::string body, base::Instant deadline, Done done);
  base::Error errorOf(const base::Result<net::Response>& result) const;

  base::Loop& loop_;
  const std::string where_;
  State state_ = State::kUnknown;
  std::vector<std::shared_ptr<Call>> waiting_;  // for the database
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<net::CurlClient> curl_;
};

}  // namespace faasbatch::stores
