// An API server that a test writes the script of: objects that are kept and watched, and whatever goes wrong
// on the way, when the test wants it to.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/net/http.h"
#include "lib/net/loop_thread.h"
#include "lib/net/server.h"
#include "lib/testing/api_objects.h"
#include "lib/testing/namespace.h"

namespace faasbatch::testing {

// What a request meets instead of its answer.
struct ApiFault {
  enum class Kind {
    kAnswer,  // `response`
    kCut,     // the true answer, cut in the middle of it
    kSilent,  // no answer, as long as the server lives
    kStream,  // 200, then `response.body` and no end: a watch that says this
  };
  Kind kind = Kind::kAnswer;
  net::Response response;
};

// On a loopback port and a thread of its own; every method may be called from any thread. Plain HTTP;
// requests are answered whatever their token, unless a fault or acceptOnly() says otherwise. Watches are sent
// what matches their selectors as it happens; bookmarks when the test asks for them.
class ScriptedApiServer {
 public:
  ScriptedApiServer();
  ~ScriptedApiServer();

  std::string url() const { return url_; }

  // Objects, as another client would change them. `path` is that of the collection to add() to, otherwise of
  // the object. What they answer must be success: the test has a mistake otherwise.
  std::string add(const std::string& path, const std::string& json);
  std::string merge(const std::string& path, const std::string& patch);
  void remove(const std::string& path);
  std::string get(const std::string& path);  // empty: there is none

  // The next `times` requests whose "METHOD TARGET" contains `what` meet `fault`; rules are tried in order.
  void script(const std::string& what, ApiFault fault, int times = 1);
  static ApiFault failure(int status, const std::string& reason, const std::string& message = "scripted",
                          const std::string& retryAfter = "");
  void clearScript();
  void acceptOnly(const std::string& token);  // requests that show another one are answered 401 from now on

  void compact();                            // versions before this one are "too old" from now on
  void bookmark();                           // to every watch
  void say(const std::string& line);         // to every watch, as it is
  void endWatches();                         // as a server does when their time is up
  void cutWatches(const std::string& half);  // after saying this
  std::size_t watches();

  struct Seen {
    std::string method;
    std::string target;
    std::string token;  // of the Authorization header
    std::string body;
    std::string accept;
  };
  std::vector<Seen> seen();
  // How many requests' "METHOD TARGET" contain `what`.
  std::size_t count(const std::string& what);

 private:
  struct Watch {
    ApiPath path;
    ApiSelection selection;
    std::int64_t told = 0;
    net::Responder responder;
  };
  struct Rule {
    std::string what;
    ApiFault fault;
    int left = 0;
  };

  void handle(net::Request request, net::Responder responder);
  void meet(const ApiFault& fault, const net::Request& request, net::Responder responder);
  void abortSoon(net::Responder responder);
  ApiAnswer answer(const net::Request& request, const ApiPath& path);
  void openWatch(const net::Request& request, const ApiPath& path, net::Responder responder);
  void tell();  // every watch what it has not been told

  ApiObjects objects_;
  std::list<Watch> watches_;
  std::list<net::Responder> silent_;
  std::list<Rule> rules_;
  std::string accepted_;  // token; empty: all are
  std::vector<Seen> seen_;
  std::string url_;
  std::unique_ptr<net::Server> server_;
  net::LoopThread thread_;  // the last: it ends first
};

}  // namespace faasbatch::testing
