// When certificates are made anew. Pure decisions over what the Secrets hold; the making is lib/crypto's.
//
// A CA of our own signs the one serving certificate of webhook, gateway and peers. All trust a bundle, not a
// CA: a new CA is first only added to the bundle (next), signs when everybody has had the time to see it
// (active), and the one before it stays in the bundle until nobody shows its certificates any more (old).
#pragma once

#include <string>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/time.h"
#include "lib/crypto/certificate.h"

namespace faasbatch::certificates {

inline constexpr base::Duration kAuthorityLife = std::chrono::hours(24 * 365 * 5);
inline constexpr base::Duration kServingLife = std::chrono::hours(24 * 90);
// A bundle is with everybody after this: the kubelet refreshes mounted ConfigMaps within minutes.
inline constexpr base::Duration kOverlap = std::chrono::hours(24);
inline constexpr base::Duration kBackdated = std::chrono::hours(1);  // for clocks that are behind ours

// What the Secrets hold; empty texts where they do not.
struct Material {
  crypto::KeyPair active;  // the CA that signs
  crypto::KeyPair next;    // the one that will
  std::string old;         // certificate of the one that did
  crypto::KeyPair serving;
  friend bool operator==(const Material& a, const Material& b) {
    const auto same = [](const crypto::KeyPair& x, const crypto::KeyPair& y) {
      return x.certificatePem == y.certificatePem && x.keyPem == y.keyPem;
    };
    return same(a.active, b.active) && same(a.next, b.next) && a.old == b.old && same(a.serving, b.serving);
  }
};

struct Renewed {
  Material material;              // as it should be now
  std::vector<std::string> done;  // what was made anew and why, for the log and events; empty: nothing
  base::Instant again;            // look again then
};

// Renewal is at two thirds of a life. What cannot be read, does not belong together or names other hosts than
// `dnsNames` is made anew at once; not what is only good later, which another leader with a clock ahead of
// `now` has made. Kind "CertificateFailed".
base::Result<Renewed> renew(const Material& material, const std::vector<std::string>& dnsNames,
                            base::Instant now);

// Active, next and old, one after the other: what everybody trusts.
std::string bundleOf(const Material& material);

}  // namespace faasbatch::certificates
