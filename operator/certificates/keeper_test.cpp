#include "operator/certificates/keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "lib/json/members.h"
#include "lib/json/path.h"
#include "lib/testing/eventually.h"
#include "lib/testing/fast_loop.h"
#include "lib/testing/scripted_api_server.h"
#include "operator/certificates/objects.h"
#include "operator/certificates/tls_watch.h"

namespace faasbatch::certificates {
namespace {

using faasbatch::testing::ScriptedApiServer;

const std::string kSecrets = "/api/v1/namespaces/system/secrets";
const std::string kConfigMap = "/api/v1/namespaces/system/configmaps/faasbatch-ca";
const std::string kWebhooks = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";

class KeeperTest : public ::testing::Test {
 protected:
  KeeperTest() {
    ::setenv("no_proxy", "*", 1);
    client = kube::Client::make(fast, {.server = api.url()}).value();
    api.add(kWebhooks,
            R"({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
      "metadata": {"name": "faasbatch-admission"}, "webhooks": [{"name": "a", "clientConfig": {"service": {"name": "x"}}},
      {"name": "b", "clientConfig": {}}]})");
  }
  ~KeeperTest() override {
    keeper.reset();
    watch.reset();
  }
  void start() { keeper = Keeper::start(fast, *client, {"system", {"faasbatch-webhook.system.svc"}}); }
  std::string secret(const std::string& name) { return api.get(kSecrets + "/" + name); }
  Material material() { return materialOf(secret("faasbatch-authority"), secret("faasbatch-tls")); }
  std::string bundle() {
    const std::string object = api.get(kConfigMap);
    const auto raw = json::at(object, {"data", "ca.crt"});
    return raw ? *json::asString(*raw) : "";
  }
  // Everything is there and agrees.
  bool whole() {
    const Material now = material();
    if (now.serving.certificatePem.empty() || bundle() != bundleOf(now)) return false;
    return bundleIn(secret("faasbatch-tls")) == bundle() &&
           webhookPatch(api.get(kWebhooks + "/faasbatch-admission"), bundle()).empty() &&
           crypto::checkPair(now.serving, bundle(), fast.now()).has_value();
  }
  std::size_t writes() { return api.count("POST ") + api.count("PUT ") + api.count("PATCH "); }
  template <class Condition>
  bool until(Condition condition) {
    return faasbatch::testing::runUntil(*loop, condition);
  }

  ScriptedApiServer api;
  std::unique_ptr<net::EventLoop> loop = net::EventLoop::make();
  faasbatch::testing::FastLoop fast{*loop, 20};
  std::unique_ptr<kube::Client> client;
  std::unique_ptr<Keeper> keeper;
  std::unique_ptr<TlsWatch> watch;
};

TEST_F(KeeperTest, MakesEverythingOnce) {
  start();
  ASSERT_TRUE(until([&] { return whole(); }));
  const std::size_t before = writes();
  EXPECT_EQ(before, 4u);
  keeper.reset();
  start();  // another leader
  const std::size_t asked = api.count("GET " + kSecrets + "/faasbatch-authority");
  ASSERT_TRUE(until([&] { return api.count("GET " + kSecrets + "/faasbatch-authority") > asked; }));
  EXPECT_EQ(writes(), before);
}

TEST_F(KeeperTest, PutsRightWhatSomebodyElseChanged) {
  start();
  ASSERT_TRUE(until([&] { return whole(); }));
  const std::string authority = material().active.certificatePem;
  api.remove(kConfigMap);
  ASSERT_TRUE(until([&] { return whole(); }));
  api.merge(kWebhooks + "/faasbatch-admission",
            R"({"webhooks": [{"name": "c", "clientConfig": {"caBundle": "eA=="}}]})");
  ASSERT_TRUE(until([&] { return whole(); }));
  api.remove(kSecrets + "/faasbatch-tls");
  ASSERT_TRUE(until([&] { return whole(); }));
  api.merge(kSecrets + "/faasbatch-tls", R"({"data": {"tls.key": "eA=="}})");
  ASSERT_TRUE(until([&] { return whole(); }));
  EXPECT_EQ(material().active.certificatePem, authority);
}

TEST_F(KeeperTest, GoesOnAfterErrorsAndConflicts) {
  api.script("POST " + kSecrets, ScriptedApiServer::failure(403, "Forbidden"), 1);
  api.script("POST /api/v1/namespaces/system/configmaps", ScriptedApiServer::failure(409, "AlreadyExists"),
             1);
  start();
  ASSERT_TRUE(until([&] { return whole(); }));
}

TEST_F(KeeperTest, WithoutAWebhookThereIsNoneToTell) {
  api.remove(kWebhooks + "/faasbatch-admission");
  start();
  ASSERT_TRUE(until([&] { return !material().serving.certificatePem.empty(); }));
}

TEST_F(KeeperTest, WhoeverServesFollows) {
  Served served;
  watch = TlsWatch::start(fast, *client, "system", [&](const Served& now) { served = now; });
  start();
  ASSERT_TRUE(until([&] { return !served.keyPem.empty(); }));
  EXPECT_EQ(served.certificatePem, material().serving.certificatePem);
  EXPECT_EQ(served.bundlePem, bundle());
  const std::string before = served.certificatePem;
  api.merge(kSecrets + "/faasbatch-tls", R"({"data": {"tls.crt": null}})");
  ASSERT_TRUE(until([&] { return served.certificatePem != before; }));
}

}  // namespace
}  // namespace faasbatch::certificates
