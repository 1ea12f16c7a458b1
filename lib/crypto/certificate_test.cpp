#include "lib/crypto/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "lib/testing/child_process.h"
#include "lib/testing/temp_dir.h"

namespace faasbatch::crypto {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr base::Instant kNow{1'780'000'000'000'000'000};
constexpr base::Duration kDay = 24h;

KeyPair authority(const std::string& name = "test-ca", base::Instant begin = kNow + -kDay,
                  base::Instant end = kNow + 365 * kDay) {
  return makeAuthority(name, begin, end).value();
}

CertificateRequest request() {
  return {.commonName = "gateway",
          .dnsNames = {"gateway.faasbatch.svc", "*.faasbatch"},
          .ipAddresses = {"127.0.0.1", "fd00::1"},
          .organizations = {},
          .notBefore = kNow + -kDay,
          .notAfter = kNow + 30 * kDay};
}

TEST(Certificate, SaysWhatWasAskedFor) {
  const KeyPair ca = authority();
  CertificateRequest asked = request();
  asked.organizations = {"system:masters", "über"};
  const auto pair = issue(ca, asked);
  ASSERT_TRUE(pair) << pair.error().message;
  EXPECT_THAT(pair->keyPem, StartsWith("-----BEGIN PRIVATE KEY-----\n"));
  const auto facts = readCertificate(pair->certificatePem);
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->commonName, "gateway");
  EXPECT_THAT(facts->organizations, ElementsAre("system:masters", "über"));
  EXPECT_THAT(facts->dnsNames, ElementsAre("gateway.faasbatch.svc", "*.faasbatch"));
  EXPECT_THAT(facts->ipAddresses, ElementsAre("127.0.0.1", "fd00::1"));
  EXPECT_EQ(facts->notBefore, asked.notBefore);
  EXPECT_EQ(facts->notAfter, asked.notAfter);
  EXPECT_TRUE(checkPair(*pair, ca.certificatePem, kNow));
}

TEST(Certificate, OfACaSaysItsName) {
  const auto facts = readCertificate(authority("our own").certificatePem);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->commonName, "our own");
  EXPECT_THAT(facts->dnsNames, IsEmpty());
}

TEST(Certificate, IsNeverTheSame) {
  const KeyPair ca = authority();
  const auto one = issue(ca, request());
  const auto other = issue(ca, request());
  EXPECT_NE(one->certificatePem, other->certificatePem);
  EXPECT_NE(one->keyPem, other->keyPem);
}

TEST(Certificate, MayHaveNoSubject) {
  const KeyPair ca = authority();
  const auto pair = issue(ca, {.commonName = "",
                               .dnsNames = {"a.b"},
                               .ipAddresses = {},
                               .organizations = {},
                               .notBefore = kNow,
                               .notAfter = kNow + kDay});
  ASSERT_TRUE(pair) << pair.error().message;
  EXPECT_EQ(readCertificate(pair->certificatePem)->commonName, "");
  EXPECT_TRUE(checkPair(*pair, ca.certificatePem, kNow));
}

