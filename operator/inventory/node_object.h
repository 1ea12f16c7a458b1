// What placement needs of a Node object.
#pragma once

#include "lib/kube/object.h"
#include "operator/placement/node.h"

namespace faasbatch::inventory {

// An informer's transform: the object's text becomes one that has only what nodeFacts() reads. A Node is tens
// of kilobytes, most of it names of images.
void slimNode(kube::Object& node);

// Of a slimmed Node; `scale` and `used` are the agent's to say. Cordoned means leaving.
placement::NodeFacts nodeFacts(const kube::Object& slimmed);

}  // namespace faasbatch::inventory
