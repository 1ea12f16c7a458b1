// The certificates as objects of the API server, and back. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "operator/certificates/renewal.h"

namespace faasbatch::certificates {

// The authority's Secret and the one that everybody mounts, as they are; empty where there is none. What
// cannot be read is as if it were not there: it will be made anew.
Material materialOf(std::string_view authoritySecret, std::string_view tlsSecret);

struct Names {
  std::string nameSpace;
  std::string resourceVersion;  // of the object that is replaced; empty: it is created
};
std::string authoritySecretJson(const Material& material, const Names& names);
// type kubernetes.io/tls with ca.crt, tls.crt, tls.key.
std::string tlsSecretJson(const Material& material, const Names& names);
std::string caConfigMapJson(const Material& material, const Names& names);

// ca.crt of the Secret that everybody mounts; empty where it has none.
std::string bundleIn(std::string_view tlsSecret);

// The JSON merge patch (RFC 7386) that gives every webhook of this version of the configuration the bundle;
// empty where all have it.
std::string webhookPatch(std::string_view configuration, const std::string& bundle);

}  // namespace faasbatch::certificates