TEST(Certificate, ThatCannotBeMadeSaysWhy) {
  const KeyPair ca = authority();
  const auto refused = [](const KeyPair& issuer, auto change) {
    CertificateRequest asked = request();
    change(asked);
    const auto pair = issue(issuer, asked);
    if (pair) return std::string("made");
    EXPECT_EQ(pair.error().kind, "CertificateFailed");
    return pair.error().message;
  };
  using R = CertificateRequest;
  EXPECT_THAT(refused(ca, [](R& r) { r.commonName = std::string(65, 'x'); }), HasSubstr("64 characters"));
  EXPECT_THAT(refused(ca, [](R& r) { r.commonName = "\xff"; }), HasSubstr("UTF-8"));
  EXPECT_THAT(refused(ca, [](R& r) { r.organizations = {""}; }), HasSubstr("O \"\""));
  EXPECT_THAT(refused(ca, [](R& r) { r.dnsNames = {"a b"}; }), HasSubstr("\"a b\" is no DNS name"));
  EXPECT_THAT(refused(ca, [](R& r) { r.dnsNames = {"a,IP:127.0.0.1"}; }), HasSubstr("no DNS name"));
  EXPECT_THAT(refused(ca, [](R& r) { r.dnsNames = {""}; }), HasSubstr("no DNS name"));
  EXPECT_THAT(refused(ca, [](R& r) { r.dnsNames = {std::string(254, 'a')}; }), HasSubstr("no DNS name"));
  EXPECT_THAT(refused(ca, [](R& r) { r.dnsNames.assign(1001, "a"); }), HasSubstr("more than 1000 names"));
  EXPECT_THAT(refused(ca, [](R& r) { r.ipAddresses = {"localhost"}; }), HasSubstr("no IP address"));
  EXPECT_THAT(refused(ca, [](R& r) { r.notAfter = r.notBefore; }), HasSubstr("end before"));
  EXPECT_THAT(refused(ca, [](R& r) { r.server = false; }), HasSubstr("neither"));
  EXPECT_THAT(refused(ca, [](R& r) { r = {.notBefore = kNow, .notAfter = kNow + kDay}; }),
              HasSubstr("no name"));
  const auto nothing = [](R&) {};
  const KeyPair other = authority();
  EXPECT_THAT(refused({ca.certificatePem, other.keyPem}, nothing), HasSubstr("key is not that of"));
  EXPECT_THAT(refused({ca.certificatePem, ""}, nothing), HasSubstr("the CA's key: no PEM"));
  EXPECT_THAT(refused({"nonsense", ca.keyPem}, nothing), HasSubstr("the CA's certificate: no PEM"));
  EXPECT_THAT(refused(*issue(ca, request()), nothing), HasSubstr("none of a CA"));
  EXPECT_EQ(makeAuthority("", kNow, kNow + kDay).error().kind, "CertificateFailed");
  EXPECT_THAT(makeAuthority("x", kNow, kNow).error().message, HasSubstr("certificate of \"x\""));
}

TEST(CheckKey, TellsWhetherTheyBelongTogether) {
  const KeyPair one = authority("one");
  const KeyPair other = authority("other");
  EXPECT_TRUE(checkKey(one));
  const auto mixed = checkKey({one.certificatePem, other.keyPem});
  ASSERT_FALSE(mixed);
  EXPECT_EQ(mixed.error().kind, "InvalidCertificate");
  EXPECT_THAT(mixed.error().message, HasSubstr("the key is not that of the certificate of \"one\""));
  EXPECT_FALSE(checkKey({one.certificatePem, ""}));
  EXPECT_FALSE(checkKey({"", one.keyPem}));
}

TEST(CheckPair, SaysWhatIsWrong) {
  const KeyPair ca = authority();
  const KeyPair sameName = authority();
  const KeyPair shortCa = authority("short", kNow, kNow + kDay);
  const KeyPair pair = *issue(ca, request());
  const KeyPair longer = *issue(shortCa, request());
  const auto wrong = [](const KeyPair& checked, const std::string& caPem, base::Instant now) {
    const auto result = checkPair(checked, caPem, now);
    if (result) return std::string("nothing");
    EXPECT_EQ(result.error().kind, "InvalidCertificate");
    EXPECT_THAT(result.error().message, Not(HasSubstr("-----")));
    return result.error().message;
  };
  EXPECT_EQ(wrong(pair, sameName.certificatePem + ca.certificatePem, kNow), "nothing");
  EXPECT_THAT(wrong(pair, ca.certificatePem, kNow + 30 * kDay + 1s), HasSubstr("\"gateway\" (valid from"));
  EXPECT_THAT(wrong(pair, ca.certificatePem, kNow + 30 * kDay + 1s), HasSubstr("certificate has expired"));
  EXPECT_THAT(wrong(pair, ca.certificatePem, kNow + -2 * kDay), HasSubstr("not yet valid"));
  EXPECT_THAT(wrong(longer, shortCa.certificatePem, kNow + 2 * kDay), HasSubstr("certificate of \"short\""));
  EXPECT_THAT(wrong(pair, sameName.certificatePem, kNow), HasSubstr("gateway"));
  EXPECT_THAT(wrong(pair, authority("other").certificatePem, kNow), HasSubstr("unable to get local issuer"));
  EXPECT_THAT(wrong({pair.certificatePem, ca.keyPem}, ca.certificatePem, kNow),
              HasSubstr("key is not that of"));
  EXPECT_THAT(wrong({pair.certificatePem, "x"}, ca.certificatePem, kNow),
              HasSubstr("certificate's key: no PEM"));
  EXPECT_THAT(wrong({"x", pair.keyPem}, ca.certificatePem, kNow), HasSubstr("the certificate: no PEM"));
  EXPECT_THAT(wrong(pair, "", kNow), HasSubstr("the CA's certificate: no PEM"));
  EXPECT_THAT(wrong(pair, std::string((1 << 20) + 1, 'x'), kNow), HasSubstr("larger than"));
}

