#include <sys/wait.h>

#include <algorithm>
#include <thread>
#include <utility>
#include <vector>

#include "lib/json/write.h"
#include "lib/kube/exec_plugin.h"
#include "lib/kube/run_program.h"

namespace faasbatch::kube {
namespace {

constexpr base::Duration kRenewBefore = std::chrono::seconds(10);  // it expires
constexpr std::size_t kMaxWaiting = 1000;

std::string describe(int status) {
  if (WIFEXITED(status)) return "exit status " + std::to_string(WEXITSTATUS(status));
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
  return "an unknown status";
}

// The end of what it said, on one line.
std::string said(std::string errors) {
  std::ranges::replace_if(errors, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  while (errors.ends_with(' ')) errors.pop_back();
  return errors.empty() ? "" : ": " + errors;
}

// On the plugin's thread.
base::Result<ExecCredential> run(const ExecPlugin& plugin, const std::stop_token& stop) {
  ProgramCall call{.argv = {plugin.command}, .time = kExecPluginTime, .maxOutput = kMaxExecPluginBytes};
  call.argv.insert(call.argv.end(), plugin.args.begin(), plugin.args.end());
  for (const auto& [name, value] : plugin.env) call.environment.push_back(name + "=" + value);
  call.environment.push_back("KUBERNETES_EXEC_INFO=" + execInfo(plugin));
  const auto fail = [&plugin](const std::string& why) {
    return base::fail("CredentialsUnavailable",
                      "the credential plugin " + json::quoted(plugin.command) + " " + why);
  };
  auto end = runProgram(call, stop);
  if (!end) {
    const bool missing = end.error().kind == "ProgramNotFound";
    const std::string hint = missing && !plugin.installHint.empty() ? ". " + plugin.installHint : "";
    return fail("cannot be run: " + end.error().message + hint);
  }
  // A status that somebody else took says nothing; then what was printed decides.
  if (end->status != 0 && end->status != -1) {
    return fail("ended with " + describe(end->status) + said(std::move(end->errors)));
  }
  return parseExecCredential(plugin, end->output);
}

class ExecToken final : public TokenSource, public std::enable_shared_from_this<ExecToken> {
 public:
  ExecToken(base::Loop& loop, ExecPlugin plugin) : loop_(loop), plugin_(std::move(plugin)) {}

  void get(Done done) override {
    if (cached_ && (!cached_->expires || loop_.now() + kRenewBefore < *cached_->expires)) {
      loop_.post([done = std::move(done), credential = cached_->credential]() mutable {
        done(std::move(credential));
      });
      return;
    }
    if (waiting_.size() >= kMaxWaiting) {
      loop_.post([done = std::move(done)]() mutable {
        done(base::fail("CredentialsUnavailable", "too many requests wait for the credential plugin"));
      });
      return;
    }
    waiting_.push_back(std::move(done));
    if (waiting_.size() == 1) start();
  }

  void invalidate() override { cached_ = std::nullopt; }

 private:
  void start() {
    thread_ =
        std::jthread([plugin = plugin_, &loop = loop_, weak = weak_from_this()](const std::stop_token& stop) {
          auto result = run(plugin, stop);
          if (stop.stop_requested()) return;
          loop.post([weak, result = std::move(result)]() mutable {
            if (const auto self = weak.lock()) self->finish(std::move(result));
          });
        });
  }

  void finish(base::Result<ExecCredential> result) {
    thread_.join();  // it has ended but for its last words
    auto waiting = std::exchange(waiting_, {});
    if (result) cached_ = *result;
    for (Done& done : waiting) {
      if (result) {
        done(result->credential);
      } else {
        done(std::unexpected(result.error()));
      }
    }
  }

  base::Loop& loop_;
  ExecPlugin plugin_;
  std::optional<ExecCredential> cached_;
  std::vector<Done> waiting_;
  std::jthread thread_;  // its destructor asks it to stop and joins
};

}  // namespace

std::shared_ptr<TokenSource> execToken(base::Loop& loop, ExecPlugin plugin) {
  return std::make_shared<ExecToken>(loop, std::move(plugin));
}

}  // namespace faasbatch::kube
