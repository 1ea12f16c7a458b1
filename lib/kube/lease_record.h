// The Lease object in JSON.
#pragma once

#include <string>

#include "lib/base/time.h"
#include "lib/kube/lease.h"
#include "lib/kube/object.h"

namespace faasbatch::kube {

// Fields that are missing are as in LeaseRecord's defaults.
LeaseRecord parseLease(const Object& lease);

// A new Lease, held by us.
std::string createdLease(const LeaseOptions& options, base::Instant now);
// Merge patches on top of `record`'s version: the server refuses them ("Conflict") where that is not the
// newest. What others keep in the object's metadata stays.
std::string heldLease(const LeaseOptions& options, const LeaseRecord& record, base::Instant now);
std::string releasedLease(const LeaseRecord& record, base::Instant now);

}  // namespace faasbatch::kube
