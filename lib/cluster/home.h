// Which agent something belongs to, by the names of nodes alone, so that all agents come to the same without
// asking one another.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace faasbatch::cluster {

// What ids of invocations end in: 16 bits that stand for the node whose agent keeps the record. Several nodes
// may share them; then all of those are asked.
std::uint16_t homeMark(std::string_view node);

// The nodes in the order in which they are to have the key: rendezvous hashing (Thaler and Ravishankar,
// 1998). When a node comes or goes, only the keys that it is first for move. The order of two nodes does not
// depend on the others.
std::vector<std::string> rendezvous(std::string_view key, std::vector<std::string> nodes);

}  // namespace faasbatch::cluster