TEST(ReadCertificate, RefusesWhatIsNone) {
  const std::string good = authority().certificatePem;
  for (const std::string& text :
       {std::string(), std::string("-----BEGIN CERTIFICATE-----\n"), good.substr(0, 200), good.substr(1),
        authority().keyPem, std::string(4096, '-'),
        std::string("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")}) {
    const auto facts = readCertificate(text);
    ASSERT_FALSE(facts) << text;
    EXPECT_EQ(facts.error().kind, "InvalidCertificate");
  }
  EXPECT_FALSE(readCertificate(good + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
}

TEST(ReadCertificate, SkipsWhatStandsAroundIt) {
  const KeyPair ca = authority();
  const auto facts = readCertificate("a remark\n" + ca.keyPem + ca.certificatePem);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->commonName, "test-ca");
}

// Nobody is asked for the password of an encrypted key: the test would hang at its terminal.
TEST(CheckPair, RefusesAnEncryptedKey) {
  const KeyPair ca = authority();
  const testing::TempDir dir;
  const std::string path = dir.file("key.pem");
  testing::ChildProcess openssl({"openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
                                 "ec_paramgen_curve:P-256", "-aes256", "-pass", "pass:secret", "-out", path});
  ASSERT_EQ(openssl.wait(), 0) << openssl.output();
  std::ifstream in(path);
  const std::string encrypted{std::istreambuf_iterator<char>(in), {}};
  ASSERT_THAT(encrypted, HasSubstr("ENCRYPTED"));
  const auto result = checkPair({ca.certificatePem, encrypted}, ca.certificatePem, kNow);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("without a password"));
}

// The openssl program as the judge, at its strictest.
TEST(Certificate, KeepsToRfc5280) {
  const KeyPair ca = authority();
  CertificateRequest asked = request();
  asked.client = true;
  const KeyPair pair = *issue(ca, asked);
  const testing::TempDir dir;
  const std::string caPath = dir.file("ca.pem");
  const std::string path = dir.file("leaf.pem");
  std::ofstream(caPath) << ca.certificatePem;
  std::ofstream(path) << pair.certificatePem;
  const std::string time = std::to_string(kNow.ns / 1'000'000'000);
  for (const char* purpose : {"sslserver", "sslclient"}) {
    testing::ChildProcess openssl({"openssl", "verify", "-x509_strict", "-purpose", purpose, "-attime", time,
                                   "-verify_hostname", "gateway.faasbatch.svc", "-CAfile", caPath, path});
    EXPECT_EQ(openssl.wait(), 0) << openssl.output();
  }
  asked.client = false;
  std::ofstream(path) << issue(ca, asked)->certificatePem;
  testing::ChildProcess openssl(
      {"openssl", "verify", "-purpose", "sslclient", "-attime", time, "-CAfile", caPath, path});
  EXPECT_NE(openssl.wait(), 0);
}

}  // namespace
}  // namespace faasbatch::crypto
