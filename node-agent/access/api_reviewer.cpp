#include "node-agent/access/api_reviewer.h"

#include <utility>

#include "lib/base/mailbox.h"

namespace faasbatch::access {
namespace {

class ApiReviewer final : public Reviewer {
 public:
  ApiReviewer(base::Loop& loop, kube::ClientThread& thread) : thread_(thread), mailbox_(loop) {}

  void authenticate(std::string token,
                    std::move_only_function<void(base::Result<std::optional<User>>)> done) override {
    review(kube::kTokenReviews, tokenReview(token), readTokenReview, std::move(done));
  }

  void authorize(const User& user, const Permission& permission,
                 std::move_only_function<void(base::Result<Decision>)> done) override {
    review(kube::kSubjectAccessReviews, accessReview(user, permission), readAccessReview, std::move(done));
  }

 private:
  template <class Answer>
  void review(const kube::Resource& resource, std::string body,
              base::Result<Answer> (*read)(std::string_view),
              std::move_only_function<void(base::Result<Answer>)> done) {
    thread_.post([resource, body = std::move(body), read, send = mailbox_.sender(),
                  done = std::move(done)](kube::Client& client) mutable {
      client.create(
          resource, "", std::move(body), {},
          [read, send, done = std::move(done)](const kube::Result<kube::Object>& object) mutable {
            base::Result<Answer> answer =
                object ? read(object->json) : std::unexpected(object.error().error());
            send([done = std::move(done), answer = std::move(answer)]() mutable { done(std::move(answer)); });
          });
    });
  }

  kube::ClientThread& thread_;
  const base::Mailbox mailbox_;
};

}  // namespace

std::unique_ptr<Reviewer> makeApiReviewer(base::Loop& loop, kube::ClientThread& thread) {
  return std::make_unique<ApiReviewer>(loop, thread);
}

}  // namespace faasbatch::access
