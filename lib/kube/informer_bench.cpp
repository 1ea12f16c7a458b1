// What it costs to know a thousand FunctionWorkflows: resident memory beside the length of their texts, and
// requests a minute when nothing happens. Against a real API server; says so where there is none.
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "lib/json/write.h"
#include "lib/kube/informer.h"
#include "lib/kube/lease.h"
#include "lib/kube/token_source.h"
#include "lib/testing/eventually.h"
#include "lib/testing/kube_api_server.h"
#include "lib/tree/yaml.h"

namespace faasbatch::kube {
namespace {

constexpr int kObjects = 1000;
constexpr std::size_t kObjectBytes = 3000;
constexpr base::Duration kIdle = std::chrono::minutes(4);

double residentMb() {
  std::ifstream statm("/proc/self/statm");
  long pages = 0;
  long resident = 0;
  statm >> pages >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
}

std::string workflow(int number) {
  const std::string code = "def f(event):\n" + std::string(kObjectBytes - 700, '#') + "\n";
  return R"({"apiVersion":"faasbatch.io/v1alpha1","kind":"FunctionWorkflow","metadata":{"name":"w)" +
         std::to_string(number) +
         R"("},"spec":{"functions":[{"name":"f","handler":"m.f","source":{"inline":)" + json::quoted(code) +
         R"(}}],"steps":[{"name":"s","function":"f"}]}})";
}

std::string definition() {
  std::ifstream file(FAASBATCH_SOURCE_DIR "/crds/faasbatch.io_functionworkflows.yaml");
  const std::string yaml(std::istreambuf_iterator<char>(file), {});
  return tree::yamlToJson(yaml, tree::kMaxYamlNodes).value();
}

class Bench {
 public:
  explicit Bench(testing::KubeApiServer& server) {
    Access access{.server = server.url(),
                  .caPem = server.caPem(),
                  .token = fixedToken(*loop_, testing::KubeApiServer::kAdminToken)};
    client_ = Client::make(*loop_, std::move(access)).value();
  }

  int run() {
    if (!fill()) return 1;
    client_->list(kFunctionWorkflows, {}, 1, "",
                  [](const auto&) {});  // connected, before anything is weighed
    testing::runUntil(*loop_, [] { return false; }, std::chrono::seconds(1));
    const double before = residentMb();
    const auto informer = Informer::start(*loop_, *client_, {.resource = kFunctionWorkflows}, {});
    if (!testing::runUntil(*loop_, [&] { return informer->synced(); })) return 1;
    std::size_t bytes = 0;
    informer->forEach([&](const Object& object) { bytes += object.json.size(); });
    const double text = static_cast<double>(bytes) / 1e6;
    std::printf("objects %zu, text %.2f MB, resident +%.2f MB (%.2f times the text), process %.1f MB\n",
                informer->size(), text, residentMb() - before, (residentMb() - before) / text, residentMb());
    idle("one watch");
    const auto elector = LeaderElector::start(
        *loop_, *client_, {.nameSpace = "default", .name = "bench", .identity = "me"}, {});
    idle("one watch and a Lease that is held");
    return 0;
  }

 private:
  bool fill() {
    std::size_t made = 0;
    const auto count = [&](const Result<Object>& object) {
      if (object) ++made;
      if (!object) std::fprintf(stderr, "%s\n", object.error().message.c_str());
    };
    client_->create(kCustomResourceDefinitions, "", definition(), {}, count);
    testing::runUntil(*loop_, [&] { return made == 1; });
    testing::runUntil(*loop_, [] { return false; }, std::chrono::seconds(3));  // until it is served
    for (int i = 0; i < kObjects; ++i) {
      client_->create(kFunctionWorkflows, "default", workflow(i), {}, count);
      if (i % 100 == 99) testing::runUntil(*loop_, [&] { return made == static_cast<std::size_t>(i) + 2; });
    }
    return made == kObjects + 1;
  }

  void idle(const char* with) {
    const std::uint64_t before = client_->requests();
    const std::uint64_t beginning = loop_->now().ns;
    testing::runUntil(*loop_, [] { return false; }, kIdle);
    const double minutes = static_cast<double>(loop_->now().ns - beginning) / 60e9;
    std::printf("idle with %s: %.2f requests a minute\n", with,
                static_cast<double>(client_->requests() - before) / minutes);
  }

  std::unique_ptr<net::EventLoop> loop_ = net::EventLoop::make();
  std::unique_ptr<Client> client_;
};

int run() {
  testing::KubeApiServer server;
  if (!server.missing().empty() || !server.broken().empty()) {
    std::printf("not run: %s%s\n", server.missing().c_str(), server.broken().c_str());
    return 0;
  }
  return Bench(server).run();
}

}  // namespace
}  // namespace faasbatch::kube

int main() { return faasbatch::kube::run(); }
