#include "operator/certificates/renewal.h"

#include <algorithm>

namespace faasbatch::certificates {
namespace {

constexpr std::string_view kAuthorityName = "faasbatch-ca";
constexpr std::string_view kServingName = "faasbatch";

// Two thirds of the way.
base::Instant renewalOf(const crypto::CertificateFacts& facts) {
  const base::Duration life = facts.notAfter - facts.notBefore;
  return facts.notBefore + life / 3 * 2;
}

base::Instant beginningOf(const crypto::KeyPair& pair) {
  const auto facts = crypto::readCertificate(pair.certificatePem);
  return facts ? facts->notBefore : base::Instant{};
}

class Renewing {
 public:
  Renewing(const Material& material, const std::vector<std::string>& dnsNames, base::Instant now)
      : names_(dnsNames), now_(now), out_{.material = material, .again = base::Instant::never()} {
    std::ranges::sort(names_);
  }

  base::Result<Renewed> run() {
    for (const auto part : {&Renewing::authority, &Renewing::succession, &Renewing::serving}) {
      if (auto done = (this->*part)(); !done) return std::unexpected(std::move(done.error()));
    }
    return std::move(out_);
  }

 private:
  base::Result<crypto::KeyPair> newAuthority() const {
    // A name of its own: certificates name who signed them, and there may be three at once.
    const std::string name = std::string(kAuthorityName) + " " + base::formatRfc3339(now_);
    return crypto::makeAuthority(name, {now_.ns - kBackdated.count()}, now_ + kAuthorityLife);
  }

  void lookAgain(base::Instant at) { out_.again = std::min(out_.again, at); }

  // Why a CA cannot sign; empty: it can.
  std::string unusable(const crypto::KeyPair& ca) const {
    if (ca.certificatePem.empty()) return "there is none";
    const base::Instant then = std::max(now_, beginningOf(ca));
    if (const auto checked = crypto::checkPair(ca, ca.certificatePem, then); !checked)
      return checked.error().message;
    return {};
  }

  base::Result<void> authority() {
    Material& material = out_.material;
    const std::string why = unusable(material.active);
    if (why.empty()) return {};
    if (unusable(material.next).empty()) {  // it is in the bundles already
      material.active = std::move(material.next);
    } else {
      auto made = newAuthority();
      if (!made) return std::unexpected(made.error());
      material.active = std::move(*made);
    }
    material.next = {};
    material.old.clear();
    out_.done.push_back("certificate authority: " + why);
    return {};
  }

  base::Result<void> succession() {
    Material& material = out_.material;
    const auto active = crypto::readCertificate(material.active.certificatePem);
    if (!active) return std::unexpected(active.error());
    if (!material.next.certificatePem.empty() && !unusable(material.next).empty()) material.next = {};
    if (material.next.certificatePem.empty()) {
      if (now_ < renewalOf(*active)) {
        lookAgain(renewalOf(*active));
        return retire(*active);
      }
      auto made = newAuthority();
      if (!made) return std::unexpected(made.error());
      material.next = std::move(*made);
      out_.done.emplace_back(
          "next certificate authority: two thirds of the life of the present one are over");
    }
    const auto next = crypto::readCertificate(material.next.certificatePem);
    if (!next) return std::unexpected(next.error());
    const base::Instant signs = next->notBefore + kBackdated + kOverlap;
    if (now_ < signs) {
      lookAgain(signs);
      return retire(*active);
    }
    material.old = std::move(material.active.certificatePem);
    material.active = std::move(material.next);
    material.next = {};
    out_.done.emplace_back("the next certificate authority signs from now on");
    lookAgain(renewalOf(*next));
    return retire(*next);
  }

  // The old CA leaves the bundle when the active one has signed for as long as anybody may take to see that.
  base::Result<void> retire(const crypto::CertificateFacts& active) {
    if (out_.material.old.empty()) return {};
    const base::Instant leaves = active.notBefore + kBackdated + 2 * kOverlap;
    if (now_ < leaves) {
      lookAgain(leaves);
      return {};
    }
    out_.material.old.clear();
    out_.done.emplace_back("the old certificate authority is not trusted any more");
    return {};
  }

  std::string whyNewServing() const {
    const crypto::KeyPair& serving = out_.material.serving;
    if (serving.certificatePem.empty()) return "there is none";
    const crypto::KeyPair& active = out_.material.active;
    const base::Instant then = std::max({now_, beginningOf(serving), beginningOf(active)});
    if (const auto checked = crypto::checkPair(serving, active.certificatePem, then); !checked)
      return checked.error().message;
    const auto facts = crypto::readCertificate(serving.certificatePem);
    if (!facts) return facts.error().message;
    std::vector<std::string> names = facts->dnsNames;
    std::ranges::sort(names);
    if (names != names_) return "it is for other names";
    return now_ >= renewalOf(*facts) ? "two thirds of its life are over" : "";
  }

  base::Result<void> serving() {
    crypto::KeyPair& serving = out_.material.serving;
    if (const std::string why = whyNewServing(); !why.empty()) {
      auto made = crypto::issue(out_.material.active, {.commonName = std::string(kServingName),
                                                       .dnsNames = names_,
                                                       .notBefore = {now_.ns - kBackdated.count()},
                                                       .notAfter = now_ + kServingLife,
                                                       .server = true,
                                                       .client = true});
      if (!made) return std::unexpected(made.error());
      serving = std::move(*made);
      out_.done.push_back("serving certificate: " + why);
    }
    const auto facts = crypto::readCertificate(serving.certificatePem);
    if (!facts) return std::unexpected(facts.error());
    lookAgain(renewalOf(*facts));
    return {};
  }

  std::vector<std::string> names_;
  base::Instant now_;
  Renewed out_;
};

}  // namespace

base::Result<Renewed> renew(const Material& material, const std::vector<std::string>& dnsNames,
                            base::Instant now) {
  return Renewing(material, dnsNames, now).run();
}

std::string bundleOf(const Material& material) {
  std::string bundle;
  for (const std::string* pem :
       {&material.active.certificatePem, &material.next.certificatePem, &material.old}) {
    bundle += *pem;
    if (!pem->empty() && !pem->ends_with('\n')) bundle += '\n';
  }
  return bundle;
}

}  // namespace faasbatch::certificates
