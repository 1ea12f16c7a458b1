#include "e2e/suite/installation.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "e2e/suite/cluster.h"

namespace faasbatch::e2e {
namespace {

constexpr std::string_view kChart = FAASBATCH_SOURCE_DIR "/helm/faasbatch";

std::string environment(const char* name, std::string otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::move(otherwise) : value;
}

void keep(const std::filesystem::path& file, std::vector<std::string> arguments) {
  const Outcome outcome = tryKubectl(std::move(arguments));
  std::ofstream(file) << outcome.output << outcome.errors;
}

}  // namespace

base::Duration installRelease(std::vector<std::string> more) {
  std::vector<std::string> argv = {"helm",
                                   "upgrade",
                                   "--install",
                                   std::string(kRelease),
                                   std::string(kChart),
                                   "--namespace",
                                   std::string(kSystem),
                                   "--create-namespace",
                                   "--wait",
                                   "--timeout",
                                   "180s"};
  for (const std::string& file : words(environment("E2E_VALUES", FAASBATCH_SOURCE_DIR "/e2e/values.yaml"))) {
    argv.push_back("--values");
    argv.push_back(file);
  }
  argv.insert(argv.end(), more.begin(), more.end());
  const auto began = std::chrono::steady_clock::now();
  must(std::move(argv));
  return std::chrono::steady_clock::now() - began;
}

void uninstallRelease() {
  must({"helm", "uninstall", std::string(kRelease), "--namespace", std::string(kSystem), "--wait",
        "--timeout", "180s"});
}

bool isInstalled() {
  return run({"helm", "status", std::string(kRelease), "--namespace", std::string(kSystem)}).ok();
}

std::string collect(std::string_view name) {
  const std::filesystem::path folder =
      std::filesystem::path(environment("E2E_ARTIFACTS", FAASBATCH_SOURCE_DIR "/build/e2e")) / name;
  std::filesystem::create_directories(folder);
  keep(folder / "objects.txt",
       {"get", "nodes,pods,fwf,events,deployments,daemonsets,statefulsets,leases,endpointslices", "-A", "-o",
        "wide"});
  keep(folder / "workflows.yaml", {"get", "functionworkflows", "-A", "-o", "yaml"});
  keep(folder / "pods.yaml",
       {"get", "pods", "-A", "-o", "yaml", "-l", "app.kubernetes.io/managed-by=faasbatch-agent"});
  keep(folder / "described.txt", {"describe", "pods", "-n", std::string(kSystem)});
  for (const std::string& pod :
       words(field("{.items[*].metadata.name}", {"pods", "-n", std::string(kSystem)}))) {
    keep(folder / (pod + ".log"), {"logs", "-n", std::string(kSystem), pod, "--all-containers", "--prefix"});
    keep(folder / (pod + ".previous.log"),
         {"logs", "-n", std::string(kSystem), pod, "--all-containers", "--prefix", "--previous"});
  }
  return folder;
}

void say(std::string_view what, base::Duration took) {
  std::printf("[  figure  ] %.*s: %.3f s\n", static_cast<int>(what.size()), what.data(),
              std::chrono::duration<double>(took).count());
  std::fflush(stdout);
}

}  // namespace faasbatch::e2e
